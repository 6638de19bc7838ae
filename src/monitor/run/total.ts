/** The destinations of a run as one: what waits in all of them, and what they take in and give out together. Pure. */
import type { DestinationSample, GroupSample } from '../sample.js';

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

type All = readonly DestinationSample[];

const groupsOf = (all: All): readonly GroupSample[] => all.flatMap(({ groups = [] }) => groups);

/** What each figure is; where there are groups, members and commits are theirs. */
const figures: { readonly [Name in keyof DestinationsTotal]-?: (all: All) => readonly (number | undefined)[] } = {
  ready: (all) => all.map(({ ready }) => ready),
  unacknowledged: (all) => all.map(({ unacknowledged }) => unacknowledged),
  lag: (all) => groupsOf(all).map(({ lag }) => lag),
  consumers: (all) => [
    // A group that reads several topics is with each of them.
    ...new Map(groupsOf(all).map(({ name, members }) => [name, members])).values(),
    ...all.filter(({ groups = [] }) => groups.length === 0).map(({ consumers }) => consumers),
  ],
  in: (all) => all.map(({ counters }) => counters.in),
  delivered: (all) => all.map(({ counters }) => counters.delivered),
  acknowledged: (all) => [...all, ...groupsOf(all)].map(({ counters }) => counters.acknowledged),
  inPerSecond: (all) => all.map(({ rates }) => rates.in),
  deliveredPerSecond: (all) => all.map(({ rates }) => rates.delivered),
  acknowledgedPerSecond: (all) => [...all, ...groupsOf(all)].map(({ rates }) => rates.acknowledged),
};

/** Adds up what the destinations tell. */
export function totalOf(destinations: All): DestinationsTotal {
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, of]) => {
      const told = of(destinations).filter((value) => value !== undefined);
      return told.length === 0 ? [] : [[name, told.reduce((sum, value) => sum + value, 0)]];
    }),
  );
}
