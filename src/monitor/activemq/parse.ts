/** ActiveMQ's figures as readings, from either interface. Pure. */
import { z } from 'zod';
import type { DestinationReading, NodeReading } from '../sample.js';

/** A destination's MBean (DestinationViewMBean); what an older version lacks is absent. */
export const destinationSchema = z.object({
  Name: z.string(),
  QueueSize: z.number().optional(),
  InFlightCount: z.number().optional(),
  EnqueueCount: z.number().optional(),
  DispatchCount: z.number().optional(),
  DequeueCount: z.number().optional(),
  ConsumerCount: z.number().optional(),
  MemoryUsageByteCount: z.number().optional(),
  MemoryPercentUsage: z.number().optional(),
  /** Sends that flow control made wait, ever; those of clients that wait for a receipt count only while they wait. */
  BlockedSends: z.number().optional(),
  ProducerFlowControl: z.boolean().optional(),
});
export type DestinationBean = z.infer<typeof destinationSchema>;
export const destinationAttributes = Object.keys(destinationSchema.shape);

/** The broker's MBean (BrokerViewMBean). */
export const brokerSchema = z.object({
  BrokerName: z.string(),
  BrokerVersion: z.string().optional(),
  CurrentConnectionsCount: z.number().optional(),
  TotalEnqueueCount: z.number().optional(),
  TotalDequeueCount: z.number().optional(),
  MemoryLimit: z.number().optional(),
  MemoryPercentUsage: z.number().optional(),
  StoreLimit: z.number().optional(),
  StorePercentUsage: z.number().optional(),
});
export const brokerAttributes = Object.keys(brokerSchema.shape);

/** A producer's MBean (ProducerViewMBean); a STOMP connection is one producer. */
export const producerSchema = z.object({ ProducerBlocked: z.boolean().optional() });
export const producerAttributes = Object.keys(producerSchema.shape);

/** A subscription's MBean (SubscriptionViewMBean). */
export const subscriptionSchema = z.object({ DestinationName: z.string(), PendingQueueSize: z.number().optional() });
export type SubscriptionBean = z.infer<typeof subscriptionSchema>;
export const subscriptionAttributes = Object.keys(subscriptionSchema.shape);

/** Destinations of ActiveMQ's own, which nobody looks for. */
export const isAdvisory = (name: string): boolean => name.startsWith('ActiveMQ.');

export type Kind = DestinationReading['kind'];

interface DestinationFigures {
  readonly name: string;
  readonly kind: Kind;
  /** What waits, without what is in flight. */
  readonly ready: number | undefined;
  readonly inFlight: number | undefined;
  readonly enqueued: number | undefined;
  readonly dispatched: number | undefined;
  readonly dequeued: number | undefined;
  readonly consumers: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly memoryPercent: number | undefined;
}

function destinationOf(f: DestinationFigures): DestinationReading {
  return {
    name: f.name,
    kind: f.kind,
    ...(f.ready === undefined ? {} : { ready: f.ready }),
    ...(f.inFlight === undefined ? {} : { unacknowledged: f.inFlight }),
    ...(f.ready === undefined || f.inFlight === undefined ? {} : { total: f.ready + f.inFlight }),
    ...(f.consumers === undefined ? {} : { consumers: f.consumers }),
    ...(f.memoryBytes === undefined ? {} : { memoryBytes: f.memoryBytes }),
    ...(f.memoryPercent === undefined ? {} : { memoryShare: f.memoryPercent / 100 }),
    counters: {
      ...(f.enqueued === undefined ? {} : { in: f.enqueued }),
      ...(f.dispatched === undefined ? {} : { delivered: f.dispatched }),
      ...(f.dequeued === undefined ? {} : { acknowledged: f.dequeued }),
    },
  };
}

/** ActiveMQ counts -1 in flight where a durable subscription's connection was cut: nothing is. */
function inFlightOf(counted: number | undefined): number | undefined {
  return counted === undefined ? undefined : Math.max(0, counted);
}

/** ActiveMQ's size of a queue includes what is in flight; that of a topic is always 0, whatever waits for whom. */
function readyOf(kind: Kind, size: number | undefined, inFlight: number | undefined): number | undefined {
  return kind === 'topic' || size === undefined || inFlight === undefined ? undefined : Math.max(0, size - inFlight);
}

/**
 * What waits for the subscribers of a topic, the same message once for each of them, durable ones that are away
 * included.
 * @param subscriptions to this topic by its own name
 * @returns undefined where some subscribe by a pattern or to several topics at once, which is told of all together
 */
