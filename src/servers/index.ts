/** Gets every target its server: one that a person named, one that `brokers up` left, a container, or our own process. */
import { BrokerError, InterruptedError, messageOf, MqbenchError } from '../errors.js';
import type { Target } from '../scenario/types.js';
import { missingEngine } from './compose/engine.js';
import { composeKind } from './compose/index.js';
import { namedServer, urlVariable } from './endpoint/index.js';
import { answers, asRunning, endLeft, notAnswering, readLeft, stillRuns } from './left.js';
import { localKinds } from './local/index.js';
import { trace } from '../trace.js';
import { withProcesses } from './processes/find.js';
import type { RunningServer, ServerChoice, ServerId, StartContext } from './provider.js';
import type { ServerKind } from './supervised/launch.js';
import { startServer } from './supervised/start.js';

export { startLocalServer } from './local/index.js';
export { rabbitmqWarning } from './versions.js';

export interface AcquireContext extends StartContext {
  /** Where `MQBENCH_<TARGET>_URL` and `MQBENCH_CACHE` are looked up. */
  readonly env: NodeJS.ProcessEnv;
}

/** A target whose server cannot be had. */
export interface MissingServer {
  readonly target: string;
  /** One sentence, without secrets. */
  readonly reason: string;
  readonly error: MqbenchError;
}

export interface AcquiredServers {
  /** By target name. Targets that need the same server share it. */
  readonly servers: ReadonlyMap<string, RunningServer>;
  /** One for each target that was asked for, in that order; two targets of one name may differ in their server. */
  readonly inOrder: readonly (RunningServer | undefined)[];
  readonly missing: readonly MissingServer[];
  /** Ends everything that was started for this. Idempotent; no error when something is gone already. */
  readonly stopAll: () => Promise<void>;
}

/**
 * Gets a server for each target, all at the same time; targets that need the same server share it.
 * @throws UsageError when an address given by a person is not one
 * @throws InterruptedError when the signal aborts; whatever was started is ended then
 */
export async function acquireServers(
  targets: readonly Target[],
  choice: ServerChoice,
  context: AcquireContext,
): Promise<AcquiredServers> {
  const servers = new Map<string, RunningServer>();
  const missing: MissingServer[] = [];
  const started = new Map<ServerId, Promise<RunningServer>>();
  let stopping: Promise<void> | undefined;
  const stopAll = (): Promise<void> =>
    (stopping ??= (async () => {
      const all = await Promise.allSettled([...started.values()]);
      await Promise.all(all.flatMap((one) => (one.status === 'fulfilled' ? [one.value.stop()] : [])));
      if (all.length > 0) trace('servers are stopped');
    })());
  // Addresses first: a mistake in one is told before anything is downloaded or started.
  const named =
    choice === 'auto' || choice === 'endpoint' ? targets.map((target) => namedServer(target, context.env)) : [];
  const kindOf = kindChooser(choice);

  const outcomes = await Promise.allSettled(
    targets.map(async (target, at) => {
      const existing = named[at];
      if (existing !== undefined) {
        const located = await withProcesses(existing);
        trace(`${target.name}: uses ${located.endpoint.url}, which is named${processesOf(located)}`);
        return located;
      }
      if (choice === 'endpoint' || target.server === undefined) throw unnamed(target);
      const id = target.server;
      const server = started.get(id) ?? obtain(id, choice, kindOf, context);
      started.set(id, server);
      const running = await server;
      trace(`${target.name}: ${running.provider} server at ${running.endpoint.url}${processesOf(running)}`);
      return { ...running, target: target.name };
    }),
  );
  for (const [at, outcome] of outcomes.entries()) {
    const target = targets[at]?.name ?? '';
    if (outcome.status === 'fulfilled') servers.set(target, outcome.value);
    else if (outcome.reason instanceof MqbenchError && !(outcome.reason instanceof InterruptedError)) {
      missing.push({ target, reason: messageOf(outcome.reason), error: outcome.reason });
    } else {
      await stopAll();
      throw outcome.reason;
    }
  }
  if (context.signal.aborted) {
    await stopAll();
    throw new InterruptedError();
  }
  const inOrder = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : undefined));
  return { servers, inOrder, missing, stopAll };
}

/** Which way a server is started; Docker is asked at most once, and only when something needs it. */
export function kindChooser(choice: ServerChoice): (id: ServerId) => Promise<ServerKind> {
  let engine: Promise<string | undefined> | undefined;
  return async (id) => {
    // The embedded broker is a part of mqbench; there is no container of it.
    if (choice === 'local' || id === 'memory') return localKinds[id];
    const lacking = await (engine ??= missingEngine());
    if (lacking === undefined) return composeKind(id);
    if (choice === 'auto') return localKinds[id];
    throw new BrokerError(`There is no Docker to run ${localKinds[id].product}: ${lacking}.`, 'unavailable', {
      where: '--server compose',
      hint: 'Start Docker, or use --server local.',
    });
  };
}

/** One that `brokers up` left where it fits, else a new one. */
async function obtain(
  id: ServerId,
  choice: ServerChoice,
  kindOf: (id: ServerId) => Promise<ServerKind>,
  context: AcquireContext,
): Promise<RunningServer> {
  const left = await readLeft(id, context.env);
  if (left !== undefined && (choice === 'auto' || left.provider === choice)) {
    if (!(await stillRuns(left))) await endLeft(left, context.env);
    else if (await answers(left)) return withProcesses(asRunning(left, id));
    else throw notAnswering(left);
  }
  return withProcesses(await startServer(await kindOf(id), context));
}

function processesOf({ pids }: RunningServer): string {
  return pids.length === 0 ? '' : `, processes ${pids.join(', ')}`;
}

function unnamed(target: Target): BrokerError {
  return new BrokerError(`Nothing says where the server of target ${target.name} is.`, 'unavailable', {
    where: `target ${target.name}`,
    hint: `Set ${urlVariable(target.name)} or \`url\` in the scenario${target.server === undefined ? '' : ', or use --server local'}.`,
  });
}
