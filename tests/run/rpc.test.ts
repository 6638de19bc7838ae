/** Request and reply in whole runs: every request answered once, by its own reply. */
import { describe, expect, inject, it } from 'vitest';
import type { RunRecord } from '../../src/results/schema.js';
import { exitCodeOf } from '../../src/run/session.js';
import { resolveTarget } from '../../src/scenario/targets.js';
import type { Plan, Scenario } from '../../src/scenario/types.js';
import { asEndpoint } from '../fixtures/as-endpoint.js';
import { faultyAdapter, type ReplyFault } from '../fixtures/faulty-replies.js';
import { memoryServer } from '../fixtures/memory-server.js';
import { memoryTarget, planOf } from '../fixtures/plan.js';
import { type Ran, sessionsOf } from '../fixtures/run-session.js';

const sessions = sessionsOf('rpc');
const memory = memoryServer();
const callsOf = (change: Partial<Scenario>): Plan =>
  planOf({
    pattern: { kind: 'rpc' },
    messages: 5_000,
    consumers: 2,
    load: { kind: 'closed', inFlight: 100 },
    ...change,
  });
const one = (change: Partial<Scenario>): Promise<RunRecord> => sessions.one(callsOf(change), memory());

const whole = { unanswered: 0, duplicates: 0, corrupt: 0, misdirected: 0 };

describe('calls', () => {
  it('are each answered once, over several clients, and timed from when they were to be sent', async () => {
    const run = await one({ producers: 2, sizes: [{ kind: 'uniform', from: 60, to: 300 }] });
    expect(run.calls).toEqual({ answered: 5_000, ...whole });
    expect(run.delivery).toMatchObject({ sent: 5_000, confirmed: 5_000, unique: 5_000, lost: 0, corrupt: 0 });
    const { figures, latency, verdict } = run;
    expect(figures!.throughput).toBeCloseTo(5_000 / figures!.measuredSeconds, 6);
    expect(latency!.endToEnd.count).toBe(5_000);
    expect(verdict.evidence.join()).not.toMatch(/reply|request/);
    // In a closed loop of 200 calls a call takes 200 ÷ rate on average (Little's law), however fast the machine is.
    const expected = 200 / figures!.throughput;
    expect(latency!.endToEnd.meanMs / 1_000 / expected).toBeGreaterThan(0.5);
    expect(latency!.endToEnd.meanMs / 1_000 / expected).toBeLessThan(1.5);
  });

  it('are never more in flight than asked', async () => {
    const run = await one({ load: { kind: 'closed', inFlight: 1 }, messages: 200 });
    expect(run.calls).toEqual({ answered: 200, ...whole });
    // One by one: the calls took no longer together than the run.
    expect((run.latency!.endToEnd.meanMs * 200) / 1_000).toBeLessThanOrEqual(run.figures!.measuredSeconds * 1.01);
  });

  it('keep a fixed rate', async () => {
    const run = await one({ load: { kind: 'rate', perSecond: 500 }, messages: 500, guarantee: 'at-most-once' });
    expect(run.calls).toEqual({ answered: 500, ...whole });
    expect(run.latency!.endToEndService.count).toBe(500);
  });
});

describe('a broker that breaks its promise', () => {
  const faulty = (fault: ReplyFault, change: Partial<Scenario> = {}): Promise<Ran> => {
    const targets = [{ ...memoryTarget, adapter: faultyAdapter(fault, 777) }];
    return sessions.run(callsOf({ targets, drainSeconds: 1, ...change }), memory());
  };
  const run = async (fault: ReplyFault, change: Partial<Scenario> = {}): Promise<RunRecord> =>
    (await faulty(fault, change)).result.runs[0]!;

  it('is caught losing a reply', async () => {
    const outcome = await faulty('drop');
    const record = outcome.result.runs[0]!;
    expect(record.calls).toEqual({ answered: 4_999, ...whole, unanswered: 1 });
    expect(record.delivery).toMatchObject({ unique: 5_000, lost: 0 });
    expect(record.complete).toBe(true);
    expect(record.verdict).toMatchObject({ status: 'failed' });
    expect(record.verdict.evidence[0]).toBe('1 confirmed request never got a reply');
    expect(exitCodeOf(outcome)).toBe(3);
    const permitted = await run('drop', { guarantee: 'at-most-once' });
    expect(permitted.verdict.warnings.join()).toMatch(/1 request never got a reply; at-most-once permits that/);
  });
  it('is caught answering twice', async () => {
    const record = await run('duplicate');
    expect(record.calls).toEqual({ answered: 5_000, ...whole, duplicates: 1 });
    expect(record.verdict.warnings.join()).toMatch(/1 second reply to/);
    expect((await run('duplicate', { guarantee: 'at-most-once' })).verdict.status).toBe('failed');
  });
  it('is caught changing a reply', async () => {
    const record = await run('corrupt');
    expect(record.calls).toEqual({ answered: 5_000, ...whole, corrupt: 1 });
    expect(record.verdict.evidence[0]).toBe('1 reply arrived with changed bytes');
  });
  it('is caught mixing two replies up', async () => {
    const record = await run('swap');
    expect(record.calls).toMatchObject({ misdirected: 2, unanswered: 2 });
    expect(record.verdict.evidence.join()).toMatch(/2 replies came for a request that they do not answer/);
  });
});

describe('on a real broker', () => {
  it.concurrent.for(['rabbitmq', 'kafka', 'activemq'] as const)(
    '%s: every call is answered once',
    async (name, { skip }) => {
      const server = inject('servers')[name];
      if ('missing' in server) {
        if (process.env.CI && 'failed' in server) throw new Error(server.missing);
        process.stderr.write(`NOT TESTED: rpc on ${name}: ${server.missing}\n`);
        skip();
        return;
      }
      const plan = callsOf({ targets: [await resolveTarget(name)], messages: 1_000, producers: 2 });
      const run = await sessions.one(plan, asEndpoint(name, server.endpoint));
      expect(run.calls).toEqual({ answered: 1_000, ...whole });
      expect(run.delivery).toMatchObject({ sent: 1_000, unique: 1_000, lost: 0, corrupt: 0 });
    },
  );
});
