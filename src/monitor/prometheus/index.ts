/** A scrape endpoint for Prometheus. Names and base units follow its conventions: seconds, bytes, `_total` for counters. */
import { createServer, type Server } from 'node:http';
import { Gauge, Registry } from 'prom-client';
import { BrokerError, messageOf, UsageError } from '../../errors.js';
import type { BrokerSample, TargetSample } from '../sample.js';

const destinationLabels = ['target', 'destination', 'vhost'] as const;
const groupLabels = ['target', 'destination', 'group'] as const;
const nodeLabels = ['target', 'node'] as const;

/** The metrics of one exporter. Brokers may begin their counters anew, so all are gauges of what was last seen. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #up = this.#gauge('mqbench_broker_up', 'Whether the broker answered the last look.', ['target']);
  readonly #heldUp = this.#gauge('mqbench_broker_clients_held_up', 'Clients that flow control holds up.', ['target']);
  readonly #ready = this.#gauge('mqbench_destination_messages_ready', 'Messages waiting.', destinationLabels);
  readonly #unacknowledged = this.#gauge(
    'mqbench_destination_messages_unacknowledged',
    'Messages delivered and not acknowledged.',
    destinationLabels,
  );
  readonly #consumers = this.#gauge('mqbench_destination_consumers', 'Consumers.', destinationLabels);
  readonly #rate = this.#gauge(
    'mqbench_destination_messages_per_second',
    'Messages a second, by what became of them.',
    [...destinationLabels, 'event'],
  );
  readonly #lag = this.#gauge('mqbench_group_lag', 'Log end minus committed offset, in messages.', groupLabels);
  readonly #members = this.#gauge('mqbench_group_members', 'Members of the consumer group.', groupLabels);
  readonly #committed = this.#gauge('mqbench_group_committed_per_second', 'Messages committed a second.', groupLabels);
  readonly #memory = this.#gauge('mqbench_node_memory_bytes', 'Memory the broker says it uses.', nodeLabels);
  readonly #disk = this.#gauge('mqbench_node_disk_free_bytes', 'Free disk space.', nodeLabels);
  readonly #alarm = this.#gauge('mqbench_node_alarm', '1 while an alarm blocks publishers.', [
    ...nodeLabels,
    'resource',
  ]);
  readonly #all = [
    ...[this.#up, this.#heldUp, this.#ready, this.#unacknowledged, this.#consumers, this.#rate],
    ...[this.#lag, this.#members, this.#committed, this.#memory, this.#disk, this.#alarm],
  ];

  #gauge(name: string, help: string, labelNames: readonly string[]): Gauge {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  /** Names of all metrics. */
  get names(): string[] {
    return this.#registry.getMetricsAsArray().map(({ name }) => name);
  }

  /** Replaces what was seen before: a destination that vanished is gone here too. */
  update(samples: readonly TargetSample[]): void {
    for (const gauge of this.#all) gauge.reset();
    for (const { target, sample } of samples) {
      this.#up.set({ target }, sample === undefined ? 0 : 1);
      if (sample !== undefined) this.#add(target, sample);
    }
  }

  #add(target: string, sample: BrokerSample): void {
    if (sample.heldUp !== undefined) this.#heldUp.set({ target }, sample.heldUp);
    for (const { name: node, memoryBytes, diskFreeBytes, memoryAlarm, diskAlarm } of sample.nodes) {
      if (memoryBytes !== undefined) this.#memory.set({ target, node }, memoryBytes);
      if (diskFreeBytes !== undefined) this.#disk.set({ target, node }, diskFreeBytes);
      if (memoryAlarm !== undefined) this.#alarm.set({ target, node, resource: 'memory' }, Number(memoryAlarm));
      if (diskAlarm !== undefined) this.#alarm.set({ target, node, resource: 'disk' }, Number(diskAlarm));
    }
    for (const {
      name: destination,
      vhost = '',
      ready,
      unacknowledged,
      consumers,
      rates,
      groups,
    } of sample.destinations) {
      const labels = { target, destination, vhost };
      if (ready !== undefined) this.#ready.set(labels, ready);
      if (unacknowledged !== undefined) this.#unacknowledged.set(labels, unacknowledged);
      if (consumers !== undefined) this.#consumers.set(labels, consumers);
      for (const [event, rate] of Object.entries<number>({ ...rates })) this.#rate.set({ ...labels, event }, rate);
      for (const group of groups ?? []) {
        const of = { target, destination, group: group.name };
        this.#lag.set(of, group.lag);
        this.#members.set(of, group.members);
        if (group.rates.acknowledged !== undefined) this.#committed.set(of, group.rates.acknowledged);
      }
    }
  }

  /** The page as Prometheus reads it. */
  page(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}

/** Reads `host:port`, or `port` alone, which is loopback. */
export function readListen(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:(?:\[([0-9a-f:.]+)\]|([\w.-]+)):)?(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535)
    throw new UsageError(`"${text}" is no address to listen on.`, {
      where: '--prometheus',
      hint: 'Write it as host:port, e.g. 127.0.0.1:9464; a port alone is loopback.',
    });
  return { host: bracketed ?? plain ?? '127.0.0.1', port };
}

/**
 * Serves the metrics at `/metrics`.
 * @throws BrokerError when the address cannot be had
 */
export async function serveMetrics(metrics: Metrics, listen: string): Promise<{ url: string; close(): Promise<void> }> {
  const { host, port } = readListen(listen);
  const server: Server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    void metrics.page().then((page) => response.setHeader('content-type', metrics.contentType).end(page));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new BrokerError(`The scrape endpoint cannot listen: ${messageOf(error)}.`, 'unavailable', {
          where: `--prometheus ${listen}`,
          hint: 'Choose a free port of this machine.',
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/metrics`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
