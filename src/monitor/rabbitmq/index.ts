/** Looks at RabbitMQ through its management HTTP API; the user tag `monitoring` is enough. */
import type { Endpoint } from '../../brokers/adapter.js';
import { BrokerError } from '../../errors.js';
import { HttpJson } from '../http.js';
import { mostDestinations, type DestinationReading, type Reading, type Selection, type Source } from '../sample.js';
import * as api from './parse.js';

/** The most that RabbitMQ gives on one page (management.page_size limit). */
const pageSize = 500;

/** RabbitMQ refreshes its figures so often unless it is told otherwise (collect_statistics_interval). */
export const usualRefreshSeconds = 5;

/** Where the management API usually is when nobody said. */
function usualManagementUrl(endpoint: Endpoint): URL {
  const { hostname, protocol } = new URL(endpoint.url);
  const secure = protocol === 'amqps:';
  return new URL(`${secure ? 'https' : 'http'}://${hostname}:${secure ? 15671 : 15672}`);
}

/** @throws BrokerError when the address is not one */
function managementUrl(endpoint: Endpoint): URL {
  try {
    return endpoint.managementUrl === undefined ? usualManagementUrl(endpoint) : new URL(endpoint.managementUrl);
  } catch {
    throw new BrokerError("The address of RabbitMQ's management API is not a URL.", 'other', {
      hint: 'Give e.g. http://localhost:15672.',
    });
  }
}

/**
 * The management API of the broker behind an address, and the virtual host that the address names.
 * @throws BrokerError when the address is not one
 */
export function managementHttp(endpoint: Endpoint): { readonly http: HttpJson; readonly vhost: string } {
  const url = managementUrl(endpoint);
  const http = new HttpJson(
    {
      what: "RabbitMQ's management API",
      refusedHint: 'Check user and password, and give the user the tag "monitoring".',
      absentHint:
        'Turn it on with `rabbitmq-plugins enable rabbitmq_management`, and add ?management=http://host:15672 to the address where it listens elsewhere.',
    },
    new URL(url.pathname.replace(/\/*$/, '/'), url.origin),
    endpoint,
    // What RabbitMQ itself has before anyone changes it, as for AMQP.
    { username: 'guest', password: 'guest' },
  );
  return { http, vhost: decodeURIComponent(new URL(endpoint.url).pathname.slice(1)) || '/' };
}

export class RabbitmqSource implements Source {
  readonly #http: HttpJson;
  readonly #vhost: string;

  constructor(
    endpoint: Endpoint,
    readonly refreshSeconds: number,
  ) {
    const { http, vhost } = managementHttp(endpoint);
    this.#http = http;
    this.#vhost = vhost;
  }

  async read(selection: Selection): Promise<Reading> {
    const [overview, nodes, connections, queues] = await Promise.all([
      this.#http.ask(`api/overview?columns=${api.overviewColumns}`, api.overviewSchema),
      this.#http.ask(`api/nodes?columns=${api.nodeColumns}`, api.nodesSchema),
      this.#http.ask(`api/connections?page=1&page_size=${pageSize}&columns=state`, api.connectionPageSchema),
      this.#queues(selection),
    ]);
    return {
      product: 'RabbitMQ',
      version: overview!.rabbitmq_version,
      source: 'management API',
      nodes: api.nodesOf(nodes!, overview!.object_totals?.connections),
      heldUp: api.heldUpOf(connections!),
      counters: api.countersOf(overview!.message_stats),
      ...queues,
      notes: [],
    };
  }

  async #queues(
    selection: Selection,
  ): Promise<{ destinations: readonly DestinationReading[]; destinationCount: number }> {
    if ('exactly' in selection) {
      const queues = await Promise.all(
        selection.exactly.map((name) => {
          const path = `api/queues/${encodeURIComponent(this.#vhost)}/${encodeURIComponent(name)}?columns=${api.queueColumns}`;
          return this.#http.ask(path, api.queueSchema, { absentAt: [404] });
        }),
      );
      const destinations = queues.flatMap((queue) => (queue === undefined ? [] : [api.queueOf(queue)]));
      return { destinations, destinationCount: destinations.length };
    }
    const destinations: DestinationReading[] = [];
    for (let page = 1; ; page++) {
      const query = new URLSearchParams({
        page: String(page),
        page_size: String(pageSize),
        name: selection.containing,
        use_regex: 'false',
        // The longest queues first: they are what someone looks for among thousands.
        sort: 'messages',
        sort_reverse: 'true',
        columns: api.queueColumns,
      });
      const answer = await this.#http.ask(`api/queues?${query.toString()}`, api.queuePageSchema, {
        // RabbitMQ says 400 or 404 for a page beyond the last, which there is when queues vanish between two pages.
        absentAt: page > 1 ? [400, 404] : [],
      });
      destinations.push(...(answer?.items ?? []).map(api.queueOf));
      const count = answer?.filtered_count ?? destinations.length;
      if (answer === undefined || page >= answer.page_count || destinations.length >= mostDestinations)
        return { destinations, destinationCount: Math.max(count, destinations.length) };
    }
  }

  async close(): Promise<void> {
    await this.#http.close();
  }
}
