/**
 * Exact accounting where each consumer has a subscription of its own: what it must get follows from the pattern's
 * definition (src/patterns/recipients.ts) and from what was confirmed, not from what any broker did with it.
 */
import type { SubscriptionPattern } from '../brokers/pattern.js';
import type { Deck } from '../patterns/deck.js';
import { recipients } from '../patterns/recipients.js';
import type { SubscriberRecord } from '../results/schema.js';
import { count, countMissing, intersection } from './bitmap.js';
import type { ReceiptsRecord } from './receipts.js';
import type { Mark, SendsRecord } from './sends.js';

/** What the producers had done when a subscriber that is not durable was let in, by producer. */
export interface Joining {
  /** Before it asked: what was confirmed by then is not for it. */
  readonly before: readonly Mark[];
  /** When it was ready: what is sent from then on is. */
  readonly after: readonly Mark[];
}

export interface Subscribed {
  readonly pattern: SubscriptionPattern;
  readonly subscribers: number;
  readonly deck: Deck;
  /** Subscribers that were not there from the start. */
  readonly late: ReadonlySet<number>;
  /** Undefined where subscriptions are durable, or nobody came late. */
  readonly joining: Joining | undefined;
}

/** Whether a subscriber must get the messages of each place in the row. */
export function wants({ pattern, subscribers, deck }: Subscribed, subscriber: number): readonly boolean[] {
  return deck.row.map((route) => recipients(pattern, subscribers, route)?.includes(subscriber) ?? false);
}

/** Deliveries that a message makes on average. */
export function fanOut(subscribed: Subscribed): number {
  const { subscribers, deck } = subscribed;
  const asked = Array.from({ length: subscribers }, (_, i) => wants(subscribed, i).filter(Boolean).length);
  return asked.reduce((sum, n) => sum + n, 0) / deck.row.length;
}

/**
 * Deliveries that a confirmed message made on average, of those that had to be made: fewer than {@link fanOut} where a
 * subscriber that is not durable came late or never.
 */
export function deliveriesEach(subscribers: readonly SubscriberRecord[], confirmed: number): number {
  const expected = subscribers.reduce((sum, own) => sum + own.expected, 0);
  return expected === 0 || confirmed === 0 ? 1 : expected / confirmed;
}

/** The sequence numbers below `sent` that a subscriber must get of a producer. */
function wanted(deck: Deck, producer: number, sent: number, asked: readonly boolean[]): Uint32Array {
  const words = new Uint32Array(Math.ceil(sent / 32));
  for (let sequence = 0; sequence < sent; sequence++)
    if (asked[deck.placeOf(producer, sequence)]) {
      const index = sequence >>> 5;
      words[index] = (words[index] as number) | (1 << (sequence & 31));
    }
  return words;
}

/** Without the numbers below `from`. */
function startingAt(record: Uint32Array, from: number): Uint32Array {
  const result = record.slice();
  const index = from >>> 5;
  result.fill(0, 0, index);
  if (index < result.length) result[index] = (result[index] as number) & (~0 << (from & 31));
  return result;
}

/** One record for each subscriber that was there, in their order. */
export function accountSubscribers(
  subscribed: Subscribed,
  sends: readonly SendsRecord[],
  receipts: readonly ReceiptsRecord[],
): SubscriberRecord[] {
  const { deck, late, joining } = subscribed;
  return receipts.map((own, consumer) => {
    const asked = wants(subscribed, consumer);
    const joined = late.has(consumer) ? joining : undefined;
    let [expected, unique, lost, unexpected] = [0, 0, 0, 0];
    sends.forEach((producer, index) => {
      const seen = own.seen[index] ?? new Uint32Array();
      const all = wanted(deck, index, producer.sent, asked);
      const must = startingAt(intersection(all, producer.confirmed), joined?.after[index]?.sent ?? 0);
      expected += count(must);
      unique += count(seen);
      lost += countMissing(must, seen);
      unexpected += countMissing(seen, all);
      const over = joined?.before[index]?.confirmed;
      if (over !== undefined) unexpected += count(intersection(intersection(seen, all), over));
    });
    return {
      consumer,
      expected,
      received: own.received,
      unique,
      duplicates: own.received - unique,
      ...(own.redeliveredKnown ? { redelivered: own.redelivered } : {}),
      lost,
      unexpected,
      ...(late.has(consumer) ? { late: true } : {}),
    };
  });
}
