/** Records that go into a journal as well, and records made of a journal that somebody left. */
import type { Deck } from '../patterns/deck.js';
import { Receipts, type ReceiptsRecord } from '../metrics/receipts.js';
import { Sends, type SendsRecord } from '../metrics/sends.js';
import type { JournalRecord, JournalWriter } from './journal.js';

/** Sends and confirms; written at the end of the turn in which they come. */
export class JournaledSends extends Sends {
  private scheduled = false;

  constructor(
    openLoop: boolean,
    private readonly producer: number,
    private readonly journal: JournalWriter,
  ) {
    super(openLoop);
  }

  override send(measured: boolean, intended: number, actual: number, bytes: number): void {
    const sequence = this.sent;
    super.send(measured, intended, actual, bytes);
    this.journal.add(measured ? 'send' : 'other-send', this.producer, sequence, intended, actual, actual, bytes);
    this.schedule();
  }

  override confirm(measured: boolean, sequence: number, intended: number, actual: number, now: number): void {
    super.confirm(measured, sequence, intended, actual, now);
    this.journal.add(measured ? 'confirm' : 'other-confirm', this.producer, sequence, intended, actual, now, 0);
    this.schedule();
  }

  override fail(measured: boolean, error: Error): void {
    super.fail(measured, error);
    if (measured) this.journal.add('fail', this.producer, 0, 0, 0, 0, 0);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.journal.flush();
    });
  }
}

/** Deliveries that a journal has kept. */
class RestoredReceipts extends Receipts {
  /** Takes up what somebody left who is no more; it goes into no other journal. */
  restore(journal: Iterable<JournalRecord>): void {
    for (const record of journal) {
      if (record.kind === 'receipt')
        super.measured(record, record.at, record.partition, record.redelivered, record.bytes);
      else if (record.kind === 'other-receipt') super.warmup(record.at);
      else if (record.kind === 'counts') {
        this.corrupt = record.sequence;
        this.foreign = record.intended;
      }
    }
  }
}

/** Deliveries; whoever acknowledges them flushes the journal first. */
export class JournaledReceipts extends RestoredReceipts {
  constructor(
    producers: number,
    openLoop: boolean,
    private readonly journal: JournalWriter,
    deck?: Deck,
  ) {
    super(producers, openLoop, deck);
  }

  override measured(
    envelope: Parameters<Receipts['measured']>[0],
    now: number,
    partition: number | undefined,
    redelivered: boolean | undefined,
    bytes: number,
  ): void {
    super.measured(envelope, now, partition, redelivered, bytes);
    const { producer, sequence, intended, actual } = envelope;
    this.journal.add('receipt', producer, sequence, intended, actual, now, bytes, partition, redelivered);
  }

  override warmup(now: number): void {
    super.warmup(now);
    this.journal.add('other-receipt', 0, 0, 0, 0, now, 0);
  }

  /** Everything so far, on disk as far as a SIGKILL is concerned. */
  flush(): void {
    if (this.corrupt + this.foreign > 0) this.journal.add('counts', 0, this.corrupt, this.foreign, 0, 0, 0);
    this.journal.flush();
  }
}

/** The record that a producer would have handed over. */
export function replaySends(journal: Iterable<JournalRecord>, openLoop: boolean): SendsRecord {
  const sends = new Sends(openLoop);
  for (const { kind, sequence, intended, actual, at, bytes } of journal) {
    if (kind === 'send' || kind === 'other-send') sends.send(kind === 'send', intended, actual, bytes);
    else if (kind === 'confirm' || kind === 'other-confirm')
      sends.confirm(kind === 'confirm', sequence, intended, actual, at);
    else if (kind === 'fail') sends.fail(true, new Error('the connection was lost'));
  }
  return sends.record();
}

/** The record that a consumer would have handed over. */
export function replayReceipts(
  journal: Iterable<JournalRecord>,
  producers: number,
  openLoop: boolean,
  deck?: Deck,
): ReceiptsRecord {
  const receipts = new RestoredReceipts(producers, openLoop, deck);
  receipts.restore(journal);
  return receipts.record();
}
