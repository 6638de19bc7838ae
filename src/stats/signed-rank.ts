/**
 * Estimate and exact bounds of a paired difference after Wilcoxon and Hodges–Lehmann
 * (Hollander, Wolfe, Chicken: Nonparametric Statistical Methods, 3rd ed., 3.1–3.3).
 */

/** All averages of two differences, each with itself too, in ascending order. */
export function walshAverages(differences: readonly number[]): number[] {
  const averages: number[] = [];
  differences.forEach((a, i) => {
    for (const b of differences.slice(i)) averages.push((a + b) / 2);
  });
  return averages.sort((a, b) => a - b);
}

/** Median of the Walsh averages. NaN without differences. */
export function hodgesLehmann(differences: readonly number[]): number {
  const averages = walshAverages(differences);
  const middle = averages.length / 2;
  return Number.isInteger(middle)
    ? ((averages[middle - 1] ?? NaN) + (averages[middle] ?? NaN)) / 2
    : (averages[Math.floor(middle)] ?? NaN);
}

/** How many of the 2ⁿ sign patterns give each rank sum 0 … n(n+1)/2; exact up to n = 50. */
export function rankSumCounts(n: number): number[] {
  let counts = [1];
  for (let rank = 1; rank <= n; rank++) {
    const next = new Array<number>(counts.length + rank).fill(0);
    counts.forEach((c, sum) => {
      next[sum] = (next[sum] ?? 0) + c;
      next[sum + rank] = (next[sum + rank] ?? 0) + c;
    });
    counts = next;
  }
  return counts;
}

/** Largest k with P(T ≤ k) ≤ alpha under the null hypothesis; −1 when even k = 0 is too likely. */
export function criticalValue(n: number, alpha: number): number {
  const counts = rankSumCounts(n);
  let cumulative = 0;
  for (let k = 0; k < counts.length; k++) {
    cumulative += counts[k] ?? 0;
    if (cumulative / 2 ** n > alpha) return k - 1;
  }
  return counts.length - 1;
}

/** An estimate with one-sided bounds, each at the level `alpha`. A bound that n cannot give is infinite. */
export interface Interval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/** Hodges–Lehmann estimate of the differences' centre with exact signed-rank bounds. */
export function signedRankInterval(differences: readonly number[], alpha: number): Interval {
  const averages = walshAverages(differences);
  const k = criticalValue(differences.length, alpha);
  return {
    estimate: hodgesLehmann(differences),
    lower: k < 0 ? -Infinity : (averages[k] ?? -Infinity),
    upper: k < 0 ? Infinity : (averages[averages.length - 1 - k] ?? Infinity),
  };
}
