/** Whole runs on the embedded broker: real processes, real sockets, exact figures. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeHistogram } from '../../src/metrics/histogram.js';
import type { RunRecord } from '../../src/results/schema.js';
import { readResult } from '../../src/results/store.js';
import { exitCodeOf } from '../../src/run/session.js';
import type { Scenario } from '../../src/scenario/types.js';
import { startLocalServer } from '../../src/servers/index.js';
import { boldAdapter } from '../fixtures/bold-adapter.js';
import { type Fault, faultyAdapter } from '../fixtures/faulty-adapter.js';
import { memoryServer } from '../fixtures/memory-server.js';
import { memoryTarget, planOf } from '../fixtures/plan.js';
import { type Ran, sessionsOf } from '../fixtures/run-session.js';
import { contextWith } from '../servers/helpers.js';

const sessions = sessionsOf('session');
const memory = memoryServer();
const one = (change: Partial<Scenario>): Promise<RunRecord> => sessions.one(planOf(change), memory());

describe('a run', () => {
  it('accounts for every message, and its figures agree with each other', async () => {
    const targets = [{ ...memoryTarget, options: { password: 'secret' } }];
    const { result, folder: at } = await sessions.run(planOf({ messages: 50_000, consumers: 4, targets }), memory(), {
      commandLine: ['run', '--url', 'memory=memory://user:secret@127.0.0.1:1'],
    });
    const run = result.runs[0]!;
    expect(run.delivery).toEqual({
      sent: 50_000,
      confirmed: 50_000,
      unconfirmed: 0,
      received: 50_000,
      unique: 50_000,
      duplicates: 0,
      lost: 0,
      outOfOrder: 0,
      redelivered: 0,
      redeliveredKnown: true,
      corrupt: 0,
      foreign: 0,
    });
    const { figures, latency, share, samples } = run;
    expect(share!.perConsumer.reduce((a, b) => a + b)).toBe(50_000);
    expect(figures!.throughput).toBeCloseTo(50_000 / figures!.measuredSeconds, 6);
    expect(figures!.megabytesPerSecond).toBeCloseTo((figures!.throughput * 100) / 1e6, 9);
    expect(latency!.endToEnd.count).toBe(50_000);
    expect(latency!.publish.count).toBe(50_000);
    expect(decodeHistogram(latency!.endToEnd.hdr).totalCount).toBe(50_000);
    expect(latency!.endToEnd.p50Ms).toBeLessThanOrEqual(latency!.endToEnd.p99Ms);
    expect(latency!.endToEnd.p99Ms).toBeLessThanOrEqual(latency!.endToEnd.maxMs);
    // Intervals are cut at 10 ms, so the warm-up's last bucket may reach into the measured part.
    const measured = samples.filter((s) => s.phase !== 'warmup').reduce((sum, s) => sum + s.received, 0);
    expect(measured).toBeGreaterThan(49_000);
    expect(measured).toBeLessThan(54_000);
    expect(run.workers.map((w) => w.role)).toEqual(['producer', 'consumer', 'consumer', 'consumer', 'consumer']);

    expect(readdirSync(at).sort()).toEqual(['logs', 'result.json', 'samples.csv']);
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  it('sends bodies of exactly the size asked, the smallest possible too', async () => {
    const { result, error } = await sessions.run(planOf({ sizes: [40, 1_000], messages: 2_000 }), memory());
    expect(error).toBeUndefined();
    expect(result.runs).toHaveLength(2);
    for (const run of result.runs) expect(run.delivery).toMatchObject({ unique: 2_000, corrupt: 0 });
  });

  it('keeps several producers apart', async () => {
    const run = await one({ producers: 3, messages: 10_000 });
    expect(run.delivery).toMatchObject({ sent: 10_000, unique: 10_000, lost: 0, duplicates: 0, outOfOrder: 0 });
    expect(run.workers.filter((w) => w.role === 'producer').map((w) => w.messages)).toEqual([3_334, 3_333, 3_333]);
  });

  it('keeps a fixed rate, by duration, counting from the intended time', async () => {
    const run = await one({ load: { kind: 'rate', perSecond: 500 }, messages: undefined, durationSeconds: 1 });
    expect(run.delivery).toMatchObject({ sent: 500, unique: 500 });
    const { endToEnd, endToEndService } = run.latency!;
    expect(endToEnd.p50Ms).toBeGreaterThanOrEqual(endToEndService.p50Ms);
    expect(run.figures!.targetRate).toBe(500);
  });

  it('is invalid at a rate that no producer can keep', async () => {
    const { verdict } = await one({
      load: { kind: 'rate', perSecond: 5_000_000 },
      messages: 50_000,
      warmupSeconds: 0,
    });
    expect(verdict.status).toBe('invalid');
    expect(verdict.evidence.join('\n')).toMatch(/missed its schedule/);
  });

  it('runs under at-most-once and says what that set', async () => {
    const { result } = await sessions.run(planOf({ guarantee: 'at-most-once', messages: 5_000 }), memory());
    expect(result.runs[0]!.delivery).toMatchObject({ sent: 5_000, duplicates: 0 });
    expect(result.targets[0]!.confirmMeans).not.toBe('');
  });
});

describe('an adapter that breaks its promise', () => {
  const faulty = (fault: Fault, change: Partial<Scenario> = {}): Promise<Ran> => {
    const targets = [{ ...memoryTarget, adapter: faultyAdapter(fault, 7_777) }];
    return sessions.run(planOf({ targets, messages: 10_000, ...change }), memory());
  };
  const run = async (fault: Fault, change: Partial<Scenario> = {}): Promise<RunRecord> =>
    (await faulty(fault, change)).result.runs[0]!;

  const large = { messages: 100_000 };

  it('is caught losing one message in 100,000', async () => {
    const outcome = await faulty('drop', { ...large, drainSeconds: 1 });
    const record = outcome.result.runs[0]!;
    expect(record.delivery).toMatchObject({ confirmed: 100_000, unique: 99_999, lost: 1 });
    expect(record.verdict.status).toBe('failed');
    expect(record.verdict.evidence[0]).toMatch(/1 confirmed message never arrived/);
    expect(exitCodeOf(outcome)).toBe(3);
  });
  it('is caught doubling one', async () => {
    const record = await run('duplicate', large);
    expect(record.delivery).toMatchObject({ received: 100_001, unique: 100_000, duplicates: 1 });
    expect((await run('duplicate', { guarantee: 'at-most-once' })).verdict.status).toBe('failed');
  });
  it('is caught changing one bit of one', async () => {
    const record = await run('corrupt', large);
    expect(record.delivery).toMatchObject({ corrupt: 1, lost: 0 });
    expect(record.verdict.status).toBe('failed');
  });
  it('is caught swapping two', async () => {
    // One consumer: order is a promise per producer and consumer.
    const record = await run('swap', { ...large, consumers: 1 });
    expect(record.delivery).toMatchObject({ outOfOrder: 1, lost: 0, duplicates: 0 });
    expect(record.verdict.warnings.join()).toMatch(/1 message out of order/);
  });
  // On a machine that is busy with something else that is the word.
  it('is called what bounded the run where its producer is slow', async () => {
    const { verdict, workers } = await run('slow-send', { messages: 4_000, load: { kind: 'closed', inFlight: 5_000 } });
    expect(verdict).toMatchObject({ status: 'ok', bound: expect.stringMatching(/^(producer|machine)$/) as string });
    expect(workers[0]!.loop).toBeGreaterThan(0.85);
  });
  it('is called what bounded the run where its consumers are slow', async () => {
    const { verdict } = await run('slow-receive', { messages: 4_000, consumers: 1, warmupSeconds: 0 });
    expect(verdict).toMatchObject({ status: 'ok', bound: expect.stringMatching(/^(consumer|machine)$/) as string });
  });
  it('is invalid when its event loop is blocked and the schedule missed', async () => {
    const record = await run('block', {
      load: { kind: 'rate', perSecond: 1_000 },
      messages: undefined,
      durationSeconds: 1,
    });
    expect(record.verdict.status).toBe('invalid');
    expect(record.verdict.evidence[0]).toMatch(/missed its schedule/);
  });
  it('is invalid when a worker dies, and what the others know is kept', async () => {
    const record = await run('die');
    expect(record.complete).toBe(false);
    expect(record.verdict).toMatchObject({ status: 'invalid', bound: 'unknown' });
    expect(record.error).toMatch(/producer 0 was killed by SIGKILL/);
  });
  it('whose producer dies leaves the messages of the others theirs', async () => {
    const record = await run('die', { producers: 2, messages: 20_000, guarantee: 'at-most-once' });
    // What the dead one sent is nobody's duplicate.
    expect(record.delivery).toMatchObject({ duplicates: 0 });
    expect(record.verdict.status).toBe('invalid');
    expect(record.workers.map(({ role, index }) => `${role} ${index}`)).toEqual([
      'producer 1',
      'consumer 0',
      'consumer 1',
    ]);
  });
  it('is waited for until each message is there by its number, where some may have come twice', async () => {
    // With room for all of them the broker alternates strictly, so that the two go to different consumers.
    const record = await run('late', { messages: 9_000, prefetch: 20_000 });
    expect(record.delivery).toMatchObject({ confirmed: 9_000, unique: 9_000, duplicates: 1, lost: 0 });
  });
  it('is invalid when it refuses many messages, with the reason', async () => {
    const record = await run('refuse');
    expect(record.delivery!.unconfirmed).toBe(2_223);
    expect(record.verdict.status).toBe('invalid');
    expect(record.verdict.evidence.join()).toMatch(
      /of 10,000 messages 2,223 were never confirmed \(first reason: refused on purpose\)/,
    );
  });
  it('gets no further than the probe when it refuses that, and says why', async () => {
    const record = await run('refuse-probe');
    expect(record.complete).toBe(false);
    expect(record.error).toMatch(/messages of the probe were not taken: refused on purpose/);
  });
});

describe('a session whose broker has too few nodes for "replicated"', () => {
  const bold = { ...memoryTarget, adapter: boldAdapter() };
  const asked = { messages: 1_000, warmupSeconds: 0, guarantee: 'replicated' } as const;

  it('ends with 6 before anything is measured', async () => {
    const ended = sessions.run(planOf({ ...asked, targets: [bold] }), memory());
    await expect(ended).rejects.toMatchObject({ exitCode: 6, message: /at least 3 brokers; memory has 1/ });
  });
  it('does so too where it may be left out, when there is no other', async () => {
    const ended = sessions.run(planOf({ ...asked, targets: [bold] }), memory(), { goOnWithout: true });
    await expect(ended).rejects.toMatchObject({ exitCode: 6 });
  });
});

describe('a session that is broken off', () => {
  it('after a broken promise still ends with 3', async () => {
    const targets = [{ ...memoryTarget, adapter: faultyAdapter('drop', 7) }];
    const plan = planOf({ targets, messages: 1_000, drainSeconds: 1 });
    const [first] = plan.runs;
    const twice = { ...plan, runs: [first!, { ...first!, order: 2, repetition: 2 }] };
    const own = await startLocalServer('memory', contextWith());
    try {
      const outcome = await sessions.run(twice, own, {
        listener: { runEnds: () => process.kill(own.pids[0]!, 'SIGKILL') },
      });
      expect(outcome.error).toBeDefined();
      expect(outcome.result.runs[0]!.verdict.status).toBe('failed');
      expect(exitCodeOf(outcome)).toBe(3);
    } finally {
      await own.stop();
    }
  });

  it('leaves a partial result that says so, and nothing on the broker', async () => {
    const controller = new AbortController();
    const outcome = await sessions.run(planOf({ messages: undefined, durationSeconds: 60 }), memory(), {
      signal: controller.signal,
      listener: { stage: (stage) => stage === 'measure' && setTimeout(() => controller.abort(), 500) },
    });
    expect(exitCodeOf(outcome)).toBe(130);
    const stored = await readResult(outcome.folder);
    expect(stored).toMatchObject({ partial: true, partialReason: 'interrupted' });
    expect(stored.runs[0]).toMatchObject({ complete: false, verdict: { status: 'invalid' } });
    expect(stored.runs[0]!.delivery!.sent).toBeGreaterThan(0);
  });

  it('names the server that died, keeps what was measured and ends with 6', async () => {
    const own = await startLocalServer('memory', contextWith());
    try {
      const plan = planOf({ messages: undefined, durationSeconds: 60 });
      const outcome = await sessions.run(plan, own, {
        listener: {
          stage: (stage) => stage === 'measure' && setTimeout(() => process.kill(own.pids[0]!, 'SIGKILL'), 500),
        },
      });
      expect(exitCodeOf(outcome)).toBe(6);
      expect(outcome.result.partial).toBe(true);
      expect(outcome.result.missing[0]!.target).toBe('memory');
      expect(outcome.result.runs[0]!.complete).toBe(false);
    } finally {
      await own.stop();
    }
  });
});
