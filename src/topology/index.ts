/** The way to list what each kind of broker has. */
import type { Endpoint } from '../brokers/adapter.js';
import { activemqTopology } from './activemq.js';
import { kafkaTopology } from './kafka.js';
import { rabbitmqTopology } from './rabbitmq.js';
import type { Topology } from './topology.js';

/**
 * @param broker which one an adapter for several speaks to, as its options say
 * @returns undefined where there is no interface that tells
 */
export function topologyReader(
  adapter: string,
  broker: unknown,
): ((endpoint: Endpoint) => Promise<Topology>) | undefined {
  switch (adapter) {
    case 'rabbitmq':
      return rabbitmqTopology;
    case 'kafka':
      return kafkaTopology;
    case 'stomp':
      if (broker === 'rabbitmq') return rabbitmqTopology;
      return broker === 'artemis' ? undefined : activemqTopology;
    default:
      return undefined;
  }
}
