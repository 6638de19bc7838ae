/**
 * Starts every broker once for the whole test run and hands the tests their addresses. `MQBENCH_<TARGET>_URL` names
 * one that runs already; `MQBENCH_TEST_BROKERS` lists the ones that are wanted, `none` for tests that need no broker.
 * One that `brokers up` left is never used, so that a test run means the same everywhere.
 */
import type { TestProject } from 'vitest/node';
import type { ProvidedContext } from 'vitest';
import type { Endpoint } from '../../src/brokers/adapter.js';
import { messageOf } from '../../src/errors.js';
import { namedServer } from '../../src/servers/endpoint/index.js';
import { startLocalServer } from '../../src/servers/index.js';
import { baseServerIds, type BaseServerId, type ProgressSink, type RunningServer } from '../../src/servers/provider.js';

/** A broker for the tests, or why there is none. */
export type TestBroker =
  | {
      readonly endpoint: Endpoint;
      readonly provider: string;
      readonly versionWarning?: string;
      readonly pids: readonly number[];
    }
  | {
      readonly missing: string;
      /** It was wanted and could not be had. */
      readonly failed?: true;
    };

declare module 'vitest' {
  interface ProvidedContext {
    servers: Readonly<Record<BaseServerId, TestBroker>>;
  }
}

const adapters: Readonly<Record<BaseServerId, string>> = {
  rabbitmq: 'rabbitmq',
  kafka: 'kafka',
  activemq: 'stomp',
  memory: 'memory',
};

const progress: ProgressSink = {
  step(what) {
    process.stderr.write(`${what} …\n`);
    return { update: () => undefined, done: (note) => void process.stderr.write(`${what}: ${note ?? 'done'}\n`) };
  },
};

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const wanted = process.env.MQBENCH_TEST_BROKERS?.split(',') ?? baseServerIds;
  const interrupted = new AbortController();
  const onSignal = () => interrupted.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const started: RunningServer[] = [];
  const stop = async () => {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await Promise.all(started.map((server) => server.stop()));
  };

  const brokers = await Promise.all(
    baseServerIds.map(async (id): Promise<TestBroker> => {
      if (!wanted.includes(id)) return { missing: 'left out by MQBENCH_TEST_BROKERS' };
      try {
        const named = namedServer({ name: id, adapter: adapters[id], url: undefined }, process.env);
        const server = named ?? (await startLocalServer(id, { progress, signal: interrupted.signal }));
        started.push(server);
        const { endpoint, provider, pids, versionWarning } = server;
        return { endpoint, provider, pids, ...(versionWarning === undefined ? {} : { versionWarning }) };
      } catch (error) {
        process.stderr.write(`NOT TESTED: ${id}: ${messageOf(error)}\n`);
        return { missing: messageOf(error), failed: true };
      }
    }),
  );
  if (interrupted.signal.aborted || (process.env.CI === 'true' && brokers.some((broker) => 'failed' in broker))) {
    await stop();
    throw new Error('Not every broker could be started; under CI all of them are tested.');
  }
  project.provide(
    'servers',
    Object.fromEntries(baseServerIds.map((id, at) => [id, brokers[at]])) as ProvidedContext['servers'],
  );
  return stop;
}
