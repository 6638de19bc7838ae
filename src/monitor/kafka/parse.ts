/** Kafka's offsets and groups as readings. Pure. */
import type { DestinationSpec } from '../../brokers/adapter.js';
import { groupsOf, lanesOf } from '../../brokers/kafka/topology.js';
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
  /** With the members; undefined where Kafka does not tell them. */
  readonly described?: Pick<GroupReading, 'state' | 'members'>;
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
    ...group.described,
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

/** A run's topics and groups. */
export interface OfRun {
  readonly topics: readonly string[];
  readonly groups: readonly string[];
  /** How many there are, also where not all of them are asked for. */
  readonly topicCount: number;
  readonly groupCount: number;
}

/**
 * What the destinations of a run are on Kafka. Where there are too many, destinations are left out whole, so that
 * topics and groups belong together. Without those for replies, of which other brokers keep no figures.
 * @param most topics, and most groups
 */
export function ofRun(specs: readonly DestinationSpec[], most: number): OfRun {
  const each = specs.map((spec) => ({
    topics: [...new Set(lanesOf(spec).map(({ topic }) => topic))],
    groups: groupsOf(spec),
  }));
  let [topics, groups]: [string[], string[]] = [[], []];
  for (const [at, one] of each.entries()) {
    topics = [...topics, ...one.topics];
    groups = [...groups, ...one.groups];
    const next = each[at + 1];
    if (next === undefined || topics.length + next.topics.length > most || groups.length + next.groups.length > most)
      break;
  }
  return {
    topics: topics.slice(0, most),
    groups: groups.slice(0, most),
    topicCount: each.reduce((sum, one) => sum + one.topics.length, 0),
    groupCount: each.reduce((sum, one) => sum + one.groups.length, 0),
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

/** A group as Kafka lists it. */
export interface ListedGroup {
  readonly groupId: string;
  /** `consumer`, `share`, `connect`, …; empty for a group that nobody joined yet. */
  readonly protocolType: string;
}

/**
 * Share groups (KIP-932) commit no offsets: where they are is known to a coordinator of their own, which kafkajs does
 * not know how to ask.
 */
export const isShareGroup = ({ protocolType }: ListedGroup): boolean => protocolType === 'share';

/** A few names, and how many more there are. */
function someOf(names: readonly string[]): string {
  const left = names.length - mostNamed;
  return `${names.slice(0, mostNamed).join(', ')}${left > 0 ? ` and ${left} more` : ''}`;
}
const mostNamed = 3;

const groups = (count: number): string => `${count} group${count === 1 ? '' : 's'}`;

/** One line for each thing that Kafka does not tell of groups. */
export function groupNotes(of: {
  readonly all: number;
  /** Those that were left out because there are so many. */
  readonly left: number;
  readonly share: readonly string[];
  /** Those with committed offsets alone. */
  readonly undescribed: readonly string[];
}): string[] {
  return [
    ...(of.left > 0 ? [`${of.left} of ${of.all} consumer groups are not shown`] : []),
    ...(of.undescribed.length > 0
      ? [
          `state and members of ${groups(of.undescribed.length)} are not told to kafkajs, which knows the classic protocol only: ${someOf(of.undescribed)}`,
        ]
      : []),
    ...(of.share.length > 0
      ? [`${groups(of.share.length)} without lag, which is not told to kafkajs of share groups: ${someOf(of.share)}`]
      : []),
  ];
}
