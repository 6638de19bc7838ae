/** Queues: made, deleted, looked at. Each operation has a channel of its own, as an error closes the channel. */
import type { Channel, Connection as ClientConnection } from 'amqplib';
import type { DestinationSpec, DestinationStats, ServerInfo } from '../adapter.js';
import type { Management } from './management.js';
import type { RabbitmqOptions } from './options.js';

/** The kind of queue that a guarantee gets. */
export function queueTypeOf(guarantee: DestinationSpec['guarantee'], options: RabbitmqOptions): 'classic' | 'quorum' {
  return guarantee === 'replicated' ? 'quorum' : options.queueType;
}

/**
 * Declares the queue: durable, since RabbitMQ 4 refuses others that several connections share, and with its type
 * said, since a virtual host can have another default. Messages reach it through the default exchange.
 */
export async function createQueue(channel: Channel, spec: DestinationSpec, options: RabbitmqOptions): Promise<void> {
  await channel.assertQueue(spec.name, {
    durable: true,
    arguments: { 'x-queue-type': queueTypeOf(spec.guarantee, options) },
  });
}

/** Deletes the queue with what is in it; RabbitMQ answers the same when there is none. */
export async function deleteQueue(channel: Channel, spec: DestinationSpec): Promise<void> {
  await channel.deleteQueue(spec.name);
}

/** Ready messages and consumers, exact at this moment (a passive declaration). */
export async function queueStats(channel: Channel, spec: DestinationSpec): Promise<DestinationStats> {
  const { messageCount, consumerCount } = await channel.checkQueue(spec.name);
  return { ready: messageCount, consumers: consumerCount };
}

/**
 * What the server said of itself in the handshake, and how many nodes there are.
 * @param management where open; without it a cluster cannot be told from a single node, and counts as one
 */
export async function serverInfo(
  connection: ClientConnection,
  management: Management | undefined,
): Promise<ServerInfo> {
  const { product, version } = connection.serverProperties;
  return { product, version, nodes: management === undefined ? 1 : await management.nodes() };
}
