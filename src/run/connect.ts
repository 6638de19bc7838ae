/** Loads an adapter inside a worker and opens its connection, passing on what happens to it. */
import type { Connection } from '../brokers/adapter.js';
import { type Connector, loadConnector } from '../brokers/registry.js';
import { serializeError } from '../errors.js';
import { blame } from './crash.js';
import type { ConnectOptions, EventMessage } from './protocol.js';

/** @throws BrokerError when the broker cannot be reached */
export async function connectAdapter(
  connect: ConnectOptions,
  emit: (event: EventMessage) => void,
): Promise<{ connector: Connector; connection: Connection }> {
  const connector = await loadConnector(connect.adapter);
  const connection = await connector.connect(connect.endpoint, connect.options, {
    clientName: connect.clientName,
    timeoutMs: connect.timeoutMs,
    events: {
      onLost: (error) => emit({ type: 'lost', error: serializeError(blame(error, connect)) }),
      onRetry: (what) => emit({ type: 'incident', what: `the client library retried: ${what}` }),
      onBlocked: (blocked, reason) => emit({ type: 'blocked', blocked, reason }),
    },
  });
  return { connector, connection };
}
