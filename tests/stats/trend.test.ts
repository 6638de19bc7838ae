import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median } from '../../src/stats/summary.js';
import { mannKendall, theilSen } from '../../src/stats/trend.js';

const finite = fc.integer({ min: -1_000, max: 1_000 });

describe('Theil and Sen’s line', () => {
  it('finds a line exactly, and is not moved by a fifth of wild readings', () => {
    fc.assert(
      fc.property(finite, finite, fc.integer({ min: 10, max: 60 }), finite, (slope, intercept, n, wild) => {
        const points = Array.from({ length: n }, (_, x) => ({ x, y: slope * x + intercept }));
        expect(theilSen(points)).toEqual({ slope: slope + 0, intercept: intercept + 0 });
        const spoilt = points.map((p, i) => (i % 5 === 2 ? { ...p, y: wild * 1e6 } : p));
        expect(Math.abs(theilSen(spoilt).slope - slope)).toBeLessThan(1e6);
      }),
    );
  });

  it('agrees with the worked example of pairs', () => {
    // Slopes 1, 3/2, 5/3, 2, 2, 2: their median is (5/3 + 2) / 2.
    const { slope } = theilSen([
      { x: 0, y: 0 },
      { x: 1, y: 1 },
      { x: 2, y: 3 },
      { x: 3, y: 5 },
    ]);
    expect(slope).toBeCloseTo(11 / 6, 12);
  });
});

describe('Mann and Kendall’s test', () => {
  it('is far from zero for what rises or falls and 0 for what stands still', () => {
    const rising = Array.from({ length: 30 }, (_, i) => i);
    expect(mannKendall(rising)).toBeGreaterThan(6);
    expect(mannKendall(rising.toReversed())).toBeCloseTo(-mannKendall(rising), 12);
    expect(mannKendall(rising.map(() => 4))).toBe(0);
  });

  it('has the normal deviate of the formula with ties', () => {
    // n = 5, one pair tied: S = 9, variance (5·4·15 − 2·1·9) / 18.
    expect(mannKendall([1, 2, 2, 3, 4])).toBeCloseTo(8 / Math.sqrt((300 - 18) / 18), 12);
  });

  it('is rarely beyond 2.58 for noise', () => {
    let state = 1;
    const noise = () => (state = (state * 48_271) % 2_147_483_647);
    const beyond = Array.from({ length: 400 }, () => mannKendall(Array.from({ length: 40 }, noise))).filter(
      (z) => Math.abs(z) > 2.58,
    );
    expect(beyond.length).toBeLessThan(14);
  });
});

describe('the median', () => {
  it('is the middle, or the mean of the middle two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});
