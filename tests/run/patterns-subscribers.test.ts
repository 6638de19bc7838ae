/** Patterns with subscribers, and priorities, as whole runs on the embedded broker; and one that routes wrongly. */
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/results/schema.js';
import { exitCodeOf } from '../../src/run/session.js';
import type { Plan, Scenario } from '../../src/scenario/types.js';
import { faultyAdapter } from '../fixtures/faulty-adapter.js';
import { memoryServer } from '../fixtures/memory-server.js';
import { memoryTarget, planOf } from '../fixtures/plan.js';
import { sessionsOf } from '../fixtures/run-session.js';

const sessions = sessionsOf('patterns');
const memory = memoryServer();
const brief = (change: Partial<Scenario>): Plan => planOf({ messages: 3_000, warmupSeconds: 0.1, ...change });
const run = (change: Partial<Scenario>): Promise<RunRecord> => sessions.one(brief(change), memory());

/** By subscriber: expected, received, lost, unexpected. */
const accounts = ({ subscribers = [] }: RunRecord): number[][] =>
  subscribers.map(({ expected, received, lost, unexpected }) => [expected, received, lost, unexpected]);

const logs = {
  keys: ['info', 'warning', 'error'],
  bindings: [['error'], ['info', 'warning', 'error'], ['info', 'error']],
};

describe('pub-sub', () => {
  it.each([true, false])('gives every subscriber every message, durable: %s', async (durable) => {
    const record = await run({ pattern: { kind: 'pub-sub', durable }, consumers: 3, producers: 2 });
    expect(record.verdict.status).not.toBe('failed');
    expect(accounts(record)).toEqual(Array(3).fill([3_000, 3_000, 0, 0]));
    expect(record.delivery).toMatchObject({ sent: 3_000, confirmed: 3_000, received: 9_000, unique: 9_000, lost: 0 });
    expect(record.delivery).toMatchObject({ unexpected: 0, duplicates: 0, outOfOrder: 0 });
    // Rate in and deliveries out: the same time, three times the messages.
    expect(record.figures!.throughput * record.figures!.measuredSeconds).toBeCloseTo(9_000, 3);
  });

  it('keeps everything for a late subscriber that is durable, and leaves its waiting out of the latency', async () => {
    const record = await run({
      pattern: { kind: 'pub-sub', durable: true },
      consumers: 2,
      messages: 800,
      load: { kind: 'rate', perSecond: 400 },
      lateConsumers: { count: 1, afterSeconds: 0.8 },
    });
    expect(record.joined).toMatchObject([{ consumer: 1 }]);
    expect(accounts(record)).toEqual(Array(2).fill([800, 800, 0, 0]));
    expect(record.latency?.endToEnd.count).toBe(800);
    // The warm-up's messages, which it gets too, belong to no interval of the measured part.
    expect(record.samples.reduce((sum, { perConsumer }) => sum + perConsumer[1]!, 0)).toBeCloseTo(800, -1);
  });

  it('gives a late subscriber that is not durable what comes from then on, and counts exactly that', async () => {
    const record = await run({
      pattern: { kind: 'pub-sub', durable: false },
      consumers: 2,
      messages: 1_200,
      load: { kind: 'rate', perSecond: 400 },
      lateConsumers: { count: 1, afterSeconds: 0.8 },
    });
    const [early, late] = record.subscribers!;
    expect(early).toMatchObject({ expected: 1_200, received: 1_200, lost: 0 });
    expect(late).toMatchObject({ lost: 0, unexpected: 0, late: true });
    expect(late!.expected).toBeGreaterThan(0);
    expect(late!.expected).toBeLessThan(1_200 - 200);
    expect(late!.received).toBeGreaterThanOrEqual(late!.expected);
    // A busy machine may miss the schedule, which is invalid; what was lost would be a failure.
    expect(record.verdict.status).not.toBe('failed');
  });
});

