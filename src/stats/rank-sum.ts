/**
 * Estimate and exact bounds of the shift between two samples that are not paired, after Mann–Whitney and
 * Hodges–Lehmann (Hollander, Wolfe, Chicken: Nonparametric Statistical Methods, 3rd ed., 4.1–4.3).
 */
import { median } from './summary.js';
import type { Interval } from './signed-rank.js';

/** In how many of the C(m+n, m) arrangements of two samples U is 0 … m·n: the coefficients of the Gaussian binomial. */
export function uCounts(m: number, n: number): number[] {
  // Π (1 − xⁿ⁺ⁱ) ÷ (1 − xⁱ), i = 1 … m; only the first m·n + 1 coefficients are needed.
  const length = m * n + 1;
  let counts = new Array<number>(length).fill(0);
  counts[0] = 1;
  for (let i = 1; i <= m; i++) {
    const times = counts.map((c, u) => c - (u >= n + i ? (counts[u - n - i] ?? 0) : 0));
    for (let u = i; u < length; u++) times[u] = (times[u] ?? 0) + (times[u - i] ?? 0);
    counts = times;
  }
  return counts;
}

/** Largest k with P(U ≤ k) ≤ alpha under the null hypothesis; −1 when even k = 0 is too likely. */
export function criticalU(m: number, n: number, alpha: number): number {
  const counts = uCounts(m, n);
  const all = counts.reduce((a, b) => a + b, 0);
  let cumulative = 0;
  for (let k = 0; k < counts.length; k++) {
    cumulative += counts[k] ?? 0;
    if (cumulative / all > alpha) return k - 1;
  }
  return counts.length - 1;
}

/** Hodges–Lehmann estimate of how far `b` lies above `a`, with exact one-sided bounds at the level `alpha` each. */
export function rankSumInterval(a: readonly number[], b: readonly number[], alpha: number): Interval {
  const differences = a.flatMap((x) => b.map((y) => y - x)).sort((x, y) => x - y);
  const k = differences.length === 0 ? -1 : criticalU(a.length, b.length, alpha);
  return {
    estimate: median(differences),
    lower: k < 0 ? -Infinity : (differences[k] ?? -Infinity),
    upper: k < 0 ? Infinity : (differences[differences.length - 1 - k] ?? Infinity),
  };
}
