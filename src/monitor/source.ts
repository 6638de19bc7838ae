/** The way to look at each kind of broker. */
import type { Endpoint } from '../brokers/adapter.js';
import { activemqSource } from './activemq/index.js';
import { KafkaSource } from './kafka/index.js';
import { RabbitmqSource, usualRefreshSeconds } from './rabbitmq/index.js';
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
 * @returns undefined for an adapter whose broker cannot be looked at
 * @throws BrokerError when an address is not one
 */
export function openSource({ adapter, endpoint, ours, options }: SourceSpec): Source | undefined {
  switch (adapter) {
    case 'rabbitmq':
      return new RabbitmqSource(endpoint, ours ? ourRefreshSeconds : usualRefreshSeconds);
    case 'kafka':
      return new KafkaSource(endpoint);
    case 'stomp':
      if (options?.['broker'] === 'rabbitmq')
        return new RabbitmqSource(endpoint, ours ? ourRefreshSeconds : usualRefreshSeconds);
      return options?.['broker'] === 'artemis' ? undefined : activemqSource(endpoint);
    default:
      return undefined;
  }
}
