/** How long until the others had what was a dead or silent consumer's, from the consumers' journals. */
import type { JournalRecord } from './journal.js';

/** A consumer of a work queue, and what it received. */
export interface ConsumerJournal {
  /** Among all consumers of the run. */
  readonly consumer: number;
  /** Among the run's destinations: only who shares one can take over. */
  readonly destination: number;
  readonly journal: Iterable<JournalRecord>;
}

/** A partition around a moment. */
interface Owner {
  /** Who received from it last before, and when. */
  consumer: number | undefined;
  last: number;
  /** When another consumer than the one in question first received from it afterwards. */
  next: number;
}

/**
 * Where the destination has partitions: until another consumer had received from each that was this one's. Else: until
 * the last message that the broker marks as delivered before had been received by another one.
 * @param from when the consumer died or fell silent, on the session's clock like the journals
 * @param to when something else was broken
 * @returns nanoseconds; undefined where nobody took anything over
 */
export function takenOverAfter(
  journals: readonly ConsumerJournal[],
  consumer: number,
  from: number,
  to: number,
): number | undefined {
  const destination = journals.find((one) => one.consumer === consumer)?.destination;
  const owners = new Map<number, Owner>();
  let redelivered = -Infinity;
  for (const { consumer: receiver, destination: own, journal } of journals) {
    if (own !== destination) continue;
    for (const { kind, at, partition, redelivered: isAgain } of journal) {
      if (kind !== 'receipt') continue;
      const isOther = receiver !== consumer && at > from && at < to;
      if (isOther && isAgain === true) redelivered = Math.max(redelivered, at);
      if (partition === undefined) continue;
      const owner = owners.get(partition) ?? { consumer: undefined, last: -Infinity, next: Infinity };
      owners.set(partition, owner);
      if (at <= from && at > owner.last) Object.assign(owner, { consumer: receiver, last: at });
      if (isOther) owner.next = Math.min(owner.next, at);
    }
  }
  const left = [...owners.values()].filter((owner) => owner.consumer === consumer);
  const last = left.length > 0 ? Math.max(...left.map(({ next }) => next)) : redelivered;
  return Number.isFinite(last) ? last - from : undefined;
}