export function waitingOn(topic: DestinationBean, subscriptions: readonly SubscriptionBean[]): number | undefined {
  if (topic.ConsumerCount === undefined || subscriptions.length < topic.ConsumerCount) return undefined;
  return subscriptions.reduce((sum, { PendingQueueSize = 0 }) => sum + PendingQueueSize, 0);
}

/** @param waiting of a topic, see {@link waitingOn} */
export function destinationFromBean(bean: DestinationBean, kind: Kind, waiting?: number): DestinationReading {
  return destinationOf({
    name: bean.Name,
    kind,
    ready: waiting ?? readyOf(kind, bean.QueueSize, inFlightOf(bean.InFlightCount)),
    inFlight: inFlightOf(bean.InFlightCount),
    enqueued: bean.EnqueueCount,
    dispatched: bean.DispatchCount,
    dequeued: bean.DequeueCount,
    consumers: bean.ConsumerCount,
    memoryBytes: bean.MemoryUsageByteCount,
    memoryPercent: bean.MemoryPercentUsage,
  });
}

export function nodeFromBean(bean: z.infer<typeof brokerSchema>): NodeReading {
  return nodeOf({
    name: bean.BrokerName,
    connections: bean.CurrentConnectionsCount,
    memoryBytes: undefined,
    memoryLimit: bean.MemoryLimit,
    memoryPercent: bean.MemoryPercentUsage,
    storeBytes: undefined,
    storeLimit: bean.StoreLimit,
    storePercent: bean.StorePercentUsage,
  });
}

interface NodeFigures {
  readonly name: string;
  readonly connections: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly memoryLimit: number | undefined;
  readonly memoryPercent: number | undefined;
  readonly storeBytes: number | undefined;
  readonly storeLimit: number | undefined;
  readonly storePercent: number | undefined;
}

function nodeOf(f: NodeFigures): NodeReading {
  return {
    name: f.name,
    running: true,
    ...(f.connections === undefined ? {} : { connections: f.connections }),
    ...(f.memoryBytes === undefined ? {} : { memoryBytes: f.memoryBytes }),
    ...(f.memoryLimit === undefined ? {} : { memoryLimitBytes: f.memoryLimit }),
    ...(f.memoryPercent === undefined ? {} : { memoryShare: f.memoryPercent / 100 }),
    ...(f.storeBytes === undefined ? {} : { storeBytes: f.storeBytes }),
    ...(f.storeLimit === undefined ? {} : { storeLimitBytes: f.storeLimit }),
    ...(f.storePercent === undefined ? {} : { storeShare: f.storePercent / 100 }),
  };
}

/** One answer of the statistics plugin: figures and texts by the plugin's own names. */
export type PluginMap = Readonly<Record<string, number | string>>;

const figure = (map: PluginMap, name: string): number | undefined => {
  const value = map[name];
  return typeof value === 'number' ? value : undefined;
};

/** The plugin names a destination `queue://name` or `topic://name`. */
export function destinationFromPlugin(map: PluginMap): DestinationReading | undefined {
  const [, kind, name] = /^(queue|topic):\/\/(.*)$/s.exec(String(map['destinationName'] ?? '')) ?? [];
  if (name === undefined) return undefined;
  const inFlight = inFlightOf(figure(map, 'inflightCount'));
  return destinationOf({
    name,
    kind: kind === 'topic' ? 'topic' : 'queue',
    ready: readyOf(kind === 'topic' ? 'topic' : 'queue', figure(map, 'size'), inFlight),
    inFlight,
    enqueued: figure(map, 'enqueueCount'),
    dispatched: figure(map, 'dispatchCount'),
    dequeued: figure(map, 'dequeueCount'),
    consumers: figure(map, 'consumerCount'),
    memoryBytes: figure(map, 'memoryUsage'),
    memoryPercent: figure(map, 'memoryPercentUsage'),
  });
}

export function nodeFromPlugin(map: PluginMap): NodeReading {
  return nodeOf({
    name: String(map['brokerName'] ?? 'broker'),
    connections: undefined,
    memoryBytes: figure(map, 'memoryUsage'),
    memoryLimit: figure(map, 'memoryLimit'),
    memoryPercent: figure(map, 'memoryPercentUsage'),
    storeBytes: figure(map, 'storeUsage'),
    storeLimit: figure(map, 'storeLimit'),
    storePercent: figure(map, 'storePercentUsage'),
  });
}
