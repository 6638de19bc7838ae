/** The targets that are there without being defined, and how a variant becomes a target. */
import type { Adapter } from '../brokers/adapter.js';
import { importAdapter, locateAdapter } from '../brokers/external.js';
import { loadAdapter as loadShipped } from '../brokers/registry.js';
import { UsageError } from '../errors.js';
import { suggest } from '../nearest.js';
import type { ServerId } from '../servers/provider.js';
import type { Target } from './types.js';

/** What a target's name stands for. */
export interface KnownTarget {
  readonly adapter: string;
  /** The server that mqbench can bring up for it; undefined where it knows none. */
  readonly server: ServerId | undefined;
  /** Its server runs on a JVM, so the first run after a start is discarded. */
  readonly jvm: boolean;
  /** One line for `mqbench list`; of a variant what it differs in. */
  readonly summary: string;
  /** The built-in target that this is a variant of. */
  readonly variantOf?: string;
  /** Options that differ from the adapter's defaults. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Targets that can be named, by name. */
export type KnownTargets = ReadonlyMap<string, KnownTarget>;

const products: KnownTargets = new Map<string, KnownTarget>([
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

/** A variant says only what differs from its base. */
function variant(variantOf: string, summary: string, difference: Partial<KnownTarget>): KnownTarget {
  const base = products.get(variantOf);
  if (base === undefined) throw new Error(`there is no target ${variantOf} to vary`);
  return { ...base, ...difference, variantOf, summary: `${variantOf}, but ${summary}` };
}

export const builtInTargets: KnownTargets = new Map<string, KnownTarget>([
  ...products,
  ['rabbitmq-quorum', variant('rabbitmq', 'its queues are quorum queues', { options: { queueType: 'quorum' } })],
  [
    'rabbitmq-stomp',
    variant('rabbitmq', 'over STOMP, through its plugin', {
      adapter: 'stomp',
      server: 'rabbitmq-stomp',
      options: { broker: 'rabbitmq' },
    }),
  ],
  ['kafka-acks1', variant('kafka', 'the leader alone confirms (acks=1)', { options: { acks: '1' } })],
  [
    'kafka-idempotent',
    variant('kafka', 'the broker drops repeated batches (one request in flight)', { options: { idempotent: true } }),
  ],
  ['kafka-flush-1', variant('kafka', 'its log is synced to disk after each message', { server: 'kafka-flush-1' })],
  [
    'activemq-periodic-sync',
    variant('activemq', 'its journal is synced to disk once a second', { server: 'activemq-periodic-sync' }),
  ],
  [
    'activemq-artemis',
    variant('activemq', 'ActiveMQ Artemis', { server: 'activemq-artemis', options: { broker: 'artemis' } }),
  ],
]);

/** Whether the server is one that warms up (a JVM). */
export function isJvmServer(server: ServerId | undefined): boolean {
  return [...builtInTargets.values()].some((target) => target.server === server && target.jvm);
}

/** The part of an adapter that reading and planning need. */
export type AdapterFacts = Pick<Adapter, 'options' | 'capabilities'>;
export type LoadAdapter = (id: string) => Promise<AdapterFacts>;

/**
 * The built-in targets, and one for each adapter from elsewhere, under the adapter's id.
 * @param adapters files and packages as `--adapter` gives them, relative to the current folder
 * @throws UsageError when one cannot be loaded or takes a name that is there already
 */
export async function knownTargets(adapters: readonly string[]): Promise<KnownTargets> {
  const known = new Map(builtInTargets);
  for (const written of adapters) {
    const url = locateAdapter(written, process.cwd());
    const adapter = await importAdapter(url);
    const { id } = adapter;
    if (known.has(id))
      throw new UsageError(`The adapter ${written} calls itself "${id}", and there is a target of that name already.`, {
        where: '--adapter',
        hint: 'give it another id, or name the target in a scenario: {name: …, adapter: …}',
      });
    const { name, version } = adapter.client();
    known.set(id, { adapter: url, server: undefined, jvm: false, summary: `${written} (${name} ${version})` });
  }
  return known;
}

/**
 * A known target with its adapter's default options.
 * @throws UsageError when there is none of that name
 */
export async function resolveTarget(
  name: string,
  loadAdapter: LoadAdapter = loadShipped,
  known: KnownTargets = builtInTargets,
): Promise<Target> {
  const builtIn = known.get(name);
  if (!builtIn) throw new UsageError(`There is no target "${name}".`, { hint: suggest(name, [...known.keys()]) });
  const adapter = await loadAdapter(builtIn.adapter);
  const options = adapter.options.safeParse(builtIn.options ?? {});
  if (!options.success) {
    const [issue] = options.error.issues;
    throw new UsageError(
      `The target "${name}" needs an option: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`,
      {
        hint: `name it in a scenario: {name: ${name}, adapter: …, options: {…}}; an adapter should have a default for each`,
      },
    );
  }
  return {
    name,
    adapter: builtIn.adapter,
    server: builtIn.server,
    url: undefined,
    options: options.data as Record<string, unknown>,
  };
}
