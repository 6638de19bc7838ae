/** What `mqbench brokers up` leaves running, remembered in a file for each server, private to the user. */
import { mkdir, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import envPaths from 'env-paths';
import { z } from 'zod';
import { BrokerError } from '../errors.js';
import { assertPrivate } from './private-folder.js';
import { serverIds, type RunningServer, type ServerId } from './provider.js';
import { outageState, supervisedFaults } from './supervised/outage.js';
import { processIdentity } from './supervised/process.js';
import { probeAmqp } from './supervised/probe/amqp.js';
import { probeMemory } from './supervised/probe/memory.js';
import { probeKafka } from './supervised/probe/kafka.js';
import { probeStomp } from './supervised/probe/stomp.js';
import { stopLeft } from './supervised/supervise.js';
import type { SupervisedServer } from './supervised/start.js';

const recordSchema = z.object({
  recordVersion: z.literal(1),
  id: z.enum(serverIds),
  provider: z.enum(['local', 'compose']),
  product: z.string(),
  version: z.string(),
  endpoint: z.object({
    url: z.string(),
    username: z.string().optional(),
    password: z.string().optional(),
    saslMechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
    managementUrl: z.string().optional(),
  }),
  provenance: z.record(z.string(), z.string()),
  versionWarning: z.string().optional(),
  isJvm: z.boolean(),
  pids: z.array(z.number()),
  logFile: z.string().optional(),
  supervisor: z.object({
    // 0 and below would signal whole groups of processes.
    pid: z.int().positive(),
    identity: z.string(),
    folder: z.string(),
    marker: z.string(),
    // Records of before had none.
    after: z
      .array(z.object({ command: z.string(), args: z.array(z.string()), env: z.record(z.string(), z.string()) }))
      .default([]),
  }),
  startedAt: z.iso.datetime(),
});

/**
 * What a step after the server's end may need of the environment of `brokers up`: which engine it was, where the shell
 * that ends it names another. No variable that holds a secret; the rest comes from whoever ends the server.
 */
const engineVariables = new Set([
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_CERT_PATH',
  'DOCKER_TLS',
  'DOCKER_TLS_VERIFY',
  'DOCKER_API_VERSION',
]);

/** A server that `brokers up` left running. */
export type LeftServer = z.infer<typeof recordSchema>;

/** Folder for what is running and its logs: `MQBENCH_CACHE`/running, else below the platform's cache folder. */
export function runningFolder(env: NodeJS.ProcessEnv): string {
  return join(env.MQBENCH_CACHE || envPaths('mqbench', { suffix: '' }).cache, 'running');
}

function recordFile(id: ServerId, env: NodeJS.ProcessEnv): string {
  return join(runningFolder(env), `${id}.json`);
}

/** Remembers a server and lets it live on without this process. */
export async function leave(id: ServerId, server: SupervisedServer, env: NodeJS.ProcessEnv): Promise<LeftServer> {
  const identity = await processIdentity(server.supervisor.pid);
  if (identity === undefined || server.provider === 'endpoint') {
    throw new BrokerError(`${server.product} ended right after it had started.`, 'lost');
  }
  const { url, username, password, saslMechanism, managementUrl } = server.endpoint;
  const record: LeftServer = {
    recordVersion: 1,
    id,
    provider: server.provider,
    product: server.product,
    version: server.version,
    endpoint: { url, username, password, saslMechanism, managementUrl },
    provenance: server.provenance,
    versionWarning: server.versionWarning,
    isJvm: server.isJvm,
    pids: [...server.pids],
    logFile: server.logFile,
    supervisor: {
      ...server.supervisor,
      identity,
      after: server.supervisor.after.map((command) => ({
        command: command.command,
        args: [...command.args],
        env: Object.fromEntries(Object.entries(command.env).filter(([name]) => engineVariables.has(name))),
      })),
    },
    startedAt: new Date().toISOString(),
  };
  await openRunningFolder(env);
  const file = recordFile(id, env);
  await writeFile(`${file}.tmp`, JSON.stringify(record, null, 2), { mode: 0o600 });
  await rename(`${file}.tmp`, file);
  await server.detach();
  return record;
}

/**
 * Creates the folder for what is running, or checks the one that is there.
 * @throws BrokerError `unavailable` when it or the cache folder is not this user's alone
 */
export async function openRunningFolder(env: NodeJS.ProcessEnv): Promise<string> {
  const folder = runningFolder(env);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await assertOurs(folder);
  return folder;
}

/** Whoever may write there decides what is measured, signalled, executed and removed. */
async function assertOurs(running: string): Promise<void> {
  for (const path of [dirname(running), running]) {
    const folder = await realpath(path);
    assertPrivate(folder, await stat(folder));
  }
}

/**
 * What is remembered of a server, whether it still runs or not; undefined when there is nothing readable.
 * @throws BrokerError `unavailable` when others may have written it
 */
export async function readLeft(id: ServerId, env: NodeJS.ProcessEnv): Promise<LeftServer | undefined> {
  const file = recordFile(id, env);
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    await assertOurs(runningFolder(env));
    assertPrivate(file, await handle.stat());
    const left = recordSchema.parse(JSON.parse(await handle.readFile('utf8')));
    // A fault may have started it again since; one in a container has none.
    const now = left.pids.length === 0 ? undefined : await outageState(left.supervisor.folder);
    return now === undefined ? left : { ...left, pids: [now.pid] };
  } catch (error) {
    if (error instanceof BrokerError) throw error;
    return undefined;
  } finally {
    await handle.close();
  }
}

