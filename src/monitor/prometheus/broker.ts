/** What brokers say of themselves, as metrics: what was last seen of each. */
import type { Counter, Gauge, Registry } from 'prom-client';
import type { BrokerSample, CounterName, DestinationSample, NodeReading } from '../sample.js';
import { counter, gauge, type Description, type Labels } from './instruments.js';

const ofTarget = ['target'] as const;
const ofNode = ['target', 'node'] as const;
const ofDestination = ['target', 'kind', 'destination', 'vhost'] as const;
const ofGroup = ['target', 'destination', 'group'] as const;

/** What is known of a broker: its figures, or that it gave none. */
export interface Seen {
  readonly target: string;
  readonly sample?: BrokerSample | undefined;
}

const destinationGauges = {
  ready: ['mqbench_destination_messages_ready', 'Messages that wait for a consumer.', ofDestination],
  unacknowledged: [
    'mqbench_destination_messages_unacknowledged',
    'Messages delivered and not acknowledged.',
    ofDestination,
  ],
  consumers: ['mqbench_destination_consumers', 'Consumers.', ofDestination],
  partitions: ['mqbench_destination_partitions', 'Partitions.', ofDestination],
  memoryBytes: ['mqbench_destination_memory_bytes', 'Memory that the destination uses.', ofDestination],
} as const satisfies { readonly [Name in keyof DestinationSample]?: Description };

const destinationCounters = {
  in: ['mqbench_destination_messages_published_total', 'Messages taken in.', ofDestination],
  delivered: ['mqbench_destination_messages_delivered_total', 'Messages handed to consumers.', ofDestination],
  acknowledged: ['mqbench_destination_messages_acknowledged_total', 'Messages that are done.', ofDestination],
} as const satisfies { readonly [Name in CounterName]: Description };

const nodeGauges = {
  connections: ['mqbench_node_connections', 'Connections of clients.', ofNode],
  memoryBytes: ['mqbench_node_memory_bytes', 'Memory that the broker says it uses.', ofNode],
  memoryLimitBytes: ['mqbench_node_memory_limit_bytes', 'Memory beyond which publishers are held up.', ofNode],
  memoryShare: ['mqbench_node_memory_used_ratio', 'Share of the memory limit in use, 0 to 1.', ofNode],
  diskFreeBytes: ['mqbench_node_disk_free_bytes', 'Free disk space.', ofNode],
  diskFreeLimitBytes: ['mqbench_node_disk_free_limit_bytes', 'Free space below which publishers are held up.', ofNode],
  storeBytes: ['mqbench_node_store_bytes', 'Size of the message store.', ofNode],
  storeLimitBytes: ['mqbench_node_store_limit_bytes', 'Limit of the message store.', ofNode],
  storeShare: ['mqbench_node_store_used_ratio', 'Share of the store limit in use, 0 to 1.', ofNode],
} as const satisfies { readonly [Name in keyof NodeReading]?: Description };

type Instruments<Name, M> = readonly (readonly [Name, M])[];

function build<Name extends string, M>(
  registry: Registry,
  descriptions: Readonly<Record<Name, Description>>,
  make: (registry: Registry, of: Description) => M,
): Instruments<Name, M> {
  return (Object.keys(descriptions) as Name[]).map((name) => [name, make(registry, descriptions[name])]);
}

export class BrokerMetrics {
  readonly #up: Gauge;
  readonly #info: Gauge;
  readonly #heldUp: Gauge;
  readonly #alarm: Gauge;
  readonly #nodes: Instruments<keyof typeof nodeGauges, Gauge>;
  readonly #gauges: Instruments<keyof typeof destinationGauges, Gauge>;
  readonly #counters: Instruments<keyof typeof destinationCounters, Counter>;
  readonly #lag: Gauge;
  readonly #members: Gauge;
  readonly #committed: Counter;

  constructor(registry: Registry) {
    this.#up = gauge(registry, ['mqbench_broker_up', '1 where the broker answered the last look, else 0.', ofTarget]);
    this.#info = gauge(registry, ['mqbench_broker_info', 'Always 1.', ['target', 'product', 'version']]);
    this.#heldUp = gauge(registry, [
      'mqbench_broker_clients_held_up',
      'Clients that flow control or an alarm holds up.',
      ofTarget,
    ]);
    this.#alarm = gauge(registry, [
      'mqbench_node_alarm',
      '1 while an alarm blocks publishers, else 0.',
      [...ofNode, 'resource'],
    ]);
    this.#nodes = build(registry, nodeGauges, gauge);
    this.#gauges = build(registry, destinationGauges, gauge);
    this.#counters = build(registry, destinationCounters, counter);
    this.#lag = gauge(registry, ['mqbench_group_lag_messages', 'Log end minus committed offset.', ofGroup]);
    this.#members = gauge(registry, ['mqbench_group_members', 'Members of the consumer group.', ofGroup]);
    this.#committed = counter(registry, [
      'mqbench_group_messages_committed_total',
      'Committed offsets of all partitions together.',
      ofGroup,
    ]);
  }

  /**
   * Replaces what was seen before: a destination that vanished is gone here too. A broker's own counters are passed on
   * as they are; one that begins anew is a reset, which Prometheus knows.
   */
  update(all: readonly Seen[]): void {
    for (const metric of this.#all()) metric.reset();
    for (const { target, sample } of all) {
      this.#up.set({ target }, sample === undefined ? 0 : 1);
      if (sample !== undefined) this.#add(target, sample);
    }
  }

  #all(): (Gauge | Counter)[] {
    return [
      ...[this.#up, this.#info, this.#heldUp, this.#alarm, this.#lag, this.#members, this.#committed],
      ...[...this.#nodes, ...this.#gauges, ...this.#counters].map(([, metric]) => metric),
    ];
  }

  #add(target: string, { product, version = '', heldUp, nodes, destinations }: BrokerSample): void {
    this.#info.set({ target, product, version }, 1);
    if (heldUp !== undefined) this.#heldUp.set({ target }, heldUp);
    for (const reading of nodes) {
      const labels = { target, node: reading.name };
      for (const [name, metric] of this.#nodes) set(metric, labels, reading[name]);
      for (const [resource, alarm] of [
        ['memory', reading.memoryAlarm],
        ['disk', reading.diskAlarm],
      ] as const)
        if (alarm !== undefined) this.#alarm.set({ ...labels, resource }, Number(alarm));
    }
    for (const reading of destinations) {
      const { name: destination, kind, vhost = '', groups = [], counters } = reading;
      const labels = { target, kind, destination, vhost };
      for (const [name, metric] of this.#gauges) set(metric, labels, reading[name]);
      for (const [name, metric] of this.#counters) count(metric, labels, counters[name]);
      for (const group of groups) {
        const of = { target, destination, group: group.name };
        this.#lag.set(of, group.lag);
        set(this.#members, of, group.members);
        count(this.#committed, of, group.counters.acknowledged);
      }
    }
  }
}

function set(metric: Gauge, labels: Labels, value: number | undefined): void {
  if (value !== undefined) metric.set(labels, value);
}

/** To what the broker has counted; the counter was reset before. */
function count(metric: Counter, labels: Labels, value: number | undefined): void {
  if (value !== undefined && value >= 0) metric.inc(labels, value);
}
