/**
 * Real brokers that go wrong in the middle of a run, by a proxy in front of them or by what is done to their process.
 * Each run has to end, say what happened, and not take for lost what nobody could look at.
 */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Endpoint } from '../../src/brokers/adapter.js';
import { loadAdapter } from '../../src/brokers/registry.js';
import { BrokerError } from '../../src/errors.js';
import { readResult } from '../../src/results/store.js';
import type { RunStage } from '../../src/run/live.js';
import { exitCodeOf, type SessionOutcome } from '../../src/run/session.js';
import type { Scenario, Target } from '../../src/scenario/types.js';
import type { SupervisedServer } from '../../src/servers/supervised/start.js';
import { asEndpoint } from '../fixtures/as-endpoint.js';
import { edited, startChanged } from '../fixtures/changed-server.js';
import { planOf } from '../fixtures/plan.js';
import { type Proxy, startProxy } from '../fixtures/proxy.js';
import { type Ran, sessionsOf } from '../fixtures/run-session.js';

const ids = ['rabbitmq', 'kafka', 'activemq'] as const;
type Id = (typeof ids)[number];
const shared = inject('servers');
/** One that is left out of this test run, or cannot be had here, is left out here, too. */
const there = ids.filter((id) => 'endpoint' in shared[id] && shared[id].provider === 'local');
const isLong = process.env['MQBENCH_TEST_LONG'] === '1';

const sessions = sessionsOf('bad');
const servers = new Map<Id, SupervisedServer>();
const proxies = new Map<Id, Proxy>();

beforeAll(async () => {
  await Promise.all(
    there.map(async (id) => {
      const proxy = await startProxy();
      proxies.set(id, proxy);
      const server = await startChanged(id, (launch) =>
        // Its clients come back to the address that it names.
        id === 'kafka'
          ? {
              files: edited(
                launch,
                'conf/server.properties',
                /^(advertised\.listeners=.*:)\d+$/m,
                `$1${String(proxy.port)}`,
              ),
            }
          : {},
      );
      servers.set(id, server);
      proxy.target = Number(new URL(server.endpoint.url).port);
    }),
  );
});
afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.stop()));
  await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
});

async function targetOf(id: Id): Promise<Target> {
  const adapter = id === 'activemq' ? 'stomp' : id;
  const options = (await loadAdapter(adapter)).options.parse({}) as Record<string, unknown>;
  return { name: id, adapter, server: undefined, url: undefined, options };
}

async function session(
  id: Id,
  endpoint: Endpoint,
  change: Partial<Scenario>,
  onStage: (stage: RunStage) => void = () => undefined,
): Promise<Ran> {
  const plan = planOf({ targets: [await targetOf(id)], consumers: 2, pauseSeconds: 0, drainSeconds: 5, ...change });
  return sessions.run(plan, asEndpoint(id, endpoint), { listener: { stage: onStage } });
}

function throughProxy(id: Id): { readonly endpoint: Endpoint; readonly proxy: Proxy } {
  const proxy = proxies.get(id)!;
  proxy.reset();
  const { endpoint } = servers.get(id)!;
  return { proxy, endpoint: { ...endpoint, url: endpoint.url.replace(/:\d+/, `:${proxy.port}`) } };
}

/** A run that did not come to its end through the broker's fault: told, partial, exit 6, and nothing called lost. */
function expectBroken(outcome: SessionOutcome, says: RegExp): void {
  const [run] = outcome.result.runs;
  expect(run?.error).toMatch(says);
  expect(run).toMatchObject({ complete: false, verdict: { status: 'invalid' } });
  expect(run?.verdict.evidence.join()).not.toMatch(/never arrived/);
  expect(outcome.result.partial).toBe(true);
  expect(outcome.error).toBeInstanceOf(BrokerError);
  expect((outcome.error as BrokerError).details.hint).toMatch(/\w+ \w+/);
  expect(exitCodeOf(outcome)).toBe(6);
}

const endless = { messages: undefined, durationSeconds: 3_600 };
/** What a run may take beyond the bounds that it has by itself, on a busy machine. Seconds. */
const slack = 120;

/** One broker beside the other, the tests of one after each other: they share its proxy. */
const turns = new Map<Id, Promise<void>>();
async function inTurn(id: Id, work: () => Promise<void>): Promise<void> {
  const mine = (turns.get(id) ?? Promise.resolve()).then(work);
  turns.set(
    id,
    mine.catch(() => undefined),
  );
  await mine;
}

