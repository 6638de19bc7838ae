/** ActiveMQ Classic: destinations and subscriptions, as `activemq dstat` and the web console show them, over Jolokia. */
import { z } from 'zod';
import type { Endpoint } from '../brokers/adapter.js';
import { BrokerError } from '../errors.js';
import { HttpJson } from '../monitor/http.js';
import type { Topology } from './topology.js';

const answerSchema = z.object({ status: z.number(), value: z.unknown().optional(), error: z.string().optional() });

const brokerSchema = z.record(z.string(), z.object({ BrokerVersion: z.string() }));

const destinationSchema = z.object({
  Name: z.string(),
  QueueSize: z.number().default(0),
  InFlightCount: z.number().default(0),
  ConsumerCount: z.number(),
  ProducerCount: z.number(),
  EnqueueCount: z.number(),
  DequeueCount: z.number(),
});

const subscriptionSchema = z.object({
  DestinationName: z.string(),
  ClientId: z.string().nullable(),
  SubscriptionName: z.string().nullable().default(null),
  Selector: z.string().nullable().default(null),
  Durable: z.boolean().default(false),
  Active: z.boolean().default(true),
  PrefetchSize: z.number(),
  DispatchedQueueSize: z.number().default(0),
});

const beans = 'org.apache.activemq:type=Broker,brokerName=*';

/** @throws BrokerError where there is no Jolokia or it does not let us in */
export async function activemqTopology(endpoint: Endpoint): Promise<Topology> {
  const hint =
    'Add ?management=http://host:8161/api/jolokia to its address; the statistics plugin, which STOMP itself reaches, lists no subscriptions. One that mqbench starts has it with --server local, and not with --server compose.';
  if (endpoint.managementUrl === undefined || !URL.canParse(endpoint.managementUrl))
    throw new BrokerError('Nothing says where ActiveMQ’s management interface (Jolokia) is.', 'unavailable', {
      where: endpoint.url,
      hint,
    });
  const url = new URL(endpoint.managementUrl);
  const http = new HttpJson(
    {
      what: 'ActiveMQ’s management interface (Jolokia)',
      refusedHint: 'Check user and password, and let the user read below org.apache.activemq.',
      absentHint: hint,
    },
    new URL(url.origin),
    endpoint,
    undefined,
  );
  const read = async (mbean: string, attribute: readonly string[]): Promise<[string, unknown][]> => {
    const question = { type: 'read', mbean, attribute };
    const answer = await http.ask(url.pathname.replace(/\/*$/, '/'), answerSchema, { post: question });
    // 404: nothing is like that.
    if (answer?.status === 404) return [];
    const found = z.record(z.string(), z.unknown()).safeParse(answer?.value);
    if (answer?.status !== 200 || !found.success)
      throw new BrokerError(
        `ActiveMQ’s management interface (Jolokia) did not say what there is: ${answer?.error?.slice(0, 120) ?? 'no reason given'}.`,
        'refused',
        { where: url.origin },
      );
    return Object.entries(found.data);
  };
  try {
    const [broker, destinations, subscriptions] = await Promise.all([
      read(beans, ['BrokerVersion']),
      read(`${beans},destinationType=*,destinationName=*`, Object.keys(destinationSchema.shape)),
      read(
        `${beans},destinationType=*,destinationName=*,endpoint=Consumer,clientId=*,consumerId=*`,
        Object.keys(subscriptionSchema.shape),
      ),
    ]);
    const version = brokerSchema.safeParse(Object.fromEntries(broker));
    return {
      product: 'Apache ActiveMQ Classic',
      ...(version.success && Object.values(version.data)[0] !== undefined
        ? { version: Object.values(version.data)[0]?.BrokerVersion ?? '' }
        : {}),
      source: 'Jolokia',
      lists: {
        destinations: destinations.flatMap(([bean, value]) => {
          const one = destinationSchema.safeParse(value);
          if (!one.success) return [];
          const { Name: name, ...figures } = one.data;
          return [
            {
              name,
              kind: /\bdestinationType=(\w+)/.exec(bean)?.[1]?.toLowerCase() ?? '',
              consumers: figures.ConsumerCount,
              producers: figures.ProducerCount,
              size: figures.QueueSize,
              inFlight: figures.InFlightCount,
              enqueued: figures.EnqueueCount,
              dequeued: figures.DequeueCount,
            },
          ];
        }),
        subscriptions: subscriptions.flatMap(([, value]) => {
          const one = subscriptionSchema.safeParse(value);
          if (!one.success) return [];
          return [
            {
              destination: one.data.DestinationName,
              client: one.data.ClientId ?? '',
              subscription: one.data.SubscriptionName ?? '',
              durable: one.data.Durable,
              active: one.data.Active,
              selector: one.data.Selector ?? '',
              prefetch: one.data.PrefetchSize,
              dispatched: one.data.DispatchedQueueSize,
            },
          ];
        }),
      },
    };
  } finally {
    await http.close();
  }
}
