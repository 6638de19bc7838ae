/**
 * Faults on real brokers: whatever happens, nothing that was confirmed is lost. By default the death of a consumer, on
 * the brokers that all tests share; with MQBENCH_TEST_LONG=1 every fault, on brokers that may be ended.
 */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { loadAdapter } from '../../src/brokers/registry.js';
import type { Fault } from '../../src/faults/fault.js';
import { faultText } from '../../src/faults/text.js';
import type { RunRecord } from '../../src/results/schema.js';
import type { Scenario, Target } from '../../src/scenario/types.js';
import { startLocalServer } from '../../src/servers/index.js';
import type { RunningServer } from '../../src/servers/provider.js';
import { asEndpoint } from '../fixtures/as-endpoint.js';
import { planOf } from '../fixtures/plan.js';
import { sessionsOf } from '../fixtures/run-session.js';
import { contextWith } from '../servers/helpers.js';

const ids = ['rabbitmq', 'kafka', 'activemq'] as const;
type Id = (typeof ids)[number];
const shared = inject('servers');
const there = ids.filter((id) => 'endpoint' in shared[id] && shared[id].provider === 'local');
const isLong = process.env['MQBENCH_TEST_LONG'] === '1';

const sessions = sessionsOf('faults');

async function targetOf(id: Id): Promise<Target> {
  const adapter = id === 'activemq' ? 'stomp' : id;
  const options = (await loadAdapter(adapter)).options.parse({});
  return { name: id, adapter, server: undefined, url: undefined, options: options as Record<string, unknown> };
}

function sharedServer(id: Id): RunningServer {
  const broker = shared[id];
  if (!('endpoint' in broker)) throw new Error(`no ${id}`);
  return asEndpoint(id, broker.endpoint);
}

async function broken(id: Id, server: RunningServer, faults: readonly Fault[], change: Partial<Scenario> = {}) {
  const plan = planOf({
    targets: [await targetOf(id)],
    messages: undefined,
    durationSeconds: 8,
    load: { kind: 'rate', perSecond: 200 },
    drainSeconds: 60,
    faults,
    ...change,
  });
  const { result, error } = await sessions.run(plan, server);
  expect(error).toBeUndefined();
  const [run] = result.runs;
  expect(run).toMatchObject({ complete: true, delivery: { corrupt: 0, foreign: 0 } });
  expect(run?.faults?.map(({ startedSeconds }) => startedSeconds)).not.toContain(undefined);
  if (process.env['MQBENCH_TEST_SHOW'] !== undefined)
    console.log(
      id,
      JSON.stringify(
        { faults: run!.faults, delivery: run!.delivery, reconnects: run!.reconnects, verdict: run!.verdict },
        null,
        1,
      ),
    );
  return run as RunRecord;
}

const at = { kind: 'share', share: 0.3 } as const;
const death: Fault = { do: 'kill-consumer', at, worker: 0 };

describe('a consumer that is killed in the middle of a work queue', () => {
  it.concurrent.for(ids)('on %s: nothing is lost', async (id, { skip }) => {
    skip(!there.includes(id), `no local ${id} in this test run`);
    const run = await broken(id, sharedServer(id), [death], { durationSeconds: 3 });
    expect(run.delivery).toMatchObject({ confirmed: 600, unconfirmed: 0, lost: 0 });
    expect(run.verdict.status).toBe('ok');
    // Kafka waits for the dead member's session; the others see its connection end.
    const { takenOverSeconds } = run.faults![0]!;
    if (id === 'kafka') expect(takenOverSeconds).toBeGreaterThan(1);
    else expect(takenOverSeconds ?? 0).toBeLessThan(60);
  });
});

const everyFault: readonly Fault[] = [
  death,
  { do: 'pause-consumer', at, worker: 0, forSeconds: 3 },
  { do: 'pause-consumer', at, worker: 0, forSeconds: 15 },
  { do: 'kill-producer', at, worker: 0 },
  { do: 'restart-broker', at },
  { do: 'kill-broker', at },
  { do: 'kill-broker', at, forSeconds: 5 },
  { do: 'pause-broker', at, forSeconds: 5 },
  { do: 'cut-connection', at },
  { do: 'delay', at, latencySeconds: 0.05, forSeconds: 2 },
  { do: 'throttle', at, bytesPerSecond: 20_000, forSeconds: 2 },
];

