/** A run's course as points: what was counted in each interval, a second; and fewer of them where they are many. Pure. */
import type { RunRecord, Sample } from '../../results/schema.js';

/** What happened in one interval of a run. */
export interface Interval {
  /** Its middle, in seconds since the measured part began. */
  readonly t: number;
  /** How much of it the run went on for. */
  readonly seconds: number;
  readonly phase: Sample['phase'];
  readonly sample: Sample;
}

/** The intervals of a run. The last one counts only as long as the run went on, and is left out when it is but a sliver. */
export function intervalsOf(run: RunRecord): Interval[] {
  const end = run.figures?.measuredSeconds ?? Infinity;
  return run.samples.flatMap((sample) => {
    const { t, phase } = sample;
    const seconds = Math.min(sample.seconds, end - t);
    if (seconds < sample.seconds / 4) return [];
    return [{ t: Number((t + seconds / 2).toFixed(3)), seconds, phase, sample }];
  });
}

/** Points of a run in a picture at most: more than it has pixels are only heavy. */
export const mostPoints = 600;

/** Rows of a run in a table at most. */
export const mostRows = 100;

/** Neighbours of the same phase together, so that there are about `most` groups at most; each by itself where few. */
export function inGroups<T extends { readonly phase: Sample['phase'] }>(points: readonly T[], most: number): T[][] {
  const size = Math.ceil(points.length / most);
  const groups: T[][] = [];
  for (const point of points) {
    const last = groups.at(-1);
    if (last !== undefined && last.length < size && last[0]?.phase === point.phase) last.push(point);
    else groups.push([point]);
  }
  return groups;
}

/** The mean over the whole time of a group. */
export function meanOver<T extends { readonly seconds: number }>(
  group: readonly T[],
  of: (point: T) => number,
): number {
  const seconds = group.reduce((sum, point) => sum + point.seconds, 0);
  return group.reduce((sum, point) => sum + of(point) * point.seconds, 0) / seconds;
}

/** The moment in the middle of a group. */
export function middleOf(group: readonly { readonly t: number }[]): number {
  return Number((group.reduce((sum, { t }) => sum + t, 0) / group.length).toFixed(3));
}
