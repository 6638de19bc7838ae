/** A connection to the embedded broker, as the adapter contract has it. */
import type { ConnectContext, Connection, Endpoint } from '../adapter.js';
import { assertProducer } from '../../patterns/refusal.js';
import * as admin from './admin.js';
import { capabilities } from './capabilities.js';
import { MemoryConsumer } from './consumer.js';
import { Link } from './link.js';
import type { MemoryOptions } from './options.js';
import { MemoryProducer } from './producer.js';

/** @throws BrokerError absent, refused, protocol or timeout */
export async function openConnection(
  endpoint: Endpoint,
  _options: MemoryOptions,
  context: ConnectContext,
): Promise<Connection> {
  const link = await Link.open(endpoint, context);
  return {
    serverInfo: async () => admin.serverInfo(link),
    createDestination: (spec) => admin.createDestination(link, spec),
    deleteDestination: (spec) => admin.deleteDestination(link, spec.name),
    createProducer: async (spec) => {
      assertProducer(capabilities, spec);
      return MemoryProducer.open(link, spec);
    },
    createConsumer: async (spec, onMessage) => new MemoryConsumer(link, spec, onMessage),
    stats: (spec) => admin.stats(link, spec.name),
    close: () => link.close(),
    destroy: () => link.destroy(),
  };
}
