/** One connection: opened within the time limit, closed in good order, its loss told once. */
import {
  AckPolicy,
  jetstream,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { connect, nanos, type NatsConnection } from '@nats-io/transport-node';
import type { ConnectContext, Connection, DestinationSpec, DestinationStats, Endpoint, ServerInfo } from 'mqbench';
import { openConsumer } from './consumer.js';
import { connectError, lostError, requestError } from './errors.js';
import type { NatsOptions } from './options.js';
import { openProducer } from './producer.js';

/** The one durable consumer of a stream, which all of a destination's consumers share. */
export const durable = 'workers';
/** Pending acknowledgements get so long to leave when a connection closes, in milliseconds. */
const flushTimeoutMs = 3_000;
/** JetStream's error code for a stream that is not there. */
const streamNotFound = 10_059;

/** @throws BrokerError absent, refused, protocol or timeout */
export async function openConnection(
  endpoint: Endpoint,
  options: NatsOptions,
  { clientName, timeoutMs, events }: ConnectContext,
): Promise<Connection> {
  const where = new URL(endpoint.url).host;
  let client: NatsConnection;
  try {
    client = await connect({
      servers: where,
      name: clientName,
      timeout: timeoutMs,
      // What mqbench measures must not be repaired behind its back.
      reconnect: false,
      ...(endpoint.username === undefined ? {} : { user: endpoint.username }),
      ...(endpoint.password === undefined ? {} : { pass: endpoint.password }),
      ...(endpoint.tls === undefined ? {} : { tls: endpoint.tls }),
    });
  } catch (error) {
    throw connectError(error, where);
  }
  let manager: JetStreamManager;
  try {
    manager = await jetstreamManager(client, { timeout: timeoutMs });
  } catch (error) {
    await client.close();
    throw requestError(error, where, 'asking for JetStream');
  }
  let closing = false;
  void client.closed().then((reason) => {
    if (!closing) events.onLost(lostError(reason, where));
  });
  const ask = async <T>(what: string, request: Promise<T>): Promise<T> => {
    try {
      return await request;
    } catch (error) {
      throw requestError(error, where, what);
    }
  };

  return {
    async serverInfo(): Promise<ServerInfo> {
      const { version, connect_urls: urls } = client.info ?? {};
      return { product: 'NATS', ...(version === undefined ? {} : { version }), nodes: Math.max(1, urls?.length ?? 1) };
    },

    async createDestination({ name }: DestinationSpec): Promise<void> {
      const stream = { name, subjects: [name], retention: RetentionPolicy.Workqueue, storage: StorageType.File };
      await ask('making a stream', manager.streams.add(stream));
      const consumer = {
        durable_name: durable,
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(options.ackWaitMs),
        max_ack_pending: -1,
      };
      await ask('making a consumer', manager.consumers.add(name, consumer));
    },

    async deleteDestination({ name }: DestinationSpec): Promise<void> {
      try {
        await manager.streams.delete(name);
      } catch (error) {
        if (error instanceof JetStreamApiError && error.code === streamNotFound) return;
        throw requestError(error, where, 'deleting a stream');
      }
    },

    async createProducer(spec) {
      return openProducer(jetstream(client, { timeout: options.publishTimeoutMs }), spec);
    },

    async createConsumer(spec, onMessage) {
      const consumers = jetstream(client, { timeout: timeoutMs }).consumers;
      const consumer = await ask('looking for a consumer', consumers.get(spec.destination.name, durable));
      return openConsumer(client, consumer, spec, onMessage, where);
    },

    async stats({ name }: DestinationSpec): Promise<DestinationStats> {
      const { num_pending: ready, num_ack_pending: unacknowledged } = await ask(
        'asking for figures',
        manager.consumers.info(name, durable),
      );
      const { state } = await ask('asking for figures', manager.streams.info(name));
      return { ready, unacknowledged, published: state.last_seq };
    },

    async close(): Promise<void> {
      if (client.isClosed()) return;
      closing = true;
      // A server that answers has read everything that was sent before.
      let timer: NodeJS.Timeout | undefined;
      const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, flushTimeoutMs)));
      await Promise.race([client.flush().catch(() => undefined), enough]);
      clearTimeout(timer);
      await client.close();
    },

    destroy(): void {
      closing = true;
      // The protocol has no goodbye: this is what a crash looks like to the server.
      void client.close();
    },
  };
}
