/** Where servers that speak STOMP differ: what they call themselves, names of destinations, headers beyond the protocol. */
import type { StompBroker } from './options.js';

/** One server's ways. */
export interface Dialect {
  readonly broker: StompBroker;
  readonly product: string;
  /** As the server says it; undefined where it does not. */
  readonly version: string | undefined;
  /** The destination header of a queue. */
  queue(name: string): string;
  /** The destination header that makes a queue at its first use. */
  newQueue(name: string): string;
  /** The destination header of a topic; `>` and `*` in it are wildcards. */
  topic(name: string): string;
  /** Headers for SUBSCRIBE that bound what is delivered and not yet acknowledged. */
  prefetchHeaders(prefetch: number): Record<string, number>;
}

const products: Readonly<Record<StompBroker, string>> = {
  activemq: 'Apache ActiveMQ Classic',
  artemis: 'Apache ActiveMQ Artemis',
  rabbitmq: 'RabbitMQ',
};

/** By what the server calls itself. */
const brokers: Readonly<Record<string, StompBroker>> = {
  ActiveMQ: 'activemq',
  'ActiveMQ-Artemis': 'artemis',
  RabbitMQ: 'rabbitmq',
};

/** The window of Artemis is counted in bytes (`consumer-window-size`), which is another thing: it keeps its own. */
const prefetchHeader: Readonly<Record<StompBroker, string | undefined>> = {
  activemq: 'activemq.prefetchSize',
  artemis: undefined,
  rabbitmq: 'prefetch-count',
};

/** For people. */
export function productOf(broker: StompBroker): string {
  return products[broker];
}

/**
 * The dialect behind the `server` header of CONNECTED, which STOMP 1.2 defines as `name/version comment`.
 * ActiveMQ Classic says `ActiveMQ/6.3.1`, Artemis `ActiveMQ-Artemis/2.40.0 …`, RabbitMQ `RabbitMQ/3.10.8`.
 * @returns undefined for a server that is not known
 */
export function dialectOf(serverHeader: string | undefined): Dialect | undefined {
  const [, name = '', version] = /^([^/\s]+)(?:\/(\S+))?/.exec(serverHeader ?? '') ?? [];
  const broker = Object.hasOwn(brokers, name) ? brokers[name] : undefined;
  if (broker === undefined) return undefined;
  const header = prefetchHeader[broker];
  return {
    broker,
    product: products[broker],
    version,
    // RabbitMQ's plugin declares a queue of `/queue/` once a session, and never again when it is gone.
    queue: (queueName) => (broker === 'rabbitmq' ? `/amq/queue/${queueName}` : `/queue/${queueName}`),
    newQueue: (queueName) => `/queue/${queueName}`,
    topic: (topicName) => `/topic/${topicName}`,
    prefetchHeaders: (prefetch): Record<string, number> => (header === undefined ? {} : { [header]: prefetch }),
  };
}
