/** The targets that are there without being defined, and how a variant becomes a target. */
import type { Adapter } from '../brokers/adapter.js';
import { loadAdapter as loadShipped } from '../brokers/registry.js';
import { UsageError } from '../errors.js';
import { suggest } from '../nearest.js';
import type { ServerId } from '../servers/provider.js';
import type { Target } from './types.js';

/** What a target's name stands for. */
export interface BuiltInTarget {
  readonly adapter: string;
  /** The server that mqbench can bring up for it. */
  readonly server: ServerId;
  /** Its server runs on a JVM, so the first run after a start is discarded. */
  readonly jvm: boolean;
  /** One line for `mqbench list`. */
  readonly summary: string;
}

export const builtInTargets: ReadonlyMap<string, BuiltInTarget> = new Map([
  ['rabbitmq', { adapter: 'rabbitmq', server: 'rabbitmq', jvm: false, summary: 'RabbitMQ over AMQP 0-9-1' }],
  ['kafka', { adapter: 'kafka', server: 'kafka', jvm: true, summary: 'Apache Kafka' }],
  ['activemq', { adapter: 'stomp', server: 'activemq', jvm: true, summary: 'Apache ActiveMQ Classic over STOMP' }],
  [
    'memory',
    {
      adapter: 'memory',
      server: 'memory',
      jvm: false,
      summary: "mqbench's own embedded broker: needs nothing installed, shows the harness's ceiling",
    },
  ],
]);

export const builtInNames: readonly string[] = [...builtInTargets.keys()];

/** Whether the server is one that warms up (a JVM). */
export function isJvmServer(server: ServerId | undefined): boolean {
  return [...builtInTargets.values()].some((target) => target.server === server && target.jvm);
}

/** The part of an adapter that reading and planning need. */
export type AdapterFacts = Pick<Adapter, 'options' | 'capabilities'>;
export type LoadAdapter = (id: string) => Promise<AdapterFacts>;

/**
 * A built-in target with its adapter's default options.
 * @throws UsageError when there is none of that name
 */
export async function resolveTarget(name: string, loadAdapter: LoadAdapter = loadShipped): Promise<Target> {
  const builtIn = builtInTargets.get(name);
  if (!builtIn) throw new UsageError(`There is no target "${name}".`, { hint: suggest(name, builtInNames) });
  const adapter = await loadAdapter(builtIn.adapter);
  return {
    name,
    adapter: builtIn.adapter,
    server: builtIn.server,
    url: undefined,
    options: adapter.options.parse({}) as Record<string, unknown>,
  };
}
