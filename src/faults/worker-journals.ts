/** The journals of one run's workers: where they are, and what they say for a worker that cannot. */
import { rmSync } from 'node:fs';
import { highest, union } from '../metrics/bitmap.js';
import { unknownLoad } from '../metrics/load.js';
import type { Deck } from '../patterns/deck.js';
import type { PhaseAnswer, Resilience, WorkerRecord } from '../run/protocol.js';
import { type JournalRecord, readJournal } from './journal.js';
import { replayReceipts, replaySends } from './journaled.js';

export class WorkerJournals {
  /** By worker: a file for each of its lives, the first one first. */
  private readonly paths = new Map<string, string[]>();
  /** What the dead left does not change any more. */
  private readonly records = new Map<string, WorkerRecord>();

  /**
   * @param prefix of the files' paths
   * @param openLoop the load has a schedule
   * @param deck the routes that messages take, where they take any
   */
  constructor(
    private readonly prefix: string,
    private readonly producers: number,
    private readonly openLoop: boolean,
    private readonly deck?: Deck,
  ) {}

  /**
   * The file for a worker that begins, and those of its predecessors of the same name. One that was killed may have
   * left half a record, so nobody goes on in its file.
   */
  begin(worker: string): Pick<Resilience, 'journal' | 'earlier'> {
    const earlier = this.paths.get(worker) ?? [];
    const life = earlier.length === 0 ? '' : `-${earlier.length + 1}`;
    const journal = `${this.prefix}-${worker.replace(' ', '-')}${life}.journal`;
    this.paths.set(worker, [...earlier, journal]);
    this.records.delete(worker);
    return { journal, earlier };
  }

  /** In the order of its lives. */
  private *journalOf(worker: string): Generator<JournalRecord> {
    for (const path of this.paths.get(worker) ?? []) yield* readJournal(path);
  }

  /**
   * What a worker would have handed over that does not answer, but for its load.
   * @param isDead it was killed, and its journal does not change any more
   */
  recordOf(role: WorkerRecord['role'], worker: string, isDead: boolean): WorkerRecord {
    const known = this.records.get(worker);
    if (known !== undefined) return known;
    const journal = this.journalOf(worker);
    const record: WorkerRecord =
      role === 'producer'
        ? { role, sends: replaySends(journal, this.openLoop), load: unknownLoad, killed: true }
        : {
            role,
            receipts: replayReceipts(journal, this.producers, this.openLoop, this.deck),
            load: unknownLoad,
            killed: true,
          };
    if (isDead) this.records.set(worker, record);
    return record;
  }

  /** How far a producer came that was killed in the middle of a phase. */
  answerOf(worker: string): PhaseAnswer {
    const record = this.recordOf('producer', worker, true);
    if (record.role !== 'producer') throw new Error(`${worker} is no producer`);
    return { sent: record.sends.sent, confirmed: record.sends.confirmedCount, unanswered: 0, stalled: false };
  }

  /** A killed producer's last sends may not be in its journal; those that arrived have been sent. */
  complete(records: readonly WorkerRecord[]): WorkerRecord[] {
    const receipts = records.flatMap((r) => (r.role === 'consumer' ? [r.receipts] : []));
    let producer = 0;
    return records.map((record) => {
      if (record.role !== 'producer') return record;
      const seen = union(receipts.map((r) => r.seen[producer] ?? new Uint32Array()));
      producer++;
      if (record.killed !== true) return record;
      return { ...record, sends: { ...record.sends, sent: Math.max(record.sends.sent, highest(seen) + 1) } };
    });
  }

  /** Every worker's journal by its name; each can be read more than once. */
  all(): ReadonlyMap<string, Iterable<JournalRecord>> {
    return new Map(
      [...this.paths.keys()].map((worker) => [worker, { [Symbol.iterator]: () => this.journalOf(worker) }]),
    );
  }

  remove(): void {
    for (const path of [...this.paths.values()].flat()) rmSync(path, { force: true });
  }
}
