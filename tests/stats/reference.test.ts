/** Our statistics against SciPy's; reference.json says how it was made. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pairsForMargin } from '../../src/check/noise.js';
import { pairsToDecide, reachOf } from '../../src/stats/detectable.js';
import { rankSumInterval } from '../../src/stats/rank-sum.js';
import { signedRankInterval } from '../../src/stats/signed-rank.js';
import { lagOneCorrelation } from '../../src/stats/summary.js';

interface Bounds {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}
const reference = JSON.parse(readFileSync(new URL('reference.json', import.meta.url), 'utf8')) as {
  readonly alpha: number;
  readonly signedRank: readonly (Bounds & { readonly differences: number[]; readonly pGreater: number })[];
  readonly rankSum: readonly (Bounds & { readonly a: number[]; readonly b: number[] })[];
  readonly reach: readonly { readonly pairs: number; readonly reach: number }[];
  readonly pairs: readonly {
    readonly sd: number;
    readonly distance: number;
    readonly toDecide: number;
    readonly forMargin: number;
  }[];
  readonly lagOne: readonly { readonly values: number[]; readonly r1: number }[];
};

describe('against SciPy', () => {
  it.each(reference.signedRank.map((sample) => [sample.differences.length, sample] as const))(
    'signed rank of %i differences',
    (_, sample) => {
      const ours = signedRankInterval(sample.differences, reference.alpha);
      expect(ours.estimate).toBeCloseTo(sample.estimate, 10);
      expect(ours.lower).toBeCloseTo(sample.lower, 8);
      expect(ours.upper).toBeCloseTo(sample.upper, 8);
      // The bound lies above 0 exactly when the test says so.
      expect(ours.lower > 0).toBe(sample.pGreater <= reference.alpha);
    },
  );

  it.each(reference.rankSum.map((sample) => [sample.a.length, sample.b.length, sample] as const))(
    'rank sum of %i and %i values',
    (_m, _n, sample) => {
      const ours = rankSumInterval(sample.a, sample.b, reference.alpha);
      expect(ours.estimate).toBeCloseTo(sample.estimate, 10);
      expect(ours.lower).toBeCloseTo(sample.lower, 8);
      expect(ours.upper).toBeCloseTo(sample.upper, 8);
    },
  );

  it.each(reference.reach)('how far the bound of $pairs pairs reaches', ({ pairs, reach }) => {
    // Ours is drawn 4,000 times, SciPy's 100,000 times from other numbers.
    expect(reachOf(pairs) / reach).toBeGreaterThan(0.96);
    expect(reachOf(pairs) / reach).toBeLessThan(1.04);
  });

  it.each(reference.pairs)('pairs needed: sd $sd, distance $distance', ({ sd, distance, toDecide, forMargin }) => {
    expect(pairsToDecide(sd, distance)).toBe(toDecide);
    expect(pairsForMargin(sd, 1 - Math.exp(-distance), 'throughput')).toBe(forMargin);
  });

  it('lag-1 correlation', () => {
    for (const { values, r1 } of reference.lagOne) expect(lagOneCorrelation(values)).toBeCloseTo(r1, 10);
  });
});
