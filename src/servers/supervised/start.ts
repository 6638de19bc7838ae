import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrokerError, InterruptedError, messageOf } from '../../errors.js';
import type { RunningServer, StartContext } from '../provider.js';
import { urlVariable } from '../endpoint/index.js';
import type { Command, Launch, Room, ServerKind, Software } from './launch.js';
import { logSize, logTail, saysPortTaken, tellingLine } from './log.js';
import { supervisedFaults } from './outage.js';
import { freePorts } from './ports.js';
import { processIdentity } from './process.js';
import { fileSystemOf, furnish, makeRoom, planRoom, secret } from './room.js';
import { dismiss, type Ending, startSupervisor, supervise, type Supervised } from './supervise.js';
import { probeTimeoutMs, readyTimeoutMs } from './supervision.js';

/** Between two questions whether it is ready, in milliseconds. */
const probeEveryMs = 100;
/** Attempts when somebody else takes a port between our check and the server's bind. */
const portAttempts = 3;

/** A server that runs under our supervisor. */
export interface SupervisedServer extends RunningServer {
  readonly version: string;
  readonly product: string;
  /** What has to be known to end it from another process. */
  readonly supervisor: {
    readonly pid: number;
    readonly folder: string;
    readonly marker: string;
    readonly after: readonly Command[];
  };
  /** Leaves it running when this process ends. */
  detach(): Promise<void>;
}

export interface StartOptions {
  /** Finds ports to use; tests pass ones that are taken. */
  readonly choosePorts?: (count: number) => Promise<readonly number[]>;
  /** Name of the target that the server is for; the server's id by default. */
  readonly target?: string;
}

/**
 * Starts a server under a supervisor and waits until it answers in its protocol.
 * @throws BrokerError when it cannot be had here or does not come up, within two minutes after the download
 * @throws InterruptedError when the signal aborts; nothing is left then
 */
export async function startServer(
  kind: ServerKind,
  context: StartContext,
  options: StartOptions = {},
): Promise<SupervisedServer> {
  const software = await kind.obtain(context);
  const step = context.progress.step(`Starting ${kind.product} ${software.version}`);
  const choosePorts = options.choosePorts ?? freePorts;
  let outcome = 'failed';
  try {
    for (let attempt = 1; ; attempt++) {
      throwIfAborted(context.signal);
      const ports = await choosePorts(kind.ports);
      const server = await attemptStart(kind, software, ports, context, options.target ?? kind.id);
      if ('running' in server) {
        outcome = 'ready';
        return server.running;
      }
      if (!server.portTaken || attempt === portAttempts) throw server.error;
    }
  } finally {
    step.done(outcome);
  }
}

type Attempt = { readonly running: SupervisedServer } | { readonly portTaken: boolean; readonly error: Error };

async function attemptStart(
  kind: ServerKind,
  software: Software,
  ports: readonly number[],
  context: StartContext,
  target: string,
): Promise<Attempt> {
  const room = planRoom(kind.id, ports);
  const supervisor = startSupervisor(room.folder);
  let supervised: Supervised | undefined;
  try {
    await supervisor.claimed;
    await makeRoom(room);
    const launch = software.launch(room);
    await furnish(room, launch);
    const logFile = join(resolve(context.logDir ?? room.folder), `${kind.id}.log`);
    if (context.logDir !== undefined) await mkdir(context.logDir, { recursive: true });
    const logFrom = await logSize(logFile);
    const marker = secret(12);
    const { before, beside, server, after } = launch;
    supervised = supervise(
      {
        ...{ folder: room.folder, logFile, logFrom, marker, before, beside, server, after },
        ...(launch.reach === undefined ? {} : { reach: launch.reach }),
      },
      supervisor,
    );
    const failure = await waitUntilReady(kind, launch, supervised, { logFile, logFrom }, room, context.signal);
    if (failure !== undefined) {
      await supervised.stop();
      return failure;
    }
    return { running: await describe(kind, software, launch, room, { logFile, marker, supervised, target }) };
  } catch (error) {
    await (supervised === undefined ? dismiss(supervisor, room.folder) : supervised.stop());
    throw error;
  }
}

/** Asks until the server answers; undefined when it does. */
async function waitUntilReady(
  kind: ServerKind,
  launch: Launch,
  supervised: Supervised,
  { logFile, logFrom }: { readonly logFile: string; readonly logFrom: number },
  room: Room,
  signal: AbortSignal,
): Promise<Exclude<Attempt, { running: SupervisedServer }> | undefined> {
  let log = '';
  const outcome: { ending?: Ending } = {};
  void supervised.ended.then((ending) => (outcome.ending = ending));
  const deadline = performance.now() + readyTimeoutMs;
  let lastAnswer = 'nothing';
  while (performance.now() < deadline) {
    throwIfAborted(signal);
    if (outcome.ending !== undefined) {
      log = outcome.ending.log;
      return failure(`${kind.product} ended while it was starting (${outcome.ending.reason})`);
    }
    log = await logTail(logFile, logFrom);
    // The answer of a stranger on a port that our server could not get must not count.
    if (saysPortTaken(log)) return failure(`${kind.product} could not get its port`);
    try {
      await launch.probe(AbortSignal.any([signal, AbortSignal.timeout(probeTimeoutMs)]));
      return undefined;
    } catch (error) {
      lastAnswer = messageOf(error);
    }
    await sleep(probeEveryMs);
  }
  return failure(`${kind.product} did not answer within ${readyTimeoutMs / 1000} s (last: ${lastAnswer})`);

  function failure(message: string) {
    const line = tellingLine(log, [room.password, room.username]);
    return {
      portTaken: saysPortTaken(log),
      error: new BrokerError(`${message}${line === undefined ? '' : `: ${line}`}`, 'unavailable', {
        where: saysPortTaken(log)
          ? `port ${room.ports.join(', ')} of 127.0.0.1`
          : `the ${kind.provider} ${kind.id} server`,
        hint: saysPortTaken(log)
          ? 'Another program keeps taking the port; try again.'
          : `Use a server that runs already with ${urlVariable(kind.id)}, or free memory on this machine and try again.`,
      }),
    };
  }
}

async function describe(
  kind: ServerKind,
  software: Software,
  launch: Launch,
  room: Room,
  running: { logFile: string; marker: string; supervised: Supervised; target: string },
): Promise<SupervisedServer> {
  const { supervised } = running;
  const fileSystem = await fileSystemOf(room.folder);
  // What runs in a container is not a child of ours.
  const pids = kind.provider === 'local' ? [await supervised.started] : [];
  return {
    target: running.target,
    provider: kind.provider,
    product: kind.product,
    version: software.version,
    endpoint: launch.endpoint,
    provenance: {
      version: software.version,
      ...software.provenance,
      ...(fileSystem === undefined ? {} : { 'data file system': fileSystem }),
    },
    ...(software.warning === undefined ? {} : { versionWarning: software.warning }),
    pids,
    isJvm: kind.isJvm,
    logFile: running.logFile,
    exited: supervised.ended.then(({ reason }) => ({ reason: `${kind.product} ended unasked (${reason})` })),
    supervisor: { pid: supervised.supervisorPid, folder: room.folder, marker: running.marker, after: launch.after },
    faults: supervisedFaults({
      product: kind.product,
      supervisorPid: supervised.supervisorPid,
      supervisorIdentity: await processIdentity(supervised.supervisorPid),
      folder: room.folder,
      probe: launch.probe,
      pids,
    }),
    stop: () => supervised.stop(),
    detach: () => supervised.detach(),
  };
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new InterruptedError();
}
