/** Opens a connection: a STOMP session for the work and, on demand, one for statistics. */
import { randomUUID } from 'node:crypto';
import type { ConnectContext, Connection, Endpoint } from '../adapter.js';
import * as admin from './admin.js';
import { StompConsumer } from './consumer.js';
import { StompProducer } from './producer.js';
import { openSession } from './session.js';
import { Statistics } from './statistics.js';

/** @throws BrokerError absent, refused, protocol or timeout */
export async function connect(endpoint: Endpoint, context: ConnectContext): Promise<Connection> {
  // ActiveMQ refuses a second connection under the same id.
  const id = `${context.clientName}-${randomUUID().slice(0, 8)}`;
  const session = await openSession(endpoint, {
    id,
    timeoutMs: context.timeoutMs,
    onLost: (error) => context.events.onLost(error),
  });
  const statistics = new Statistics(endpoint, `${id}-statistics`);
  return {
    serverInfo: async () => admin.serverInfo(session),
    createDestination: (spec) => admin.createDestination(session, spec.name),
    deleteDestination: (spec) => admin.deleteDestination(session, endpoint, spec.name),
    createProducer: async (spec) => new StompProducer(session, spec),
    createConsumer: async (spec, onMessage) => new StompConsumer(session, spec, onMessage),
    stats: async (spec) => admin.stats(statistics, spec.name),
    close: async () => {
      await Promise.all([session.close(), statistics.close()]);
    },
    destroy: () => {
      session.destroy();
      statistics.destroy();
    },
  };
}
