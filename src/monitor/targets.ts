/** Finds the brokers to watch. Nothing is started for it: a broker that does not run is not there. */
import { BrokerError, UsageError } from '../errors.js';
import { builtInTargets } from '../scenario/targets.js';
import { namedServer, urlVariable } from '../servers/endpoint/index.js';
import { asRunning, readLeft, stillRuns } from '../servers/left.js';
import type { RunningServer, ServerChoice } from '../servers/provider.js';
import { brokerAddress } from './clients.js';
import { openSource } from './source.js';
import type { Watched } from './watch.js';

export interface TargetsToWatch {
  /** As named on the command line; none means every one that can be found. */
  readonly names: readonly string[];
  /** Targets that were given an address with the command: looked at also where no name is given. */
  readonly addressed: readonly string[];
  readonly server: ServerChoice;
  readonly env: NodeJS.ProcessEnv;
}

/** The adapter for an address, by how it begins: a target of any name can be watched. */
export function adapterOf(name: string, url: string | undefined): string | undefined {
  const scheme = /^([a-z]+)/.exec(url?.trim().toLowerCase() ?? '')?.[1];
  const bySchemes: Readonly<Record<string, string>> = {
    amqp: 'rabbitmq',
    amqps: 'rabbitmq',
    kafka: 'kafka',
    stomp: 'stomp',
  };
  return bySchemes[scheme ?? ''] ?? builtInTargets.get(name)?.adapter;
}

/**
 * @throws UsageError for a target that nothing is known of, or one that cannot be watched
 * @throws BrokerError when a named target does not run, or none does
 */
export async function findTargets({ names, addressed, server, env }: TargetsToWatch): Promise<Watched[]> {
  const watched: Watched[] = [];
  const mustRun = new Set(names.length === 0 ? addressed : names);
  const found = names.length === 0 ? [...withServersOfTheirOwn(), ...namedInEnvironment(env)] : [];
  for (const name of new Set([...found, ...mustRun])) {
    const adapter = adapterOf(name, env[urlVariable(name)]);
    if (adapter === undefined)
      throw new UsageError(`Nothing says where the broker of target "${name}" is.`, {
        where: `target ${name}`,
        hint: `Set ${urlVariable(name)} to its address, or name one of ${watchable.join(', ')}.`,
      });
    const running = await findServer(name, adapter, server, env);
    const source =
      running &&
      (await openSource({
        adapter,
        endpoint: running.endpoint,
        ours: running.provider !== 'endpoint',
        options: builtInTargets.get(name)?.options ?? {},
      }));
    if (running !== undefined && source !== undefined)
      watched.push({ target: name, source, address: brokerAddress(running.endpoint) });
    else if (mustRun.has(name)) throw running === undefined ? notRunning(name) : notWatchable(name);
  }
  if (watched.length === 0)
    throw new BrokerError('There is no broker to watch.', 'unavailable', {
      hint: `Start some with \`mqbench brokers up\`, or set ${watchable.map(urlVariable).join(', ')}.`,
    });
  return watched;
}

/** Of targets that share a server, the one that it is named after. */
function withServersOfTheirOwn(): string[] {
  return [...builtInTargets].filter(([name, { server }]) => name === server).map(([name]) => name);
}

/** Targets whose address stands in the environment, by the address of a broker: other variables have such names too. */
function namedInEnvironment(env: NodeJS.ProcessEnv): string[] {
  return Object.entries(env).flatMap(([variable, url]) => {
    const [, name] = /^MQBENCH_([A-Z0-9_]+)_URL$/.exec(variable) ?? [];
    const builtIn = [...builtInTargets.keys()].find((target) => urlVariable(target) === variable);
    const target = builtIn ?? name?.toLowerCase();
    return target === undefined || adapterOf('', url) === undefined ? [] : [target];
  });
}

const watchable = ['rabbitmq', 'kafka', 'activemq'] as const;

/** The running server of a target: one that is named, or one that `brokers up` left. */
export async function findServer(
  name: string,
  adapter: string,
  choice: ServerChoice,
  env: NodeJS.ProcessEnv,
): Promise<RunningServer | undefined> {
  if (choice === 'auto' || choice === 'endpoint') {
    const named = namedServer({ name, adapter, url: undefined }, env);
    if (named !== undefined) return named;
  }
  const id = builtInTargets.get(name)?.server;
  if (id === undefined || choice === 'endpoint') return undefined;
  const left = await readLeft(id, env);
  if (left === undefined || (choice !== 'auto' && left.provider !== choice) || !(await stillRuns(left)))
    return undefined;
  return asRunning(left, name);
}

export function notRunning(name: string): BrokerError {
  return new BrokerError(`No ${name} runs that could be looked at.`, 'unavailable', {
    where: `target ${name}`,
    hint: `Start it with \`mqbench brokers up ${name}\`, or set ${urlVariable(name)} to its address.`,
  });
}

function notWatchable(name: string): UsageError {
  return new UsageError(`The broker of target "${name}" has no interface to watch it by.`, {
    where: `target ${name}`,
    hint: `RabbitMQ, Kafka and ActiveMQ can be watched.`,
  });
}
