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
import { deleteDestinations } from '../cli/destinations.js';
import { startChanged } from '../fixtures/changed-server.js';
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
const proxies: Proxy[] = [];

beforeAll(async () => {
  await Promise.all(there.map(async (id) => servers.set(id, await startChanged(id, () => ({})))));
});
afterAll(async () => {
  await Promise.all([...servers.values()].map((server) => server.stop()));
  await Promise.all(proxies.map((proxy) => proxy.close()));
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
  // A shared disk may let a broker that syncs wait for seconds, and that is not what is tried here.
  const plan = planOf({ targets: [await targetOf(id)], consumers: 2, pauseSeconds: 0, drainSeconds: 30, ...change });
  return sessions.run(plan, asEndpoint(id, endpoint), { listener: { stage: onStage } });
}

/** The broker behind a proxy of the test's own: what is done to that is done to no other test. */
async function throughProxy(id: Id): Promise<{ readonly endpoint: Endpoint; readonly proxy: Proxy }> {
  const { endpoint } = servers.get(id)!;
  const proxy = await startProxy();
  proxies.push(proxy);
  const url = new URL(endpoint.url);
  proxy.target = Number(url.port);
  // Kafka's clients would go to the address that the broker names.
  const via = { host: '127.0.0.1', port: proxy.port };
  url.host = `${via.host}:${via.port}`;
  return { proxy, endpoint: { ...endpoint, url: url.href, via } };
}

/** What has to be over at a broker before its process may be stopped: the work of other tests that needs it. */
const using = new Map<Id, Promise<unknown>[]>(ids.map((id) => [id, []]));
async function uses<T>(id: Id, work: Promise<T>): Promise<T> {
  using.get(id)!.push(work.catch(() => undefined));
  return work;
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

// By themselves: whoever tidies up takes what other runs have made, too. ActiveMQ makes a queue again when it is used.
describe('a queue or topic that somebody deletes', { timeout: 400_000 }, () => {
  it.for([
    ['rabbitmq', 'connect'],
    ['rabbitmq', 'measure'],
    // Its client asks for half a minute whether the topic has come back.
    ...(isLong
      ? ([
          ['kafka', 'connect'],
          ['kafka', 'measure'],
        ] as const)
      : []),
  ] as const)('on %s, at "%s", ends the run with the reason', async ([id, when], { skip }) => {
    skip(!there.includes(id), `no local ${id} in this test run`);
    const { endpoint } = servers.get(id)!;
    let over = false;
    let deleting: Promise<string[]> | undefined;
    const deleted = async (): Promise<string[]> => {
      for (;;) {
        const names = await deleteDestinations(id, endpoint);
        if (names.length > 0 || over) return names;
      }
    };
    const outcome = await session(id, endpoint, { ...endless, drainSeconds: 5 }, (stage) => {
      if (stage === when) deleting ??= deleted();
    });
    over = true;
    expect(await deleting).not.toEqual([]);
    expectBroken(outcome, /no queue 'mqbench-|the queue mqbench-\S+ is gone|does not host this topic-partition/);
    expect((outcome.error as BrokerError).details.hint).toMatch(/deleted/);
  });
});

// Side by side: most of it is waiting for bounds to pass.
describe.concurrent('a broker', { timeout: 400_000 }, () => {
  it.for(ids)('%s that falls silent while the queue is drained', async (id, { expect: expects, skip }) => {
    skip(!there.includes(id), `no local ${id} in this test run`);
    const { endpoint, proxy } = await throughProxy(id);
    let fallSilent = (): void => undefined;
    const silent = new Promise<void>((resolve) => (fallSilent = resolve));
    const running = session(id, endpoint, { messages: 2_000, drainSeconds: 15 }, (stage) => {
      if (stage === 'measure') proxy.holdDeliveries();
      if (stage !== 'drain') return;
      proxy.freeze();
      fallSilent();
    });
    await uses(id, Promise.race([silent, running]));
    const outcome = await running;
    expectBroken(outcome, /does not answer any more|was lost|is lost/);
    expects(outcome.seconds).toBeLessThan(60 + slack);
  });

  it.for(ids)('%s that closes every connection in the measured part', async (id, { expect: expects, skip }) => {
    skip(!there.includes(id), `no local ${id} in this test run`);
    const { endpoint, proxy } = await throughProxy(id);
    const running = session(id, endpoint, endless, (stage) => {
      if (stage === 'measure') setTimeout(() => proxy.cut(), 1_000);
    });
    const outcome = await uses(id, running);
    expectBroken(outcome, /connection to .*(was|is) lost|lost: |closed/i);
    expects(outcome.result.runs[0]?.delivery?.sent).toBeGreaterThan(0);
    expects(outcome.result.missing.map(({ target }) => target)).toEqual([id]);
    expects(outcome.seconds).toBeLessThan(60 + slack);
    expects((await readResult(outcome.folder)).partial).toBe(true);
  });

  it.for(ids)('%s that closes every connection while the queue is drained', async (id, { expect: expects, skip }) => {
    skip(!there.includes(id), `no local ${id} in this test run`);
    const { endpoint, proxy } = await throughProxy(id);
    const running = session(id, endpoint, { messages: 2_000 }, (stage) => {
      if (stage === 'measure') proxy.holdDeliveries();
      if (stage === 'drain') proxy.cut();
    });
    const outcome = await uses(id, running);
    expectBroken(outcome, /connection to .*(was|is) lost|lost: |closed/i);
    expects(outcome.result.runs[0]?.delivery?.confirmed).toBe(2_000);
    expects(outcome.seconds).toBeLessThan(60 + slack);
  });

  // These two stop the broker's process: the last ones, and not before the others of the same broker are done with it.
  it.for(ids)(
    '%s that is stopped for a moment goes on, and the pause is told',
    async (id, { expect: expects, skip }) => {
      skip(!there.includes(id), `no local ${id} in this test run`);
      await Promise.all(using.get(id)!);
      const server = servers.get(id)!;
      const change = { messages: undefined, durationSeconds: 8, drainSeconds: 60 };
      const running = session(id, server.endpoint, change, (stage) => {
        if (stage !== 'measure') return;
        setTimeout(() => signalAll(server, 'SIGSTOP'), 1_000);
        setTimeout(() => signalAll(server, 'SIGCONT'), 6_000);
      });
      const outcome = await uses(id, running);
      expects(outcome.error).toBeUndefined();
      expects(outcome.result.runs[0]).toMatchObject({ complete: true, delivery: { lost: 0 } });
      expects(outcome.result.runs[0]?.verdict.warnings.join()).toMatch(/nothing arrived for \d.*stood still/);
    },
  );

  it.for(ids)('%s that is stopped for a minute ends the run in bounded time', async (id, { expect: expects, skip }) => {
    skip(!there.includes(id), `no local ${id} in this test run`);
    skip(!isLong, 'only with MQBENCH_TEST_LONG=1');
    await Promise.all(using.get(id)!);
    const server = servers.get(id)!;
    let waking: NodeJS.Timeout | undefined;
    try {
      // Shorter than the pause: it has to be noticed before it is over.
      const change = { ...endless, drainSeconds: 5 };
      const outcome = await session(id, server.endpoint, change, (stage) => {
        if (stage !== 'measure') return;
        setTimeout(() => signalAll(server, 'SIGSTOP'), 1_000);
        waking = setTimeout(() => signalAll(server, 'SIGCONT'), 61_000);
      });
      expectBroken(outcome, /does not answer any more|was lost|is lost/);
      expects(outcome.seconds).toBeLessThan(90 + slack);
    } finally {
      clearTimeout(waking);
      signalAll(server, 'SIGCONT');
    }
  });
});

function signalAll(server: SupervisedServer, name: NodeJS.Signals): void {
  for (const pid of server.pids) process.kill(pid, name);
}