describe('routing', () => {
  it('gives each subscriber the messages of its keys, over several producers', async () => {
    const pattern = { kind: 'routing', durable: false, ...logs } as const;
    const record = await run({ pattern, consumers: 3, producers: 2 });
    expect(accounts(record)).toEqual([
      [1_000, 1_000, 0, 0],
      [3_000, 3_000, 0, 0],
      [2_000, 2_000, 0, 0],
    ]);
    expect(record.verdict.status).not.toBe('failed');
  });

  it('by patterns gives each subscriber what matches, once', async () => {
    const record = await run({
      pattern: {
        kind: 'topics',
        durable: true,
        keys: ['kern.info', 'kern.critical', 'cron.info', 'cron.critical'],
        bindings: [['kern.*'], ['*.critical', 'kern.#'], ['#']],
      },
      consumers: 3,
      messages: 4_000,
    });
    expect(accounts(record)).toEqual([
      [2_000, 2_000, 0, 0],
      [3_000, 3_000, 0, 0],
      [4_000, 4_000, 0, 0],
    ]);
  });

  it('fails when one message goes to the wrong subscriber', async () => {
    const plan = brief({
      targets: [{ ...memoryTarget, adapter: faultyAdapter('misroute', 700) }],
      pattern: { kind: 'routing', durable: false, keys: ['a', 'b'], bindings: [['a'], ['b']] },
      consumers: 2,
      drainSeconds: 1,
    });
    const outcome = await sessions.run(plan, memory());
    const record = outcome.result.runs[0]!;
    expect(record.verdict.status).toBe('failed');
    expect(record.verdict.evidence.join('\n')).toContain('1 confirmed message never arrived');
    expect(record.verdict.evidence.join('\n')).toContain(
      '1 delivery reached a subscriber whose bindings do not ask for it',
    );
    expect(
      accounts(record)
        .map(([, , lost]) => lost)
        .sort(),
    ).toEqual([0, 1]);
    expect(
      accounts(record)
        .map(([, , , unexpected]) => unexpected)
        .sort(),
    ).toEqual([0, 1]);
    expect(exitCodeOf(outcome)).toBe(3);
  });

  it('holds nothing against a subscriber for another one that died', async () => {
    const outcome = await sessions.run(
      brief({
        targets: [{ ...memoryTarget, adapter: faultyAdapter('die-receiving', 700) }],
        pattern: { kind: 'routing', durable: false, keys: ['a', 'b'], bindings: [['a'], ['b']] },
        consumers: 2,
      }),
      memory(),
    );
    const record = outcome.result.runs[0]!;
    expect(record.error).toMatch(/consumer 0 (was killed by SIGKILL|is gone)/);
    expect(record.verdict.status).toBe('invalid');
    expect(record.subscribers!.map(({ consumer, unexpected }) => [consumer, unexpected])).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(record.subscribers![0]!.received).toBe(0);
    expect(record.workers.map(({ role, index }) => `${role} ${index}`)).toEqual(['producer 0', 'consumer 1']);
  });

  it('fails when one subscriber of several misses a message', async () => {
    const record = await run({
      targets: [{ ...memoryTarget, adapter: faultyAdapter('drop', 5) }],
      pattern: { kind: 'pub-sub', durable: false },
      consumers: 2,
      drainSeconds: 1,
    });
    expect(record.verdict.status).toBe('failed');
    expect(accounts(record)).toEqual(Array(2).fill([3_000, 2_999, 1, 0]));
  });
});

describe('priority', () => {
  it('tells latency by level, and order within each', async () => {
    const record = await run({ pattern: { kind: 'priority', weights: [7, 2, 1] }, consumers: 1, prefetch: 1 });
    expect(record.levels?.map(({ priority, endToEnd }) => [priority, endToEnd.count])).toEqual([
      [0, 2_100],
      [1, 600],
      [2, 300],
    ]);
    expect(record.delivery).toMatchObject({ unique: 3_000, lost: 0, outOfOrder: 0 });
    expect(record.subscribers).toBeUndefined();
  });
});
