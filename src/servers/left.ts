/** What `mqbench brokers up` leaves running, remembered in a file for each server, private to the user. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { z } from 'zod';
import { BrokerError } from '../errors.js';
import { serverIds, type RunningServer, type ServerId } from './provider.js';
import { supervisedFaults } from './supervised/outage.js';
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
  supervisor: z.object({ pid: z.number(), identity: z.string(), folder: z.string(), marker: z.string() }),
  startedAt: z.iso.datetime(),
});

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
    supervisor: { ...server.supervisor, identity },
    startedAt: new Date().toISOString(),
  };
  await mkdir(runningFolder(env), { recursive: true, mode: 0o700 });
  const file = recordFile(id, env);
  await writeFile(`${file}.tmp`, JSON.stringify(record, null, 2), { mode: 0o600 });
  await rename(`${file}.tmp`, file);
  await server.detach();
  return record;
}

/** What is remembered of a server, whether it still runs or not; undefined when there is nothing readable. */
export async function readLeft(id: ServerId, env: NodeJS.ProcessEnv): Promise<LeftServer | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(recordFile(id, env), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Whether the very process that was left still runs; a stranger with the same id does not count. */
export async function stillRuns(left: LeftServer): Promise<boolean> {
  return (await processIdentity(left.supervisor.pid)) === left.supervisor.identity;
}

/** Ends a left server, if it still runs, and forgets it. */
export async function endLeft(left: LeftServer, env: NodeJS.ProcessEnv): Promise<void> {
  await stopLeft(left.supervisor);
  await rm(recordFile(left.id, env), { force: true });
}

/** Whether a left server answers in its protocol, within 3 s. */
export async function answers(left: LeftServer): Promise<boolean> {
  return probe(left, AbortSignal.timeout(3_000)).then(
    () => true,
    () => false,
  );
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
      folder: left.supervisor.folder,
      probe: (signal) => probe(left, signal),
      pids,
    }),
    stop: async () => undefined,
  };
}
