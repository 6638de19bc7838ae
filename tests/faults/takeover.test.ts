/** How long until the others had what was a dead consumer's, on journals that are known to the message. */
import { describe, expect, it } from 'vitest';
import { courseOf, faultRecords } from '../../src/faults/course.js';
import type { Fault } from '../../src/faults/fault.js';
import type { JournalRecord } from '../../src/faults/journal.js';
import { type ConsumerJournal, takenOverAfter } from '../../src/faults/takeover.js';

const second = 1e9;

const record = (change: Partial<JournalRecord> & Pick<JournalRecord, 'at'>): JournalRecord => ({
  kind: 'receipt',
  producer: 0,
  sequence: change.at / second,
  intended: 0,
  actual: 0,
  bytes: 100,
  partition: undefined,
  redelivered: undefined,
  ...change,
});

const consumer = (index: number, journal: JournalRecord[], destination = 0): ConsumerJournal => ({
  consumer: index,
  destination,
  journal,
});

/** A message a second from a partition, from one time to another. */
const every = (partition: number, from: number, to: number): JournalRecord[] =>
  Array.from({ length: to - from }, (_, i) => record({ at: (from + i) * second, partition }));

describe('a consumer’s partitions', () => {
  const dead = consumer(0, [...every(0, 0, 11), ...every(3, 0, 11)]);

  it('are taken over when another one has received from each of them', () => {
    const journals = [
      dead,
      consumer(1, [...every(1, 0, 30), ...every(0, 20, 30)]),
      consumer(2, [...every(2, 0, 30), ...every(3, 22, 30)]),
    ];
    expect(takenOverAfter(journals, 0, 10.5 * second, Infinity)).toBe(11.5 * second);
  });

  it('are not taken over while one stands still, or before something else is broken', () => {
    const journals = [dead, consumer(1, [...every(1, 0, 30), ...every(0, 20, 30)])];
    expect(takenOverAfter(journals, 0, 10.5 * second, Infinity)).toBeUndefined();
    expect(takenOverAfter(journals, 1, 10.5 * second, 15 * second)).toBeUndefined();
  });

  it('have nothing to do with another destination’s of the same number', () => {
    const journals = [dead, consumer(1, [...every(0, 0, 30), ...every(3, 0, 30)], 1)];
    expect(takenOverAfter(journals, 0, 10.5 * second, Infinity)).toBeUndefined();
  });
});

describe('without partitions', () => {
  const plain = (at: number, redelivered = false): JournalRecord => record({ at: at * second, redelivered });

  it('the last message that came again counts', () => {
    const journals = [
      consumer(0, [plain(1), plain(2)]),
      consumer(1, [plain(1.5), plain(2.2, true), plain(3), plain(3.5, true), plain(4)]),
    ];
    expect(takenOverAfter(journals, 0, 2 * second, Infinity)).toBe(1.5 * second);
  });

  it('nothing was taken over where nothing came again, or to the one that had it', () => {
    const journals = [consumer(0, [plain(1), plain(5, true)]), consumer(1, [plain(1.5), plain(3)])];
    expect(takenOverAfter(journals, 0, 2 * second, Infinity)).toBeUndefined();
  });
});

it('the record of a fault has it, of consumers alone', () => {
  const consumers = [consumer(0, every(0, 0, 11)), consumer(1, [...every(1, 0, 30), ...every(0, 20, 30)])];
  const at = (seconds: number) => ({ kind: 'after', seconds }) as const;
  const faults: Fault[] = [
    { do: 'kill-consumer', at: at(10.5), worker: 0 },
    { do: 'cut-connection', at: at(25) },
  ];
  const records = faultRecords({
    done: faults.map((fault) => ({
      fault,
      startedAt: fault.at.kind === 'after' ? fault.at.seconds * second : 0,
      endedAt: undefined,
    })),
    course: courseOf(consumers.map(({ journal }) => journal)),
    consumers,
    reconnects: [],
    start: 0,
    seconds: (time) => time / second,
  });
  expect(records.map(({ takenOverSeconds }) => takenOverSeconds)).toEqual([9.5, undefined]);
});
