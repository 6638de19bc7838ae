/** What a machine can see: how small a change so many pairs can tell from noise, and how many a question needs. */
import { normal } from './normal.js';
import { signedRankInterval } from './signed-rank.js';
import { alpha } from './verdict.js';

/** z beyond which 1 % and 20 % of a normal distribution lie. */
const z = { level: 2.326, missing: 0.842 } as const;
/** Efficiency of the signed-rank test against the t test under normal noise, 3 ÷ π (Hollander, Wolfe, Chicken 3.11). */
const efficiency = 3 / Math.PI;

/** Draws behind one figure of {@link reachOf}; its own error is then below 2 %. */
const draws = 4_000;
const reaches = new Map<string, number>();

/**
 * How far below the estimate's true value the exact lower bound of n pairs reaches in at most `share` of all cases, in
 * standard deviations of a pair: with a margin of this size, so many gates without any change pass. From 4,000 drawn
 * samples of normal noise with a fixed seed, because for few pairs no formula is good enough. Infinite where n pairs
 * have no bound.
 */
export function reachOf(pairs: number, share = 0.95): number {
  const key = `${pairs} ${share}`;
  const known = reaches.get(key);
  if (known !== undefined) return known;
  const draw = normal(20_261_121);
  const lower = Array.from({ length: draws }, () => {
    const sample = Array.from({ length: pairs }, draw);
    return -signedRankInterval(sample, alpha).lower;
  }).sort((a, b) => a - b);
  const reach = lower[Math.ceil(share * draws) - 1] ?? Infinity;
  reaches.set(key, reach);
  return reach;
}

/**
 * Smallest loss of benefit that so many pairs tell from no change in 95 of 100 cases.
 * @param sd standard deviation of a pair's ln ratio
 */
export function detectable(sd: number, pairs: number): number {
  return sd * reachOf(pairs);
}

/**
 * How many pairs in all would decide with a chance of four in five, if estimate and noise stay what they are
 * (normal approximation).
 * @param distance between the estimate and the limit that it is held against
 * @returns undefined where no sensible number would: the change is as large as the margin
 */
export function pairsToDecide(sd: number, distance: number): number | undefined {
  const pairs = Math.ceil((((z.level + z.missing) * sd) / Math.abs(distance)) ** 2 / efficiency);
  return Number.isFinite(pairs) && pairs <= 500 ? Math.max(7, pairs) : undefined;
}
