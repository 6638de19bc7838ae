/** Kafka's offsets and groups as readings. Pure. */
import type { DestinationReading, GroupReading } from '../sample.js';

/** A partition's log: the next offset to be written, and the oldest still there. */
export interface PartitionEnds {
  readonly partition: number;
  readonly high: number;
  readonly low: number;
}

/** A group, and by topic what it has committed; -1 for a partition where it never has. */
export interface GroupOffsets {
  readonly name: string;
  readonly state: string;
  readonly members: number;
  readonly committed: ReadonlyMap<string, readonly { readonly partition: number; readonly offset: number }[]>;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/**
 * What a group has not read of a topic yet: log end − committed offset, summed over the partitions. Where nothing was
 * ever committed, everything that is still in the log counts.
 */
export function groupOf(group: GroupOffsets, topic: string, ends: readonly PartitionEnds[]): GroupReading | undefined {
  const committed = new Map(group.committed.get(topic)?.map(({ partition, offset }) => [partition, offset]));
  if (![...committed.values()].some((offset) => offset >= 0)) return undefined;
  const at = ends.map(({ partition, low }) => Math.max(low, committed.get(partition) ?? -1));
  return {
    name: group.name,
    state: group.state,
    members: group.members,
    lag: sum(ends.map(({ high }, i) => Math.max(0, high - (at[i] ?? high)))),
    counters: { acknowledged: sum(ends.map(({ partition }) => Math.max(0, committed.get(partition) ?? 0))) },
  };
}

export function topicOf(
  name: string,
  ends: readonly PartitionEnds[],
  groups: readonly GroupOffsets[],
): DestinationReading {
  const readings = groups.flatMap((group) => groupOf(group, name, ends) ?? []);
  return {
    name,
    kind: 'topic',
    partitions: ends.length,
    groups: readings,
    counters: { in: sum(ends.map(({ high }) => high)) },
  };
}

/**
 * The groups that are asked for their offsets, by name: where there are too many, those first whose name contains what
 * is looked for. Which topics a group reads is known only once it was asked.
 */
export function chosenGroups(all: readonly string[], containing: string, most: number): string[] {
  const sorted = all.toSorted();
  const fits = (name: string): boolean => name.includes(containing);
  return [...sorted.filter(fits), ...sorted.filter((name) => !fits(name))].slice(0, most);
}
