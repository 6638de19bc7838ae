/** What is read from journals about a fault, on courses that are known to the message. */
import { describe, expect, it } from 'vitest';
import { arrivedAfter, courseOf, faultRecords, longestGap, oldRateAfter } from '../../src/faults/course.js';
import type { JournalRecord, RecordKind } from '../../src/faults/journal.js';

const record = (kind: RecordKind, sequence: number, at: number, producer = 0): JournalRecord => ({
  kind,
  producer,
  sequence,
  intended: 0,
  actual: 0,
  at,
  bytes: 100,
  partition: undefined,
  redelivered: false,
});
const ms = 1e6;
const second = 1e9;

/** 100 messages a second for 20 s, confirmed after 1 ms; `arrives` says when each does. */
function course(arrives: (sentAt: number, sequence: number) => number) {
  const sent = Array.from({ length: 2_000 }, (_, i) => i * 10 * ms);
  return courseOf([
    sent.flatMap((at, i) => [record('send', i, at), record('confirm', i, at + ms)]),
    sent.map((at, i) => record('receipt', i, arrives(at, i))),
  ]);
}

describe('a course', () => {
  it('takes the first arrival of a message, whoever got it', () => {
    const { receipts } = courseOf([
      [record('confirm', 0, 5), record('confirm', 0, 6, 1)],
      [record('receipt', 0, 30), record('receipt', 0, 40)],
      [record('receipt', 0, 20), record('receipt', 0, 50, 1)],
    ]);
    expect([...receipts]).toEqual([20, 50]);
  });

  it('takes the first arrival at each subscriber, where each gets every message', () => {
    const apart = courseOf(
      [
        [record('send', 0, 1), record('confirm', 0, 5), record('confirm', 1, 6)],
        [record('receipt', 0, 30), record('receipt', 0, 40), record('receipt', 1, 35)],
        [record('receipt', 1, 50), record('receipt', 0, 20)],
      ],
      true,
    );
    expect([...apart.receipts]).toEqual([20, 30, 35, 50]);
    expect(apart.streams.map((own) => [...own])).toEqual([
      [30, 35],
      [20, 50],
    ]);
    expect(arrivedAfter(apart, 32)).toEqual({ messages: 2, last: 50 });
    // The second one waited from 20 to 50, whatever the first one got meanwhile.
    expect(longestGap(apart, 0, Infinity)).toBe(30);
  });

  it('tells how long until what was confirmed before had arrived', () => {
    // From 10 s on every fourth message that was sent in the second before is held for 3 s.
    const held = course((at, i) =>
      i % 4 === 0 && at >= 9 * second && at < 10 * second ? at + 3 * second : at + 2 * ms,
    );
    const { messages, last } = arrivedAfter(held, 10 * second);
    expect(messages).toBe(25);
    expect(last - 10 * second).toBe(2_960 * ms);
  });

  it('finds the longest gap', () => {
    const stopped = course((at) => (at >= 10 * second && at < 12 * second ? 12 * second + at / 1e6 : at));
    expect(longestGap(stopped, 10 * second, Infinity) / second).toBeCloseTo(2.01, 2);
    expect(longestGap(stopped, 13 * second, Infinity) / ms).toBeCloseTo(10, 3);
  });

  it('tells when the rate was what it had been', () => {
    const steady = course((at) => at);
    expect(oldRateAfter(steady, 0, 10 * second, 20 * second)).toBe(0);
    // Nothing for 2 s, then all at once.
    const stopped = course((at) => (at >= 10 * second && at < 12 * second ? 12 * second + at / 1e6 : at));
    const after = oldRateAfter(stopped, 0, 10 * second, 20 * second)!;
    expect(after / second).toBeGreaterThan(1);
    expect(after / second).toBeLessThanOrEqual(2);
    const never = course((at) => (at >= 10 * second ? at + 30 * second : at));
    expect(oldRateAfter(never, 0, 10 * second, 20 * second)).toBeUndefined();
    // Something else, long after it, is not its doing.
    expect(oldRateAfter(stopped, 0, 5 * second, 20 * second)).toBe(0);
    // Three quarters of the rate for 4 s, but for one second in between.
    const lame = course((at, i) => {
      const since = at - 10 * second;
      const isSlow = since >= 0 && since < 4 * second && Math.floor(since / second) !== 2;
      return isSlow && i % 4 === 0 ? at + 6 * second : at;
    });
    expect(oldRateAfter(lame, 0, 10 * second, 20 * second)! / second).toBeGreaterThan(3.3);
    expect(oldRateAfter(lame, 0, 10 * second, 20 * second)! / second).toBeLessThanOrEqual(4);
    expect(oldRateAfter(steady, 0, 0.2 * second, 20 * second)).toBeUndefined();
  });

  it('looks at a day in which it never was', () => {
    const never = course((at) => (at >= 10 * second ? at + 1e6 * second : at));
    // Looking again at all seconds for each of them would take hours.
    expect(oldRateAfter(never, 0, 10 * second, 86_400 * second)).toBeUndefined();
  });
});

describe('the record of a fault', () => {
  it('has reconnects until the next one, and says of one that never came that it did not', () => {
    const reconnect = (lostAt: number) => ({ worker: 'consumer 0', lostAt, backAt: lostAt + 1, attempts: 1, why: '' });
    const records = faultRecords({
      done: [
        {
          fault: { do: 'kill-producer', at: { kind: 'share', share: 0.9 }, worker: 0 },
          startedAt: undefined,
          endedAt: undefined,
        },
        {
          fault: { do: 'kill-broker', at: { kind: 'after', seconds: 15 } },
          startedAt: 15 * second,
          endedAt: 16 * second,
        },
        {
          fault: { do: 'cut-connection', at: { kind: 'after', seconds: 10 } },
          startedAt: 10 * second,
          endedAt: 10 * second,
        },
      ],
      course: course((at) => at),
      consumers: [],
      reconnects: [reconnect(9 * second), reconnect(11 * second), reconnect(12 * second), reconnect(15 * second)],
      start: 0,
      seconds: (at) => at / second,
    });
    expect(records.map((r) => [r.do, r.startedSeconds, r.endedSeconds, r.reconnects])).toEqual([
      ['cut-connection', 10, 10, 2],
      ['kill-broker', 15, 16, 1],
      ['kill-producer', undefined, undefined, 0],
    ]);
    expect(records[0]).toMatchObject({ what: 'cut every connection', at: 'after 10s', oldRateAfterSeconds: 0 });
    expect(records[2]).toMatchObject({ worker: 0 });
  });
});
