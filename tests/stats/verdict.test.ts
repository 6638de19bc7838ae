import { describe, expect, it } from 'vitest';
import { detectable, pairsToDecide, reachOf } from '../../src/stats/detectable.js';
import { normal } from '../../src/stats/normal.js';
import { signedRankInterval } from '../../src/stats/signed-rank.js';
import { isCorrelated, lagOneCorrelation, mean, median, standardDeviation } from '../../src/stats/summary.js';
import { alpha, benefit, limitOf, passes, ratioOf, verdictOf } from '../../src/stats/verdict.js';

describe('verdicts', () => {
  const limit = limitOf(0.1, 'higher');
  it.each([
    [-0.05, 0.05, 'equivalent'],
    [-0.05, 0.5, 'pass'],
    [0.01, 0.5, 'improved'],
    [0.01, 0.05, 'equivalent'],
    [-0.5, -0.2, 'regressed'],
    [-0.5, -0.05, 'inconclusive'],
    [-Infinity, Infinity, 'inconclusive'],
  ])('bounds %f and %f against 10 %% are %s', (lower, upper, verdict) =>
    expect(verdictOf({ estimate: (lower + upper) / 2, lower, upper }, limit)).toBe(verdict),
  );

  it('turns the sign where less is better', () => {
    expect(benefit(100, 80, 'higher')).toBeCloseTo(Math.log(0.8), 12);
    expect(benefit(100, 125, 'lower')).toBeCloseTo(Math.log(0.8), 12);
    for (const better of ['higher', 'lower'] as const)
      expect(ratioOf(benefit(100, 80, better), better)).toBeCloseTo(0.8, 12);
    expect(ratioOf(-limitOf(0.1, 'higher'), 'higher')).toBeCloseTo(0.9, 12);
    expect(ratioOf(-limitOf(0.15, 'lower'), 'lower')).toBeCloseTo(1.15, 12);
  });

  it('lets through what is not worse, and nothing else', () => {
    const words = ['pass', 'equivalent', 'improved', 'regressed', 'inconclusive', 'invalid', 'failed'] as const;
    expect(words.filter(passes)).toEqual(['pass', 'equivalent', 'improved']);
  });
});

describe('what can be seen', () => {
  it('a margin of the detectable size lets 95 of 100 gates without a change pass', () => {
    const draw = normal(7);
    for (const pairs of [7, 10, 15]) {
      const margin = detectable(0.07, pairs);
      let passed = 0;
      for (let gate = 0; gate < 2_000; gate++)
        if (
          signedRankInterval(
            Array.from({ length: pairs }, () => draw() * 0.07),
            alpha,
          ).lower > -margin
        )
          passed++;
      // 95 % within four standard errors of 2,000 gates and of the table's own 4,000 draws.
      expect(passed / 2_000).toBeGreaterThan(0.95 - 4 * 0.006);
      expect(passed / 2_000).toBeLessThan(0.95 + 4 * 0.006);
    }
    expect(reachOf(6)).toBe(Infinity);
    expect(reachOf(15)).toBeLessThan(reachOf(10));
  });

  it('needs more pairs for more noise, fewer for a clearer change, and none would do at the edge', () => {
    expect(pairsToDecide(0.1, 0.1)).toBeGreaterThanOrEqual(7);
    expect(pairsToDecide(0.2, 0.1)!).toBeGreaterThan(pairsToDecide(0.1, 0.1)!);
    expect(pairsToDecide(0.1, 0)).toBeUndefined();
    expect(pairsToDecide(0.1, 1e-6)).toBeUndefined();
  });
});

describe('summaries', () => {
  it('are what they are by hand', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
    expect(mean([1, 2, 6])).toBe(3);
    expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(standardDeviation([1])).toBeNaN();
    expect(lagOneCorrelation([3, 3, 3])).toBe(0);
  });

  it('see values that lean on each other', () => {
    expect(isCorrelated(Array.from({ length: 15 }, (_, i) => i))).toBe(true);
    expect(isCorrelated([1, -1, 1, -1, 1, -1, 1, -1, 1, -1])).toBe(true);
    expect(isCorrelated([0.3, -1.2, 0.8, 0.1, -0.4, 1.1, -0.2])).toBe(false);
    expect(isCorrelated([1, 2, 3])).toBe(false);
  });
});