/** Whether the very process that was left still runs; a stranger with the same id does not count. */
export async function stillRuns(left: LeftServer): Promise<boolean> {
  return (await processIdentity(left.supervisor.pid)) === left.supervisor.identity;
}

/** Ends a left server, if it still runs, and forgets it. */
export async function endLeft(left: LeftServer, env: NodeJS.ProcessEnv): Promise<void> {
  await stopLeft(left.supervisor, left.id);
  await rm(recordFile(left.id, env), { force: true });
}

/** Whether a left server answers in its protocol, within 3 s. */
export async function answers(left: LeftServer): Promise<boolean> {
  return probe(left, AbortSignal.timeout(3_000)).then(
    () => true,
    () => false,
  );
}

/** What is wrong with a left server that runs and does not answer. */
export function notAnswering(left: LeftServer): BrokerError {
  return new BrokerError(`The ${left.product} that \`mqbench brokers up\` left running does not answer.`, 'timeout', {
    where: left.endpoint.url,
    hint: `Run \`mqbench brokers down ${left.id}\` and try again.`,
  });
}

/** Asks once, in its protocol; rejects when it does not answer properly. */
function probe(left: LeftServer, signal: AbortSignal): Promise<void> {
  const { hostname, port } = new URL(left.endpoint.url);
  const user = { username: left.endpoint.username ?? '', password: left.endpoint.password ?? '' };
  const kafka = (): Promise<void> =>
    probeKafka(hostname, Number(port), left.endpoint.username === undefined ? undefined : user, undefined, signal);
  const activemq = (): Promise<void> => probeStomp(hostname, Number(port), user, signal);
  const probes: Record<ServerId, () => Promise<void>> = {
    rabbitmq: () => probeAmqp(hostname, Number(port), user, signal),
    'rabbitmq-stomp': () => probeStomp(hostname, Number(port), user, signal, '/'),
    kafka,
    'kafka-flush-1': kafka,
    activemq,
    'activemq-periodic-sync': activemq,
    'activemq-artemis': activemq,
    memory: () => probeMemory({ url: left.endpoint.url, ...user }),
  };
  return probes[left.id]();
}

/** How often a left server is looked at, in milliseconds. */
const watchEveryMs = 1_000;

/** A left server as one that can be measured. Stopping it does nothing: whoever ran `brokers up` runs `brokers down`. */
export function asRunning(left: LeftServer, target: string): RunningServer {
  const { username, password, saslMechanism, managementUrl } = left.endpoint;
  const pids = [...left.pids];
  return {
    target,
    provider: left.provider,
    endpoint: {
      url: left.endpoint.url,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(saslMechanism === undefined ? {} : { saslMechanism }),
      ...(managementUrl === undefined ? {} : { managementUrl }),
    },
    provenance: { ...left.provenance, 'started by': 'mqbench brokers up' },
    ...(left.versionWarning === undefined ? {} : { versionWarning: left.versionWarning }),
    pids,
    isJvm: left.isJvm,
    ...(left.logFile === undefined ? {} : { logFile: left.logFile }),
    exited: new Promise((resolve) => {
      const timer = setInterval(() => {
        void stillRuns(left).then((runs) => {
          if (runs) return;
          clearInterval(timer);
          resolve({ reason: `${left.product} ended` });
        });
      }, watchEveryMs);
      timer.unref();
    }),
    faults: supervisedFaults({
      product: left.product,
      supervisorPid: left.supervisor.pid,
      supervisorIdentity: left.supervisor.identity,
      folder: left.supervisor.folder,
      probe: (signal) => probe(left, signal),
      pids,
    }),
    stop: async () => undefined,
  };
}
