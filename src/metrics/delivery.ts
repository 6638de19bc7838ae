/** Exact accounting of a run: every sequence number of every producer against every consumer. */
import type { DeliveryRecord, SubscriberRecord } from '../results/schema.js';
import { count, countMissing, union } from './bitmap.js';
import type { ReceiptsRecord } from './receipts.js';
import type { SendsRecord } from './sends.js';

/**
 * Counts what was sent, confirmed and received, over all workers of one run.
 * @param subscribers where each consumer has a subscription of its own: a message that two of them must get counts
 * twice in what is received, unique or lost
 */
export function accountDelivery(
  sends: readonly SendsRecord[],
  receipts: readonly ReceiptsRecord[],
  subscribers?: readonly SubscriberRecord[],
): DeliveryRecord {
  let unique = 0;
  let lost = 0;
  let unconfirmed = 0;
  sends.forEach((producer, index) => {
    const seen = union(receipts.map((r) => r.seen[index] ?? new Uint32Array()));
    unique += count(seen);
    lost += countMissing(producer.confirmed, seen);
    unconfirmed += producer.sent - count(producer.confirmed);
  });
  if (subscribers !== undefined) {
    unique = subscribers.reduce((total, own) => total + own.unique, 0);
    lost = subscribers.reduce((total, own) => total + own.lost, 0);
  }
  const sum = (of: (r: ReceiptsRecord) => number) => receipts.reduce((total, r) => total + of(r), 0);
  const received = sum((r) => r.received);
  return {
    sent: sends.reduce((total, s) => total + s.sent, 0),
    confirmed: sends.reduce((total, s) => total + s.confirmedCount, 0),
    unconfirmed,
    received,
    unique,
    duplicates: received - unique,
    lost,
    outOfOrder: sum((r) => r.outOfOrder),
    redelivered: sum((r) => r.redelivered),
    redeliveredKnown: receipts.every((r) => r.redeliveredKnown),
    corrupt: sum((r) => r.corrupt),
    foreign: sum((r) => r.foreign),
    ...(subscribers === undefined ? {} : { unexpected: subscribers.reduce((total, own) => total + own.unexpected, 0) }),
  };
}

/** Jain's fairness index (Jain, Chiu, Hawe 1984): 1 when all shares are equal, 1/n when one has everything. */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((a, b) => a + b, 0);
  const squares = shares.reduce((a, b) => a + b * b, 0);
  return squares === 0 ? 0 : (sum * sum) / (shares.length * squares);
}
