/** The management API's answers as readings. Pure; names are those of RabbitMQ's HTTP API reference. */
import { z } from 'zod';
import type { Counters, DestinationReading, NodeReading } from '../sample.js';

/**
 * A figure that is not told, or not as a number: RabbitMQ writes what it has not gathered yet as an empty list or a
 * text, and the next sample has it.
 */
const figure = z.number().optional().catch(undefined);

/** A list without the objects of which RabbitMQ has gathered nothing yet: it writes an empty list for each. */
const gathered = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (list) => (Array.isArray(list) ? list.filter((one) => !Array.isArray(one) || one.length > 0) : list),
    z.array(item),
  );

/** Empty (also as a list) until something happened. */
const messageStats = z
  .object({ publish: figure, deliver_get: figure, deliver_no_ack: figure, get_no_ack: figure, ack: figure })
  .optional()
  .catch(undefined);

export const overviewSchema = z.object({
  rabbitmq_version: z.string(),
  message_stats: messageStats,
  object_totals: z.object({ connections: figure, queues: figure }).optional().catch(undefined),
});
export type Overview = z.infer<typeof overviewSchema>;

export const nodesSchema = gathered(
  z.object({
    name: z.string(),
    running: z.boolean().default(true),
    mem_used: figure,
    mem_limit: figure,
    mem_alarm: z.boolean().optional().catch(undefined),
    disk_free: figure,
    disk_free_limit: figure,
    disk_free_alarm: z.boolean().optional().catch(undefined),
  }),
);

export const queueSchema = z.object({
  name: z.string(),
  vhost: z.string(),
  state: z.string().optional().catch(undefined),
  idle_since: z.string().optional().catch(undefined),
  messages: figure,
  messages_ready: figure,
  messages_unacknowledged: figure,
  consumers: figure,
  memory: figure,
  message_stats: messageStats,
});

/** One page of `/api/queues`. */
export const queuePageSchema = z.object({
  items: gathered(queueSchema),
  page_count: z.number(),
  filtered_count: z.number(),
});

export const connectionPageSchema = z.object({
  items: gathered(z.object({ state: z.string().optional().catch(undefined) })),
  /** Connections on all pages. */
  total_count: z.number().catch(0),
});

/** What the queries ask for, so that RabbitMQ neither gathers nor sends the rest. */
export const queueColumns =
  'name,vhost,state,idle_since,messages,messages_ready,messages_unacknowledged,consumers,memory,message_stats';
export const nodeColumns = 'name,running,mem_used,mem_limit,mem_alarm,disk_free,disk_free_limit,disk_free_alarm';
export const overviewColumns = 'rabbitmq_version,message_stats,object_totals.connections,object_totals.queues';

export function countersOf(stats: z.infer<typeof messageStats>): Counters {
  // Nothing in `message_stats` yet: nothing has happened, so the counters are 0.
  const { publish = 0, deliver_get = 0, deliver_no_ack = 0, get_no_ack = 0, ack = 0 } = stats ?? {};
  return { in: publish, delivered: deliver_get, acknowledged: ack + deliver_no_ack + get_no_ack };
}

export function queueOf(queue: z.infer<typeof queueSchema>): DestinationReading {
  const { name, vhost, messages_ready: ready, messages_unacknowledged: unacknowledged } = queue;
  const total = queue.messages;
  // RabbitMQ's own console calls a queue idle that has `idle_since`.
  const state = queue.state === 'running' && queue.idle_since !== undefined ? 'idle' : queue.state;
  return {
    name,
    kind: 'queue',
    ...(vhost === '/' ? {} : { vhost }),
    ...(state === undefined ? {} : { state }),
    ...(ready === undefined ? {} : { ready }),
    ...(unacknowledged === undefined ? {} : { unacknowledged }),
    ...(total === undefined ? {} : { total }),
    ...(queue.consumers === undefined ? {} : { consumers: queue.consumers }),
    ...(queue.memory === undefined ? {} : { memoryBytes: queue.memory }),
    counters: countersOf(queue.message_stats),
  };
}

export function nodesOf(nodes: z.infer<typeof nodesSchema>, connections: number | undefined): NodeReading[] {
  return nodes.map((node, at) => ({
    name: node.name,
    running: node.running,
    // RabbitMQ counts connections for the cluster; they are shown with its first node.
    ...(at === 0 && connections !== undefined ? { connections } : {}),
    ...(node.mem_used === undefined ? {} : { memoryBytes: node.mem_used }),
    ...(node.mem_limit === undefined ? {} : { memoryLimitBytes: node.mem_limit }),
    ...(node.mem_used === undefined || !node.mem_limit ? {} : { memoryShare: node.mem_used / node.mem_limit }),
    ...(node.mem_alarm === undefined ? {} : { memoryAlarm: node.mem_alarm }),
    ...(node.disk_free === undefined ? {} : { diskFreeBytes: node.disk_free }),
    ...(node.disk_free_limit === undefined ? {} : { diskFreeLimitBytes: node.disk_free_limit }),
    ...(node.disk_free_alarm === undefined ? {} : { diskAlarm: node.disk_free_alarm }),
  }));
}

/** Connections that flow control slows down or an alarm blocks. */
export function heldUpOf(page: z.infer<typeof connectionPageSchema>): number {
  return page.items.filter(({ state }) => state === 'flow' || state === 'blocked' || state === 'blocking').length;
}
