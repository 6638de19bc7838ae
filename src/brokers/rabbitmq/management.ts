/** The few figures that AMQP does not tell, from the HTTP API of RabbitMQ's management plugin. */
import { Agent, request } from 'undici';
import { z } from 'zod';
import type { DestinationStats, Endpoint } from '../adapter.js';
import { BrokerError, messageOf } from '../../errors.js';

/** Once a second someone asks, and an answer that is older is of no use. */
const timeoutMs = 5_000;

const nodesSchema = z.array(z.object({ running: z.boolean().optional() }));

const queueSchema = z.object({
  messages_unacknowledged: z.number().optional(),
  message_stats: z
    .object({
      publish: z.number().default(0),
      ack: z.number().default(0),
      // Deliveries that needed no acknowledgement: done as they left.
      deliver_no_ack: z.number().default(0),
    })
    .optional(),
});

export class Management {
  readonly #base: URL;
  readonly #agent: Agent;
  readonly #authorization: string;

  /** @param url of the HTTP API's root, e.g. `http://localhost:15672`; user, password and TLS are the endpoint's */
  constructor(url: URL, endpoint: Endpoint) {
    this.#base = new URL(url.pathname.replace(/\/*$/, '/'), url.origin);
    const user = endpoint.username ?? 'guest';
    const password = endpoint.password ?? 'guest';
    this.#authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    this.#agent = new Agent({ connect: { ...endpoint.tls, timeout: timeoutMs } });
  }

  /**
   * Running nodes of the cluster.
   * @throws BrokerError where the interface cannot be reached or does not let us in
   */
  async nodes(): Promise<number> {
    const nodes = await this.#get('api/nodes', nodesSchema);
    return nodes.filter((node) => node.running !== false).length;
  }

  /** A queue's figures; RabbitMQ refreshes them every 5 s (collect_statistics_interval). */
  async queue(vhost: string, name: string): Promise<Omit<DestinationStats, 'ready' | 'consumers'>> {
    const path = `api/queues/${encodeURIComponent(vhost)}/${encodeURIComponent(name)}`;
    const { messages_unacknowledged: unacknowledged, message_stats: totals } = await this.#get(path, queueSchema);
    return {
      ...(unacknowledged === undefined ? {} : { unacknowledged }),
      ...(totals === undefined ? {} : { published: totals.publish, acknowledged: totals.ack + totals.deliver_no_ack }),
    };
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const where = this.#base.origin;
    let status: number;
    let body: unknown;
    try {
      const response = await request(new URL(path, this.#base), {
        dispatcher: this.#agent,
        headers: { authorization: this.#authorization },
        signal: AbortSignal.timeout(timeoutMs),
      });
      status = response.statusCode;
      body = status === 200 ? await response.body.json() : await response.body.dump();
    } catch (error) {
      throw new BrokerError(`RabbitMQ's management interface does not answer: ${messageOf(error)}.`, 'absent', {
        where,
        cause: error,
        hint: 'Check the management URL, or leave it out: only node count and totals come from there.',
      });
    }
    if (status === 401 || status === 403) {
      throw new BrokerError(`RabbitMQ's management interface refused the user (HTTP ${status}).`, 'refused', {
        where,
        hint: 'Give the user the tag "monitoring", or leave the management URL out.',
      });
    }
    const parsed = schema.safeParse(body);
    if (status !== 200 || !parsed.success) {
      throw new BrokerError(
        `What answers as RabbitMQ's management interface is something else (HTTP ${status}).`,
        'protocol',
        {
          where,
          hint: 'Check the management URL; 15672 is its usual port.',
        },
      );
    }
    return parsed.data;
  }
}
