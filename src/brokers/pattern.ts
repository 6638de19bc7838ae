/**
 * What a destination is for: the messaging patterns that the brokers' tutorials teach, in words that belong to none
 * of them. A pattern names everything that a run will use (subscribers, their bindings, the keys that are sent), so
 * that a destination is made whole and deleted whole.
 *
 * Subscribers are the consumers of a destination, by their index: `bindings[i]` is what consumer i wants. Words of a
 * key and names of headers are plain, as every broker has other characters that mean something to it: see
 * src/patterns/problems.ts.
 */

/** Each message goes to one of the consumers. */
export interface WorkQueue {
  readonly kind: 'work-queue';
  /** Levels of priority, 2 to 10: messages have a priority from 0, the least urgent, to `priorities` − 1. */
  readonly priorities?: number;
}

/** What patterns with a subscription for each consumer share. */
interface Subscriptions {
  /**
   * True: every subscription exists from createDestination() on and keeps for its subscriber what comes while that is
   * away, under at-least-once also when the broker is killed. False: a subscriber gets what is sent while it is there.
   */
  readonly durable: boolean;
}

/** Each subscriber gets every message. */
export interface PubSub extends Subscriptions {
  readonly kind: 'pub-sub';
}

/** A subscriber gets the messages whose key is one of its own. */
export interface Routing extends Subscriptions {
  readonly kind: 'routing';
  /** Every key that is sent. */
  readonly keys: readonly string[];
  readonly bindings: readonly (readonly string[])[];
}

/**
 * A subscriber gets the messages whose key matches one of its patterns: dotted words, where `*` stands for one word
 * and `#` for zero or more (AMQP 0-9-1, section 3.1.3.3, the topic exchange). A message that two of them match comes
 * once.
 */
export interface Topics extends Subscriptions {
  readonly kind: 'topics';
  /** Every key that is sent. */
  readonly keys: readonly string[];
  readonly bindings: readonly (readonly string[])[];
}

/** What a subscriber wants of a message's headers: these values, all of them or at least one. */
export interface HeaderBinding {
  readonly match: 'all' | 'any';
  readonly headers: Readonly<Record<string, string>>;
}

/** A subscriber gets the messages whose headers one of its bindings matches. The broker looks at them. */
export interface HeaderRouting extends Subscriptions {
  readonly kind: 'headers';
  readonly bindings: readonly (readonly HeaderBinding[])[];
}

/** Each request goes to one of the consumers, whose reply goes back to the producer that sent the request. */
export interface RequestReply {
  readonly kind: 'request-reply';
  /** Producers that will send requests. */
  readonly requesters: number;
}

export type Pattern = WorkQueue | PubSub | Routing | Topics | HeaderRouting | RequestReply;

export type PatternKind = Pattern['kind'];

/** Patterns in which each consumer has a subscription of its own. */
export type SubscriptionPattern = Extract<Pattern, Subscriptions>;

/** Able, or why not: the reason stands in plan, table and plots, so it is a clause without a full stop. */
export type Support = true | { readonly reason: string };

/**
 * What an adapter may or may not be able to do beyond a work queue.
 * - `durable-subscriptions`: a subscription keeps what comes while its subscriber is away
 * - `priority`: a work queue hands out urgent messages first
 * - `replay`: consumers can read again what they have acknowledged
 * - `transactions`: several messages are confirmed at once or not at all
 */
export type PatternFeature =
  Exclude<PatternKind, 'work-queue'> | 'durable-subscriptions' | 'priority' | 'replay' | 'transactions';

/**
 * Where one message goes. One object may serve many messages: adapters neither keep nor change it. What the
 * destination's pattern does not use is left out.
 */
export interface Route {
  /** routing and topics: one of the pattern's keys. */
  readonly key?: string;
  /** headers: what the broker routes by. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A work queue with priorities: 0 (least urgent) to `priorities` − 1. */
  readonly priority?: number;
}

/** Whether each consumer of this pattern has a subscription of its own. */
export function hasSubscriptions(pattern: Pattern | undefined): pattern is SubscriptionPattern {
  return pattern !== undefined && 'durable' in pattern;
}

/** The name of consumer `index`'s subscription to a destination: a queue, a group, whatever the broker calls it. */
export function subscriptionName(destination: string, index: number): string {
  return `${destination}.${index}`;
}
