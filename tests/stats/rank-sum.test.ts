import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { criticalU, rankSumInterval, uCounts } from '../../src/stats/rank-sum.js';

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe('rank-sum statistics', () => {
  it('counts every arrangement once, like an enumeration of them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), (m, n) => {
        const counts = new Array<number>(m * n + 1).fill(0);
        for (let chosen = 0; chosen < 2 ** (m + n); chosen++) {
          const places = Array.from({ length: m + n }, (_, i) => i).filter((i) => chosen & (1 << i));
          if (places.length === m) counts[sum(places) - (m * (m - 1)) / 2]!++;
        }
        expect(uCounts(m, n)).toEqual(counts);
      }),
      { numRuns: 25 },
    );
  });

  it('has no bound at .01 below 5 against 5 or 3 against 7 values', () => {
    expect(criticalU(5, 5, 0.01)).toBe(1);
    expect(criticalU(4, 4, 0.01)).toBe(-1);
    expect(criticalU(3, 7, 0.01)).toBe(0);
    expect(criticalU(2, 7, 0.01)).toBe(-1);
    expect(rankSumInterval([1, 2], [3, 4], 0.01)).toMatchObject({ lower: -Infinity, upper: Infinity });
  });

  it('swaps its sign with its samples and moves with a shift', () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 5, maxLength: 12 });
    fc.assert(
      fc.property(values, values, fc.integer({ min: -50, max: 50 }), (a, b, by) => {
        const plain = rankSumInterval(a, b, 0.01);
        const swapped = rankSumInterval(b, a, 0.01);
        const shifted = rankSumInterval(
          a,
          b.map((x) => x + by),
          0.01,
        );
        expect(swapped.lower).toBeCloseTo(-plain.upper, 9);
        expect(swapped.estimate).toBeCloseTo(-plain.estimate, 9);
        expect(shifted.upper).toBeCloseTo(plain.upper + by, 9);
        expect(plain.lower).toBeLessThanOrEqual(plain.estimate);
        expect(plain.estimate).toBeLessThanOrEqual(plain.upper);
      }),
    );
  });
});
