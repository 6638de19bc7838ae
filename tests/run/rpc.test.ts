/** Request and reply in whole runs: every request answered once, by its own reply. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { resultSchema, type RunRecord } from '../../src/results/schema.js';
import { beginResult } from '../../src/results/store.js';
import { exitCodeOf, runSession, type SessionOutcome } from '../../src/run/session.js';
import { resolveTarget } from '../../src/scenario/targets.js';
import type { Scenario } from '../../src/scenario/types.js';
import { startLocalServer } from '../../src/servers/index.js';
import type { RunningServer } from '../../src/servers/provider.js';
import { faultyAdapter, type ReplyFault } from '../fixtures/faulty-replies.js';
import { memoryTarget, planOf } from '../fixtures/plan.js';

let folder: string;
let memory: RunningServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-rpc-'));
  const quiet = { step: () => ({ update: () => undefined, done: () => undefined }) };
  memory = await startLocalServer('memory', { progress: quiet, signal: new AbortController().signal });
});
afterAll(async () => {
  await memory.stop();
  rmSync(folder, { recursive: true, force: true });
});

let drafts = 0;
async function session(change: Partial<Scenario>, server: RunningServer = memory): Promise<SessionOutcome> {
  const plan = planOf({
    pattern: { kind: 'rpc' },
    messages: 5_000,
    consumers: 2,
    load: { kind: 'closed', inFlight: 100 },
    ...change,
  });
  const draft = await beginResult('test', join(folder, `result-${++drafts}`));
  const outcome = await runSession({
    plan,
    servers: new Map([[plan.scenario.targets[0]!.name, server]]),
    missing: [],
    draft,
    commandLine: [],
    signal: new AbortController().signal,
    listener: {
      runBegins: () => undefined,
      runEnds: () => undefined,
      warn: () => undefined,
      stage: () => undefined,
      progress: () => undefined,
    },
  });
  expect(resultSchema.parse(JSON.parse(JSON.stringify(outcome.result)))).toEqual(outcome.result);
  return outcome;
}
async function one(change: Partial<Scenario>, server?: RunningServer): Promise<RunRecord> {
  const { result, error } = await session(change, server);
  expect(error).toBeUndefined();
  return result.runs[0]!;
}

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
  const faulty = (fault: ReplyFault, change: Partial<Scenario> = {}): Promise<SessionOutcome> =>
    session({ targets: [{ ...memoryTarget, adapter: faultyAdapter(fault, 777) }], drainSeconds: 1, ...change });
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

describe.each(['rabbitmq', 'kafka', 'activemq'] as const)('on %s', (name) => {
  it('every call is answered once', async ({ skip }) => {
    const server = inject('servers')[name];
    if ('missing' in server) {
      if (process.env.CI && 'failed' in server) throw new Error(server.missing);
      process.stderr.write(`NOT TESTED: rpc on ${name}: ${server.missing}\n`);
      skip();
      return;
    }
    const running: RunningServer = {
      target: name,
      provider: 'endpoint',
      endpoint: server.endpoint,
      provenance: {},
      pids: [],
      isJvm: false,
      exited: new Promise(() => undefined),
      stop: () => Promise.resolve(),
    };
    const run = await one({ targets: [await resolveTarget(name)], messages: 1_000, producers: 2 }, running);
    expect(run.calls).toEqual({ answered: 1_000, ...whole });
    expect(run.delivery).toMatchObject({ sent: 1_000, unique: 1_000, lost: 0, corrupt: 0 });
  });
});