/** That it was felt: a fault that does nothing would lose nothing either. */
function expectHappened(fault: Fault, run: RunRecord, before: readonly number[], after: readonly number[]): void {
  const [record] = run.faults!;
  const { do: kind, forSeconds = 0 } = fault;
  const broken = kind === 'restart-broker' || kind === 'kill-broker';
  expect(after).toHaveLength(1);
  if (broken) expect(after).not.toEqual(before);
  else expect(after).toEqual(before);
  if (broken || kind === 'cut-connection') expect(record!.reconnects).toBeGreaterThanOrEqual(1);
  if (kind === 'kill-consumer' || kind === 'kill-producer')
    // A durable subscriber comes back.
    expect(record!.endedSeconds !== undefined || run.workers.some(({ killed }) => killed === true)).toBe(true);
  if (kind === 'pause-broker') expect(record!.longestGapSeconds).toBeGreaterThan(forSeconds / 2);
  if (kind === 'pause-consumer')
    expect(record!.endedSeconds! - record!.startedSeconds!).toBeGreaterThan(forSeconds - 0.1);
  if (kind === 'delay') expect(run.latency!.endToEnd.maxMs).toBeGreaterThanOrEqual(fault.latencySeconds! * 2_000);
}

describe.skipIf(!isLong)('every fault', () => {
  describe.for(ids)('on %s', (id) => {
    let server: RunningServer | undefined;
    beforeAll(async () => {
      if (there.includes(id)) server = await startLocalServer(id, contextWith());
    });
    afterAll(() => server?.stop());

    it.for(everyFault.map((fault) => [faultText(fault), fault] as const))(
      '%s: nothing that was confirmed is lost',
      { timeout: 300_000 },
      async ([, fault], { skip }) => {
        if (server === undefined) return skip(`no local ${id} in this test run`);
        const before = [...server.pids];
        const run = await broken(id, server, [fault], { producers: fault.do === 'kill-producer' ? 2 : 1 });
        expectHappened(fault, run, before, server.pids);
        expect(run.delivery!.lost).toBe(0);
        expect(run.verdict.status).toBe('ok');
        expect(run.delivery!.unique).toBeGreaterThan(0);
      },
    );

    const subscriberFaults: readonly Fault[] = [{ do: 'kill-consumer', at, worker: 0, forSeconds: 2 }, ...everyFault];
    it.for(subscriberFaults.map((fault) => [faultText(fault), fault] as const))(
      'of durable subscribers, %s: every one of them gets what was confirmed',
      { timeout: 300_000 },
      async ([, fault], { skip }) => {
        if (server === undefined) return skip(`no local ${id} in this test run`);
        const before = [...server.pids];
        const run = await broken(id, server, [fault], {
          pattern: { kind: 'pub-sub', durable: true },
          consumers: 3,
          producers: fault.do === 'kill-producer' ? 2 : 1,
        });
        expectHappened(fault, run, before, server.pids);
        expect(run.delivery).toMatchObject({ lost: 0, unexpected: 0 });
        expect(run.subscribers).toHaveLength(3);
        for (const own of run.subscribers!) expect(own).toMatchObject({ expected: run.delivery!.confirmed, lost: 0 });
        expect(run.verdict.status).toBe('ok');
        if (fault.do === 'kill-consumer') expect(run.faults![0]!.endedSeconds).toBeDefined();
      },
    );

    it.for(['restart-broker', 'kill-broker'] as const)(
      'a filled queue survives %s, durable and persistent',
      { timeout: 300_000 },
      async (kind, { skip }) => {
        if (server === undefined) return skip(`no local ${id} in this test run`);
        const fault: Fault = { do: kind, at: { kind: 'filled' } };
        const filling = { work: 'backlog', messages: 2_000, durationSeconds: undefined, warmupSeconds: 0 } as const;
        const closed = { kind: 'closed', inFlight: 500 } as const;
        const run = await broken(id, server, [fault], { ...filling, load: closed });
        expect(run.delivery).toMatchObject({ confirmed: 2_000, lost: 0 });
        expect(run.verdict.status).toBe('ok');
        const transient = await broken(id, server, [fault], {
          ...filling,
          load: closed,
          guarantee: 'at-most-once',
          drainSeconds: 5,
        });
        expect(transient.delivery!.duplicates).toBe(0);
        // Kafka's log makes no difference between the two; the others keep transient messages in memory.
        expect(transient.delivery!.lost).toBe(id === 'kafka' ? 0 : 2_000);
        expect(transient.verdict.status).toBe('ok');
      },
    );
  });
});
