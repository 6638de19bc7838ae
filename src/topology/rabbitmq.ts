/** RabbitMQ: queues, exchanges and bindings of the virtual host, as `rabbitmqctl list_queues`, `list_exchanges` and `list_bindings` show them. */
import { z } from 'zod';
import type { Endpoint } from '../brokers/adapter.js';
import { managementHttp } from '../monitor/rabbitmq/index.js';
import type { Topology } from './topology.js';

const overviewSchema = z.object({ rabbitmq_version: z.string() });

const queuesSchema = z.array(
  z.object({
    name: z.string(),
    type: z.string().default('classic'),
    durable: z.boolean(),
    exclusive: z.boolean().default(false),
    auto_delete: z.boolean(),
    consumers: z.number().default(0),
    messages_ready: z.number().default(0),
    messages_unacknowledged: z.number().default(0),
  }),
);

const exchangesSchema = z.array(
  z.object({ name: z.string(), type: z.string(), durable: z.boolean(), auto_delete: z.boolean() }),
);

const bindingsSchema = z.array(
  z.object({
    source: z.string(),
    destination: z.string(),
    destination_type: z.string(),
    routing_key: z.string(),
    arguments: z.record(z.string(), z.unknown()).default({}),
  }),
);

/** What the exchange without a name is called. */
const defaultExchange = '(default)';

/** @throws BrokerError where the management API is not there or does not let us in */
export async function rabbitmqTopology(endpoint: Endpoint): Promise<Topology> {
  const { http, vhost } = managementHttp(endpoint);
  const of = (what: string, columns: string): string => `api/${what}/${encodeURIComponent(vhost)}?columns=${columns}`;
  try {
    const [overview, queues, exchanges, bindings] = await Promise.all([
      http.ask('api/overview?columns=rabbitmq_version', overviewSchema),
      http.ask(of('queues', Object.keys(queuesSchema.element.shape).join()), queuesSchema),
      http.ask(of('exchanges', Object.keys(exchangesSchema.element.shape).join()), exchangesSchema),
      http.ask(of('bindings', Object.keys(bindingsSchema.element.shape).join()), bindingsSchema),
    ]);
    return {
      product: 'RabbitMQ',
      ...(overview === undefined ? {} : { version: overview.rabbitmq_version }),
      source: `management API, virtual host ${vhost}`,
      lists: {
        queues: (queues ?? []).map((queue) => ({
          name: queue.name,
          type: queue.type,
          durable: queue.durable,
          exclusive: queue.exclusive,
          autoDelete: queue.auto_delete,
          consumers: queue.consumers,
          ready: queue.messages_ready,
          unacknowledged: queue.messages_unacknowledged,
        })),
        exchanges: (exchanges ?? []).map(({ name, type, durable, auto_delete: autoDelete }) => ({
          name: name === '' ? defaultExchange : name,
          type,
          durable,
          autoDelete,
        })),
        bindings: (bindings ?? []).map((binding) => ({
          source: binding.source === '' ? defaultExchange : binding.source,
          destination: binding.destination,
          kind: binding.destination_type,
          key: binding.routing_key,
          arguments: Object.entries(binding.arguments).map(([name, value]) => `${name}=${JSON.stringify(value)}`),
        })),
      },
    };
  } finally {
    await http.close();
  }
}
