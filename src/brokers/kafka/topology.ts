/** What each pattern is on Kafka: topics, partitions and consumer groups. */
import type { DestinationSpec, Guarantee } from '../adapter.js';
import { hasSubscriptions, subscriptionName, type SubscriptionPattern } from '../pattern.js';

export interface Topic {
  readonly name: string;
  readonly partitions: number;
}

/** Where a message can go: a partition of a topic. */
export interface Lane {
  readonly topic: string;
  readonly partition: number;
}

/** What a group reads, and how. */
export interface Subscription {
  readonly group: string;
  /** Names, or patterns that kafkajs matches with the names that there are when it subscribes. */
  readonly topics: readonly (string | RegExp)[];
  /** Consumers that form the group. */
  readonly members: number;
  /** Offsets are committed before messages are delivered, when they are acknowledged, or not at all. */
  readonly commits: 'before' | 'after' | 'never';
  /** Where a group without committed offsets begins: at the first message, or at the one that is sent next. */
  readonly from: 'beginning' | 'end';
}

/** A topic per key, as a broker looks at nothing else to route by; one partition each, so that a key keeps its order. */
function keyTopic(destination: string, key: string): string {
  return `${destination}.${key}`;
}

/** The topic for the replies to one requester, and the group that reads it. */
export function replyTopic(destination: string, requester: number): string {
  return `${destination}.replies.${requester}`;
}

const count = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);

/** Every topic of a destination; routing by headers is refused before. */
export function topicsOf({ name, consumers, pattern }: DestinationSpec): readonly Topic[] {
  switch (pattern?.kind) {
    case 'pub-sub':
      return [{ name, partitions: 1 }];
    case 'routing':
    case 'topics':
      return pattern.keys.map((key) => ({ name: keyTopic(name, key), partitions: 1 }));
    case 'request-reply':
      return [
        { name, partitions: consumers },
        ...count(pattern.requesters).map((requester) => ({ name: replyTopic(name, requester), partitions: 1 })),
      ];
    case undefined:
    case 'work-queue':
    case 'headers':
      return [{ name, partitions: consumers }];
  }
}

/** Where the messages of a producer can go: by partition, or in the order of the pattern's keys. */
export function lanesOf({ name, consumers, pattern }: DestinationSpec): readonly Lane[] {
  switch (pattern?.kind) {
    case 'pub-sub':
      return [{ topic: name, partition: 0 }];
    case 'routing':
    case 'topics':
      return pattern.keys.map((key) => ({ topic: keyTopic(name, key), partition: 0 }));
    case undefined:
    case 'work-queue':
    case 'headers':
    case 'request-reply':
      return count(consumers).map((partition) => ({ topic: name, partition }));
  }
}

/** The groups of a destination's consumers, without those that read replies. */
export function groupsOf({ name, consumers, pattern }: DestinationSpec): readonly string[] {
  return hasSubscriptions(pattern) ? count(consumers).map((index) => subscriptionName(name, index)) : [name];
}

/** The groups that read replies. */
export function replyGroupsOf({ name, pattern }: DestinationSpec): readonly string[] {
  return pattern?.kind === 'request-reply' ? count(pattern.requesters).map((index) => replyTopic(name, index)) : [];
}

/** What consumer `index` reads. */
export function subscriptionOf(spec: DestinationSpec, index: number): Subscription {
  const { name, consumers, guarantee, pattern } = spec;
  const commits = commitsOf(guarantee);
  if (!hasSubscriptions(pattern))
    return { group: name, topics: [name], members: consumers, commits, from: 'beginning' };
  const group = subscriptionName(name, index);
  // The topics are new, so that what was there when a durable subscription began is nothing.
  const from = pattern.durable ? 'beginning' : 'end';
  return { group, topics: subscribedTopics(name, pattern, index), members: 1, commits, from };
}

/** What a requester reads. Replies that nobody waits for any more are of no use, so no offset is kept. */
export function replySubscription(destination: string, requester: number): Subscription {
  const topic = replyTopic(destination, requester);
  return { group: topic, topics: [topic], members: 1, commits: 'never', from: 'beginning' };
}

function commitsOf(guarantee: Guarantee): 'before' | 'after' {
  return guarantee === 'at-most-once' ? 'before' : 'after';
}

function subscribedTopics(name: string, pattern: SubscriptionPattern, index: number): readonly (string | RegExp)[] {
  switch (pattern.kind) {
    case 'routing':
      return (pattern.bindings[index] ?? []).map((key) => keyTopic(name, key));
    case 'topics':
      return (pattern.bindings[index] ?? []).map((binding) => namePattern(name, binding));
    case 'pub-sub':
    case 'headers':
      return [name];
  }
}

/** Which topics' names a binding means. Words of a key are letters, digits and `-`, which stand for themselves. */
function namePattern(name: string, binding: string): RegExp {
  const start = name.replaceAll(/[^A-Za-z0-9]/g, String.raw`\$&`);
  const words = binding.split('.').map((word) => {
    if (word === '*') return String.raw`\.[^.]+`;
    return word === '#' ? String.raw`(\.[^.]+)*` : String.raw`\.${word}`;
  });
  return new RegExp(`^${start}${words.join('')}$`);
}

/** The key that a topic stands for. */
export function keyOf({ name, pattern }: DestinationSpec, topic: string): string | undefined {
  return pattern?.kind === 'routing' || pattern?.kind === 'topics' ? topic.slice(name.length + 1) : undefined;
}
