/** Journals: what a worker wrote is read back, and gives the record that it would have handed over. */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalWriter, readJournal } from '../../src/faults/journal.js';
import { JournaledReceipts, JournaledSends, replayReceipts, replaySends } from '../../src/faults/journaled.js';
import { WorkerJournals } from '../../src/faults/worker-journals.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-journal-'));
  file = join(folder, 'a b.journal');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a journal', () => {
  it('is read back as it was written, over several blocks', () => {
    const writer = new JournalWriter(file);
    for (let i = 0; i < 2_500; i++)
      writer.add(
        'receipt',
        i % 3,
        i,
        1,
        2,
        3 + i,
        100 + i,
        i % 2 === 0 ? undefined : i,
        [true, false, undefined][i % 3],
      );
    writer.close();
    const read = [...readJournal(file)];
    expect(read).toHaveLength(2_500);
    read.forEach((record, i) =>
      expect(record).toEqual({
        kind: 'receipt',
        producer: i % 3,
        sequence: i,
        intended: 1,
        actual: 2,
        at: 3 + i,
        bytes: 100 + i,
        partition: i % 2 === 0 ? undefined : i,
        redelivered: [true, false, undefined][i % 3],
      }),
    );
  });

  it('has what was flushed, and not half a record', () => {
    const writer = new JournalWriter(file);
    writer.add('confirm', 0, 7, 1, 2, 3, 0);
    expect([...readJournal(file)]).toEqual([]);
    writer.flush();
    expect([...readJournal(file)]).toHaveLength(1);
    writer.close();
    appendFileSync(file, Buffer.alloc(17, 1));
    expect([...readJournal(file)].map(({ sequence }) => sequence)).toEqual([7]);
    truncateSync(file, readFileSync(file).length - 20);
    expect([...readJournal(file)]).toEqual([]);
  });

  it('is read a block at a time, however large it is', () => {
    const writer = new JournalWriter(file);
    writer.add('confirm', 0, 7, 1, 2, 3, 0);
    writer.close();
    // Nothing on the disk stands behind it; more than a buffer may hold.
    truncateSync(file, 3 * 2 ** 30);
    for (const { sequence } of readJournal(file)) {
      expect(sequence).toBe(7);
      break;
    }
  });

  it('is empty where a worker was killed before it wrote anything', () => {
    expect([...readJournal(join(folder, 'none'))]).toEqual([]);
  });
});

describe('the record of a killed worker', () => {
  it('is that of a living one: consumers', () => {
    const delivery = fc.record({
      producer: fc.nat(2),
      sequence: fc.nat(50),
      partition: fc.option(fc.nat(3), { nil: undefined }),
      redelivered: fc.option(fc.boolean(), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(delivery, { maxLength: 80 }), fc.boolean(), (deliveries, openLoop) => {
        rmSync(file, { force: true });
        const writer = new JournalWriter(file);
        const receipts = new JournaledReceipts(2, openLoop, writer);
        receipts.warmup(500);
        deliveries.forEach(({ producer, sequence, partition, redelivered }, i) =>
          receipts.measured(
            { producer, sequence, intended: 900, actual: 950 },
            1_000 + i,
            partition,
            redelivered,
            100 + i,
          ),
        );
        receipts.foreign = 1;
        receipts.flush();
        writer.close();
        expect(replayReceipts(readJournal(file), 2, openLoop)).toEqual(receipts.record());
      }),
      { numRuns: 50 },
    );
  });

  it('is that of a living one: producers', async () => {
    const writer = new JournalWriter(file);
    const sends = new JournaledSends(true, 0, writer);
    sends.send(false, 100, 110, 50);
    for (let i = 0; i < 10; i++) sends.send(true, 1_000 + i, 1_005 + i, 50);
    for (const i of [0, 1, 2, 5]) sends.confirm(true, i, 1_000 + i, 1_005 + i, 2_000);
    sends.fail(true, new Error('the connection was lost'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(replaySends(readJournal(file), true)).toEqual(sends.record());
    writer.close();
  });

  it('counts as sent whatever arrived, though its journal ends before', () => {
    const journals = new WorkerJournals(join(folder, 'run'), 1, false);
    const sender = new JournalWriter(journals.begin('producer 0').journal);
    sender.add('send', 0, 0, 1, 1, 1, 50);
    sender.add('confirm', 0, 0, 1, 1, 2, 0);
    sender.close();
    const receiver = new JournalWriter(journals.begin('consumer 0').journal);
    for (const sequence of [0, 1, 2]) receiver.add('receipt', 0, sequence, 1, 1, 3 + sequence, 50);
    receiver.close();
    expect(journals.answerOf('producer 0')).toEqual({ sent: 1, confirmed: 1, unanswered: 0, stalled: false });
    const [producer] = journals.complete([
      journals.recordOf('producer', 'producer 0', true),
      journals.recordOf('consumer', 'consumer 0', true),
    ]);
    expect(producer).toMatchObject({ killed: true, sends: { sent: 3, confirmedCount: 1 } });
    journals.remove();
    expect([...journals.all().values()].flatMap((journal) => [...journal])).toEqual([]);
  });

  it('are of all lives of a worker, and the next one takes up what the last one left', () => {
    const journals = new WorkerJournals(join(folder, 'lives'), 1, false);
    const first = journals.begin('consumer 0');
    expect(first.earlier).toEqual([]);
    const receiver = new JournaledReceipts(1, false, new JournalWriter(first.journal));
    const message = (sequence: number) => ({ producer: 0, sequence, intended: 1, actual: 1 });
    for (const sequence of [0, 1, 2]) receiver.measured(message(sequence), 10 + sequence, undefined, false, 50);
    receiver.corrupt = 1;
    receiver.flush();
    // Killed in the middle of a record.
    appendFileSync(first.journal, Buffer.alloc(7, 1));
    expect(journals.recordOf('consumer', 'consumer 0', true)).toMatchObject({ receipts: { unique: 3, corrupt: 1 } });

    const second = journals.begin('consumer 0');
    expect(second.earlier).toEqual([first.journal]);
    const writer = new JournalWriter(second.journal);
    const heir = new JournaledReceipts(1, false, writer);
    for (const path of second.earlier) heir.restore(readJournal(path));
    heir.measured(message(2), 20, undefined, true, 50);
    heir.measured(message(3), 21, undefined, false, 50);
    heir.flush();
    writer.close();
    expect(heir.record()).toMatchObject({ received: 5, unique: 4, redelivered: 1, corrupt: 1, outOfOrder: 0 });
    // The same from the files alone, and what the first one left stands in them once.
    expect(journals.recordOf('consumer', 'consumer 0', true)).toMatchObject({ receipts: heir.record() });
    expect(
      [...journals.all().values()].map((journal) => [...journal].filter((r) => r.kind === 'receipt').length),
    ).toEqual([5]);
    journals.remove();
    expect(existsSync(first.journal) || existsSync(second.journal)).toBe(false);
  });
});
