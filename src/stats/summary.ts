/** Plain summaries of a few numbers. */

/** The middle value, or the mean of the middle two. NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2;
}

/** The arithmetic mean. NaN without values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard deviation of a sample (divisor n − 1). NaN below two values. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return NaN;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/**
 * Correlation of each value with the one before it (lag 1), about the common mean; 0 where all are equal.
 * Box, Jenkins, Reinsel: Time Series Analysis, 2.1.5.
 */
export function lagOneCorrelation(values: readonly number[]): number {
  const centre = mean(values);
  const total = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  if (!(total > 0)) return 0;
  const products = values.slice(1).reduce((sum, value, i) => sum + (value - centre) * ((values[i] ?? 0) - centre), 0);
  return products / total;
}

/**
 * Whether successive values lean on each other more than chance explains: |r₁| beyond 1.96 ÷ √n (two-sided 5 %,
 * Box, Jenkins, Reinsel 2.1.6). Pairs that do are not the independent evidence that the exact test takes them for.
 */
export function isCorrelated(values: readonly number[]): boolean {
  return values.length >= 7 && Math.abs(lagOneCorrelation(values)) > 1.96 / Math.sqrt(values.length);
}
