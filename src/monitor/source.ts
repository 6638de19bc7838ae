/** The way to look at each kind of broker. */
import type { Endpoint } from '../brokers/adapter.js';
import { refreshSeconds as ourRefreshSeconds } from '../servers/config/rabbitmq.js';
import type { Source } from './sample.js';

export interface SourceSpec {
  /** The adapter that speaks to this broker. */
  readonly adapter: string;
  readonly endpoint: Endpoint;
  /** Whether mqbench configured the broker itself, and so knows how often it refreshes its figures. */
  readonly ours: boolean;
  /** The adapter's options: the STOMP adapter's say which broker it speaks to. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/**
 * Loads what speaks to that broker and nothing else: each takes its time.
 * @returns undefined for an adapter whose broker cannot be looked at
 * @throws BrokerError when an address is not one
 */
export async function openSource({ adapter, endpoint, ours, options }: SourceSpec): Promise<Source | undefined> {
  switch (adapter) {
    case 'rabbitmq':
      return rabbitmqSource(endpoint, ours);
    case 'kafka': {
      const { KafkaSource } = await import('./kafka/index.js');
      return new KafkaSource(endpoint);
    }
    case 'stomp':
      if (options?.['broker'] === 'rabbitmq') return rabbitmqSource(endpoint, ours);
      if (options?.['broker'] === 'artemis') return undefined;
      return (await import('./activemq/index.js')).activemqSource(endpoint);
    default:
      return undefined;
  }
}

async function rabbitmqSource(endpoint: Endpoint, ours: boolean): Promise<Source> {
  const { RabbitmqSource, usualRefreshSeconds } = await import('./rabbitmq/index.js');
  return new RabbitmqSource(endpoint, ours ? ourRefreshSeconds : usualRefreshSeconds);
}
