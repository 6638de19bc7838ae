/** What came when consumers read a destination a second time, against what was confirmed. */
import type { ReplayRecord } from '../results/schema.js';
import { count, countMissing, union } from './bitmap.js';
import type { ReceiptsRecord } from './receipts.js';
import type { SendsRecord } from './sends.js';

/** @param receipts of the second reading, by consumer */
export function accountReplay(sends: readonly SendsRecord[], receipts: readonly ReceiptsRecord[]): ReplayRecord {
  let [expected, unique, lost] = [0, 0, 0];
  sends.forEach((producer, index) => {
    const seen = union(receipts.map((own) => own.seen[index] ?? new Uint32Array()));
    expected += count(producer.confirmed);
    unique += count(seen);
    lost += countMissing(producer.confirmed, seen);
  });
  const sum = (of: (own: ReceiptsRecord) => number): number => receipts.reduce((total, own) => total + of(own), 0);
  const there = receipts.filter((own) => own.received > 0);
  const seconds =
    there.length === 0
      ? 0
      : (Math.max(...there.map((own) => own.lastReceipt)) - Math.min(...there.map((own) => own.firstReceipt))) / 1e9;
  const received = sum((own) => own.received);
  return {
    expected,
    received,
    unique,
    duplicates: received - unique,
    lost,
    corrupt: sum((own) => own.corrupt + own.foreign),
    seconds,
    perSecond: seconds > 0 ? unique / seconds : 0,
  };
}
