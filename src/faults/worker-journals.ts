/** The journals of one run's workers: where they are, and what they say for a worker that cannot. */
import { rmSync } from 'node:fs';
import { highest, union } from '../metrics/bitmap.js';
import type { LoadRecord } from '../metrics/load.js';
import type { PhaseAnswer, WorkerRecord } from '../run/protocol.js';
import { type JournalRecord, readJournal } from './journal.js';
import { replayReceipts, replaySends } from './journaled.js';

/** Of a dead process nobody knows. */
const unknownLoad: LoadRecord = { pid: 0, cpu: 0, loop: 0, rssBytes: 0, memory: { at: [], values: [] } };

export class WorkerJournals {
  private readonly paths = new Map<string, string>();
  /** What the dead left does not change any more. */
  private readonly records = new Map<string, WorkerRecord>();

  /**
   * @param prefix of the files' paths
   * @param openLoop the load has a schedule
   */
  constructor(
    private readonly prefix: string,
    private readonly producers: number,
    private readonly openLoop: boolean,
  ) {}

  pathOf(worker: string): string {
    const path = `${this.prefix}-${worker.replace(' ', '-')}.journal`;
    this.paths.set(worker, path);
    return path;
  }

  /** What a killed worker would have handed over, but for its load. */
  recordOf(role: WorkerRecord['role'], worker: string): WorkerRecord {
    const known = this.records.get(worker);
    if (known !== undefined) return known;
    const journal = readJournal(this.pathOf(worker));
    const record: WorkerRecord =
      role === 'producer'
        ? { role, sends: replaySends(journal, this.openLoop), load: unknownLoad, killed: true }
        : { role, receipts: replayReceipts(journal, this.producers, this.openLoop), load: unknownLoad, killed: true };
    this.records.set(worker, record);
    return record;
  }

  /** How far a producer came that was killed in the middle of a phase. */
  answerOf(worker: string): PhaseAnswer {
    const record = this.recordOf('producer', worker);
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

  /** Every worker's journal. */
  all(): Iterable<Iterable<JournalRecord>> {
    return [...this.paths.values()].map((path) => readJournal(path));
  }

  remove(): void {
    for (const path of this.paths.values()) rmSync(path, { force: true });
  }
}
