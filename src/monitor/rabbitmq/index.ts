/** Looks at RabbitMQ through its management HTTP API; the user tag `monitoring` and empty permissions are enough. */
import type { DestinationSpec, Endpoint } from '../../brokers/adapter.js';
import { lastingQueues, passingQueuesPrefix } from '../../brokers/rabbitmq/topology.js';
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
  // Whoever asks for TLS does not want the password to go in clear beside it.
  const secure = endpoint.tls !== undefined || protocol === 'amqps:';
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

type Found = Pick<Reading, 'destinations' | 'destinationCount'>;

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
      notes: [
        ...(connections!.total_count > pageSize ? [`flow control is looked for in ${pageSize} connections only`] : []),
        ...('containing' in selection && queues.destinationCount === 0
          ? await this.#unseen(overview!.object_totals?.queues ?? 0)
          : []),
      ],
    };
  }

  /**
   * RabbitMQ leaves out the queues of virtual hosts that the user has no permission for, and says nothing of it.
   * @param all queues of the broker, which it counts for everybody
   */
  async #unseen(all: number): Promise<string[]> {
    if (all === 0) return [];
    const seen = await this.#http.ask('api/queues?page=1&page_size=1&columns=name,vhost', api.queuePageSchema);
    return seen!.filtered_count > 0
      ? []
      : [
          `the user sees none of ${all} queue${all === 1 ? '' : 's'}: give it a permission for their virtual host, an empty one (for no queue) will do`,
        ];
  }

  async #queues(selection: Selection): Promise<Found> {
    if (!('exactly' in selection)) return this.#search('api/queues', selection.containing);
    const found = await Promise.all(selection.exactly.map((spec) => this.#queuesOf(spec)));
    return {
      destinations: found.flatMap(({ destinations }) => destinations),
      destinationCount: found.reduce((sum, { destinationCount }) => sum + destinationCount, 0),
    };
  }

  /** The queues of a run's destination; those that are not there are counted all the same. */
  async #queuesOf(spec: DestinationSpec): Promise<Found> {
    const path = `api/queues/${encodeURIComponent(this.#vhost)}`;
    const prefix = passingQueuesPrefix(spec);
    if (prefix !== undefined) {
      const { destinations } = await this.#search(path, prefix);
      const own = destinations.filter(({ name }) => name.startsWith(prefix));
      return { destinations: own, destinationCount: spec.consumers };
    }
    const names = lastingQueues(spec);
    const queues = await Promise.all(
      names.map((name) =>
        this.#http.ask(`${path}/${encodeURIComponent(name)}?columns=${api.queueColumns}`, api.queueSchema, {
          absentAt: [404],
        }),
      ),
    );
    return {
      destinations: queues.flatMap((queue) => (queue === undefined ? [] : [api.queueOf(queue)])),
      destinationCount: names.length,
    };
  }

  /** Queues whose name contains a text, page by page. */
  async #search(path: string, containing: string): Promise<Found> {
    // Each page is a question of its own: a queue that grows or shrinks in between can be on two of them.
    const found = new Map<string, DestinationReading>();
    for (let page = 1; ; page++) {
      const query = new URLSearchParams({
        page: String(page),
        page_size: String(pageSize),
        name: containing,
        use_regex: 'false',
        // The longest queues first: they are what someone looks for among thousands.
        sort: 'messages',
        sort_reverse: 'true',
        columns: api.queueColumns,
      });
      const answer = await this.#http.ask(`${path}?${query.toString()}`, api.queuePageSchema, {
        // RabbitMQ says 400 or 404 for a page beyond the last, which there is when queues vanish between two pages.
        absentAt: page > 1 ? [400, 404] : [],
      });
      for (const queue of answer?.items ?? []) found.set(JSON.stringify([queue.vhost, queue.name]), api.queueOf(queue));
      const count = answer?.filtered_count ?? found.size;
      if (answer === undefined || page >= answer.page_count || page * pageSize >= mostDestinations)
        return { destinations: [...found.values()], destinationCount: Math.max(count, found.size) };
    }
  }

  async close(): Promise<void> {
    await this.#http.close();
  }
}
