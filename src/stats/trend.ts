/** Whether readings over time go somewhere: robust against outliers, with no assumption on their distribution. */
import { median } from './summary.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly slope: number;
  /** Value of the line at x = 0. */
  readonly intercept: number;
}

/**
 * Theil and Sen's line: the median of the slopes between all pairs of points (Sen 1968, JASA 63), through the median
 * of what is left. Up to 29 % of the readings may be anything without moving it much. Needs two points with different x.
 */
export function theilSen(points: readonly Point[]): Line {
  const slopes: number[] = [];
  points.forEach((a, i) => {
    for (const b of points.slice(i + 1)) if (b.x !== a.x) slopes.push((b.y - a.y) / (b.x - a.x));
  });
  const slope = median(slopes);
  return { slope, intercept: median(points.map(({ x, y }) => y - slope * x)) };
}

/**
 * Mann and Kendall's test that there is no trend (Kendall 1975, Rank Correlation Methods, with ties): about standard
 * normal from ten readings on. Positive when later readings are higher. 0 when all are equal.
 * @param values in the order of time
 */
export function mannKendall(values: readonly number[]): number {
  const n = values.length;
  let s = 0;
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) s += Math.sign((values[j] as number) - (values[i] as number));
  const ties = new Map<number, number>();
  for (const value of values) ties.set(value, (ties.get(value) ?? 0) + 1);
  const term = (t: number): number => t * (t - 1) * (2 * t + 5);
  const variance = (term(n) - [...ties.values()].reduce((sum, t) => sum + term(t), 0)) / 18;
  return variance <= 0 || s === 0 ? 0 : (s - Math.sign(s)) / Math.sqrt(variance);
}
