/** Loads an adapter inside a worker and opens its connection, passing on what happens to it. */
import type { Adapter, Connection } from '../brokers/adapter.js';
import { loadAdapter } from '../brokers/registry.js';
import { serializeError } from '../errors.js';
import type { ConnectOptions, EventMessage } from './protocol.js';

/** @throws BrokerError when the broker cannot be reached */
export async function connectAdapter(
  connect: ConnectOptions,
  emit: (event: EventMessage) => void,
): Promise<{ adapter: Adapter; connection: Connection }> {
  const adapter = await loadAdapter(connect.adapter);
  const connection = await adapter.connect(connect.endpoint, connect.options, {
    clientName: connect.clientName,
    timeoutMs: connect.timeoutMs,
    events: {
      onLost: (error) => emit({ type: 'lost', error: serializeError(error) }),
      onRetry: (what) => emit({ type: 'incident', what: `the client library retried: ${what}` }),
      onBlocked: (blocked, reason) => emit({ type: 'blocked', blocked, reason }),
    },
  });
  return { adapter, connection };
}
