/** The destinations of a run as one: what waits in all of them, and what they take in and give out together. Pure. */
import type { DestinationSample } from '../sample.js';

/** Sums over all destinations; absent where none of them tells. */
export interface DestinationsTotal {
  readonly ready?: number;
  readonly unacknowledged?: number;
  readonly lag?: number;
  readonly consumers?: number;
  readonly in?: number;
  readonly delivered?: number;
  readonly acknowledged?: number;
  readonly inPerSecond?: number;
  readonly deliveredPerSecond?: number;
  readonly acknowledgedPerSecond?: number;
}

/** What each figure is of one destination; where there are groups, members and commits are theirs. */
const figures: { readonly [Name in keyof DestinationsTotal]-?: (of: DestinationSample) => readonly unknown[] } = {
  ready: (of) => [of.ready],
  unacknowledged: (of) => [of.unacknowledged],
  lag: ({ groups = [] }) => groups.map((group) => group.lag),
  consumers: ({ groups = [], consumers }) => (groups.length > 0 ? groups.map((group) => group.members) : [consumers]),
  in: ({ counters }) => [counters.in],
  delivered: ({ counters }) => [counters.delivered],
  acknowledged: ({ groups = [], counters }) => [
    counters.acknowledged,
    ...groups.map((group) => group.counters.acknowledged),
  ],
  inPerSecond: ({ rates }) => [rates.in],
  deliveredPerSecond: ({ rates }) => [rates.delivered],
  acknowledgedPerSecond: ({ groups = [], rates }) => [
    rates.acknowledged,
    ...groups.map((group) => group.rates.acknowledged),
  ],
};

/** Adds up what the destinations tell. */
export function totalOf(destinations: readonly DestinationSample[]): DestinationsTotal {
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, of]) => {
      const told = destinations.flatMap(of).filter((value) => typeof value === 'number');
      return told.length === 0 ? [] : [[name, told.reduce((sum, value) => sum + value, 0)]];
    }),
  );
}
