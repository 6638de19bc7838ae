/** What has to arrive before a phase is over: so many messages over all consumers, or so many at each of them. Pure. */
import { type Subscribed, wants } from '../metrics/subscribers.js';
import type { PhaseAnswer } from './protocol.js';

export type Awaited = number | readonly number[];

/** From what the producers say of a phase. */
export function awaitedOf(answers: readonly PhaseAnswer[], subscribed: Subscribed | undefined): Awaited {
  if (subscribed === undefined) return answers.reduce((sum, answer) => sum + answer.confirmed, 0);
  return Array.from({ length: subscribed.subscribers }, (_, subscriber) => {
    const asked = wants(subscribed, subscriber);
    const joining = subscribed.late.has(subscriber) ? subscribed.joining : undefined;
    return answers.reduce(
      (sum, { confirmedAt = [] }, producer) =>
        sum +
        confirmedAt.reduce((own, confirmed, place) => {
          if (asked[place] !== true) return own;
          const over = sentAt(subscribed, producer, place, joining?.after[producer]?.sent ?? 0);
          return own + Math.max(0, confirmed - over);
        }, 0),
      0,
    );
  });
}

/** How many of a producer's first `sent` messages take the route at a place of the row. */
function sentAt({ deck }: Subscribed, producer: number, place: number, sent: number): number {
  const length = deck.row.length;
  const first = (place - deck.placeOf(producer, 0) + length) % length;
  return sent <= first ? 0 : Math.ceil((sent - first) / length);
}

/**
 * Whether it has all arrived.
 * @param done by consumer, of those that are there
 */
export function hasArrived(awaited: Awaited, done: readonly number[]): boolean {
  if (typeof awaited === 'number') return done.reduce((sum, own) => sum + own, 0) >= awaited;
  return done.every((own, consumer) => own >= (awaited[consumer] ?? 0));
}
