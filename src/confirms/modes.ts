/** The ways to wait for confirms that the brokers' tutorials compare, and what a producer does for each. */
import type { Guarantee } from '../brokers/adapter.js';

export const confirmModes = ['none', 'one-by-one', 'batches', 'transactions', 'asynchronous'] as const;
export type ConfirmMode = (typeof confirmModes)[number];

/** Whether a mode sends messages by the batch. */
export function hasBatches(mode: ConfirmMode): boolean {
  return mode === 'batches' || mode === 'transactions';
}

/** How a producer sends where that is not simply a window that is kept full. */
export interface Publishing {
  /** Sends so many, waits until all of them are confirmed, sends the next. */
  readonly group?: number;
  /** So many messages are confirmed together or not at all. */
  readonly transactionSize?: number;
  /** What the producer promises, where that is less than the scenario does. */
  readonly guarantee?: Extract<Guarantee, 'at-most-once'>;
}

/** @param batch messages of a batch or transaction */
export function publishingOf(mode: ConfirmMode, batch: number): Publishing {
  switch (mode) {
    case 'none':
      return { guarantee: 'at-most-once' };
    case 'one-by-one':
      return { group: 1 };
    case 'batches':
      return { group: batch };
    case 'transactions':
      return { group: batch, transactionSize: batch };
    case 'asynchronous':
      return {};
  }
}

/** What a message that counts as sent is promised: without confirms less than elsewhere. */
export function modeGuarantee(mode: ConfirmMode, guarantee: Guarantee): Guarantee {
  return publishingOf(mode, 1).guarantee ?? guarantee;
}

/** What the producer waits for: a clause. */
export function waitText(mode: ConfirmMode, batch: number, inFlight: number): string {
  const n = (count: number): string => count.toLocaleString('en-US');
  switch (mode) {
    case 'none':
      return 'for nothing: sent is what the operating system has';
    case 'one-by-one':
      return 'for each confirm before the next message';
    case 'batches':
      return `for all confirms of ${n(batch)} messages before the next ${n(batch)}`;
    case 'transactions':
      return `for the commit of ${n(batch)} messages, which all arrive or none`;
    case 'asynchronous':
      return `for none in particular: confirms are taken as they come, ${n(inFlight)} in flight`;
  }
}
