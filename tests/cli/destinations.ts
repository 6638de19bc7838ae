/** What is on a broker under mqbench's names, as the broker itself tells it. */
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { z } from 'zod';
import type { Endpoint } from '../../src/brokers/adapter.js';

const ours = (name: string): boolean => name.startsWith('mqbench-');

async function json(url: string, { username = '', password = '' }: Endpoint, init: RequestInit = {}): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const response = await fetch(url, { ...init, headers: { authorization, origin: new URL(url).origin } });
  return response.json();
}

async function withKafka<T>(endpoint: Endpoint, work: (admin: Admin) => Promise<T>): Promise<T> {
  const { username, password } = endpoint;
  const kafka = new Kafka({
    brokers: [new URL(endpoint.url).host],
    logLevel: logLevel.NOTHING,
    ...(username === undefined || password === undefined
      ? {}
      : { sasl: { mechanism: 'plain', username, password } as const }),
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

const onKafka = (endpoint: Endpoint): Promise<string[]> =>
  withKafka(endpoint, async (admin) => {
    const [topics, { groups }] = await Promise.all([admin.listTopics(), admin.listGroups()]);
    return [...topics, ...groups.map(({ groupId }) => groupId)];
  });

async function onRabbitmq(endpoint: Endpoint): Promise<string[]> {
  const queues = await json(new URL('/api/queues', endpoint.managementUrl).href, endpoint);
  return z
    .array(z.object({ name: z.string() }))
    .parse(queues)
    .map(({ name }) => name);
}

async function onActivemq(endpoint: Endpoint): Promise<string[]> {
  const mbean = 'org.apache.activemq:type=Broker,brokerName=*,destinationType=Queue,destinationName=*';
  const body = JSON.stringify({ type: 'search', mbean });
  const answer = await json(endpoint.managementUrl ?? '', endpoint, { method: 'POST', body });
  return z
    .object({ value: z.array(z.string()) })
    .parse(answer)
    .value.map((name) => /destinationName=([^,]+)/.exec(name)?.[1] ?? '');
}

/** Names of queues, topics and groups that are mqbench's, sorted. */
export async function destinationsOn(id: 'rabbitmq' | 'kafka' | 'activemq', endpoint: Endpoint): Promise<string[]> {
  const list = { rabbitmq: onRabbitmq, kafka: onKafka, activemq: onActivemq }[id];
  return (await list(endpoint)).filter(ours).sort();
}

/** Deletes every queue and topic that is mqbench's, as somebody would who tidies up; returns their names. */
export async function deleteDestinations(id: 'rabbitmq' | 'kafka', endpoint: Endpoint): Promise<string[]> {
  if (id === 'kafka')
    return withKafka(endpoint, async (admin) => {
      const topics = (await admin.listTopics()).filter(ours);
      if (topics.length > 0) await admin.deleteTopics({ topics });
      return topics;
    });
  const names = await destinationsOn(id, endpoint);
  const { username = '', password = '' } = endpoint;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  for (const name of names) {
    const url = new URL(`/api/queues/%2F/${name}`, endpoint.managementUrl);
    await fetch(url, { method: 'DELETE', headers: { authorization } });
  }
  return names;
}
