/** The destination's counters, and what the server is. */
import type { Channel, Connection as ClientConnection } from 'amqplib';
import type { DestinationSpec, DestinationStats, ServerInfo } from '../adapter.js';
import type { Management } from './management.js';
import { lastingQueues } from './topology.js';

/**
 * Ready messages and consumers, exact at this moment (a passive declaration), and totals where the management
 * interface is open. Queues that belong to a subscriber's connection tell nobody else anything.
 */
export async function destinationStats(
  channel: Channel,
  spec: DestinationSpec,
  management: Management | undefined,
  vhost: string,
): Promise<DestinationStats> {
  const queues = lastingQueues(spec);
  const each = await Promise.all(
    queues.map(async (queue): Promise<DestinationStats> => {
      const [now, totals] = await Promise.all([
        channel.checkQueue(queue),
        // A figure more: where it cannot be had just now it is undefined.
        management?.queue(vhost, queue).catch(() => undefined),
      ]);
      return { ...totals, ready: now.messageCount, consumers: now.consumerCount };
    }),
  );
  return each.length === 0 ? {} : each.reduce(add);
}

/** A figure that one of the two does not tell is not told of both. */
function add(one: DestinationStats, other: DestinationStats): DestinationStats {
  const sums: { -readonly [K in keyof DestinationStats]: DestinationStats[K] } = {};
  for (const key of ['ready', 'unacknowledged', 'consumers', 'published', 'acknowledged'] as const) {
    const [a, b] = [one[key], other[key]];
    if (a !== undefined && b !== undefined) sums[key] = a + b;
  }
  return sums;
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
