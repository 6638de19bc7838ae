import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { criticalValue, hodgesLehmann, rankSumCounts, signedRankInterval } from '../../src/stats/signed-rank.js';

describe('signed-rank statistics', () => {
  // Hollander, Wolfe & Chicken, table A.4 (also Wilcoxon 1947): largest T with one-sided P ≤ alpha.
  it.each([
    [7, 0.01, 0],
    [10, 0.01, 5],
    [15, 0.01, 19],
    [10, 0.05, 10],
    [20, 0.025, 52],
    [6, 0.01, -1],
  ])('n = %i at %f: T ≤ %i', (n, alpha, expected) => expect(criticalValue(n, alpha)).toBe(expected));

  it('knows that the smallest one-sided p of 7 pairs is 1/128', () => {
    const counts = rankSumCounts(7);
    expect(counts[0]! / 2 ** 7).toBeCloseTo(0.0078125, 10);
    expect(counts.reduce((a, b) => a + b, 0)).toBe(128);
  });

  it('agrees with the counts of an enumeration of all sign patterns', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), (n) => {
        const counts = new Array<number>((n * (n + 1)) / 2 + 1).fill(0);
        for (let signs = 0; signs < 2 ** n; signs++) {
          let sum = 0;
          for (let rank = 1; rank <= n; rank++) if (signs & (1 << (rank - 1))) sum += rank;
          counts[sum]!++;
        }
        expect(rankSumCounts(n)).toEqual(counts);
      }),
      { numRuns: 10 },
    );
  });

  it('gives the median of the Walsh averages', () => {
    // By hand: averages of {1, 3, 8} are 1, 2, 3, 4.5, 5.5, 8; their median is (3 + 4.5) / 2.
    expect(hodgesLehmann([1, 3, 8])).toBe(3.75);
  });

  it('moves with a shift and mirrors with a sign', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 7, maxLength: 20 }),
        fc.integer({ min: -50, max: 50 }),
        (d, by) => {
          const plain = signedRankInterval(d, 0.01);
          const shifted = signedRankInterval(
            d.map((x) => x + by),
            0.01,
          );
          expect(shifted.estimate).toBeCloseTo(plain.estimate + by, 9);
          expect(shifted.lower).toBeCloseTo(plain.lower + by, 9);
          const mirrored = signedRankInterval(
            d.map((x) => -x),
            0.01,
          );
          expect(mirrored.lower).toBeCloseTo(-plain.upper, 9);
          expect(plain.lower).toBeLessThanOrEqual(plain.estimate);
          expect(plain.estimate).toBeLessThanOrEqual(plain.upper);
        },
      ),
    );
  });

  it('gives no bound that so few pairs cannot support', () => {
    expect(signedRankInterval([1, 2, 3], 0.01)).toMatchObject({ lower: -Infinity, upper: Infinity });
    expect(signedRankInterval([1, 2, 3, 4, 5, 6, 7], 0.01).lower).toBe(1);
  });
});