describe('a broker', { timeout: 400_000 }, () => {
  it.concurrent.for(ids)('%s that closes every connection in the measured part', async (id, { skip }) => {
    skip(!there.includes(id), `no local ${id} in this test run`);
    await inTurn(id, async () => {
      const { endpoint, proxy } = throughProxy(id);
      const outcome = await session(id, endpoint, endless, (stage) => {
        if (stage === 'measure') setTimeout(() => proxy.cut(), 1_000);
      });
      expectBroken(outcome, /connection to .*(was|is) lost|lost: |closed/i);
      expect(outcome.result.runs[0]?.delivery?.sent).toBeGreaterThan(0);
      expect(outcome.result.missing.map(({ target }) => target)).toEqual([id]);
      expect(outcome.seconds).toBeLessThan(60 + slack);
      expect((await readResult(outcome.folder)).partial).toBe(true);
    });
  });

  it.concurrent.for(ids)('%s that closes every connection while the queue is drained', async (id, { skip }) => {
    skip(!there.includes(id), `no local ${id} in this test run`);
    await inTurn(id, async () => {
      const { endpoint, proxy } = throughProxy(id);
      const outcome = await session(id, endpoint, { messages: 2_000 }, (stage) => {
        if (stage === 'measure') proxy.holdDeliveries();
        if (stage === 'drain') proxy.cut();
      });
      expectBroken(outcome, /connection to .*(was|is) lost|lost: |closed/i);
      expect(outcome.result.runs[0]?.delivery?.confirmed).toBe(2_000);
      expect(outcome.seconds).toBeLessThan(60 + slack);
    });
  });

  it.concurrent.for(ids)('%s that falls silent while the queue is drained', async (id, { skip }) => {
    skip(!there.includes(id), `no local ${id} in this test run`);
    await inTurn(id, async () => {
      const { endpoint, proxy } = throughProxy(id);
      const outcome = await session(id, endpoint, { messages: 2_000 }, (stage) => {
        if (stage === 'measure') proxy.holdDeliveries();
        if (stage === 'drain') proxy.freeze();
      });
      expectBroken(outcome, /does not answer any more|was lost|is lost/);
      expect(outcome.seconds).toBeLessThan(60 + slack);
    });
  });

  it.concurrent.for(ids)('%s that is stopped for a moment goes on, and the pause is told', async (id, { skip }) => {
    skip(!there.includes(id), `no local ${id} in this test run`);
    await inTurn(id, async () => {
      const server = servers.get(id)!;
      const { endpoint } = throughProxy(id);
      const outcome = await session(
        id,
        endpoint,
        { messages: undefined, durationSeconds: 8, drainSeconds: 60 },
        (stage) => {
          if (stage !== 'measure') return;
          setTimeout(() => signalAll(server, 'SIGSTOP'), 1_000);
          setTimeout(() => signalAll(server, 'SIGCONT'), 6_000);
        },
      );
      expect(outcome.error).toBeUndefined();
      expect(outcome.result.runs[0]).toMatchObject({ complete: true, delivery: { lost: 0 } });
      expect(outcome.result.runs[0]?.verdict.warnings.join()).toMatch(/nothing arrived for \d.*stood still/);
    });
  });

  it.concurrent.for(ids)('%s that is stopped for a minute ends the run in bounded time', async (id, { skip }) => {
    skip(!there.includes(id), `no local ${id} in this test run`);
    skip(!isLong, 'only with MQBENCH_TEST_LONG=1');
    await inTurn(id, async () => {
      const server = servers.get(id)!;
      const { endpoint } = throughProxy(id);
      let waking: NodeJS.Timeout | undefined;
      try {
        const outcome = await session(id, endpoint, endless, (stage) => {
          if (stage !== 'measure') return;
          setTimeout(() => signalAll(server, 'SIGSTOP'), 1_000);
          waking = setTimeout(() => signalAll(server, 'SIGCONT'), 61_000);
        });
        expectBroken(outcome, /does not answer any more|was lost|is lost/);
        expect(outcome.seconds).toBeLessThan(90 + slack);
      } finally {
        clearTimeout(waking);
        signalAll(server, 'SIGCONT');
      }
    });
  });
});

function signalAll(server: SupervisedServer, name: NodeJS.Signals): void {
  for (const pid of server.pids) process.kill(pid, name);
}
