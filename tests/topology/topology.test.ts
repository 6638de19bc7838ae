/** What each real broker lists of a destination that an adapter made, and what is said where nothing can be listed. */
import { randomBytes } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import type { Connection, DestinationSpec } from '../../src/brokers/adapter.js';
import { createClient, hostsOf, noRetry } from '../../src/brokers/kafka/client.js';
import { loadAdapter } from '../../src/brokers/registry.js';
import { topology } from '../../src/commands/topology.js';
import { BrokerError, UsageError } from '../../src/errors.js';
import { topologyReader } from '../../src/topology/index.js';
import type { Row, Topology } from '../../src/topology/topology.js';

const servers = inject('servers');
const adapters = { rabbitmq: 'rabbitmq', kafka: 'kafka', activemq: 'stomp' } as const;
const flags = { server: 'endpoint', url: [], json: false } as const;

/** Lists what there is while a destination of this kind is, and a consumer of it. */
async function listed(
  id: keyof typeof adapters,
  pattern: Extract<DestinationSpec['pattern'], { kind: 'routing' }> | undefined,
): Promise<{ name: string; found: Topology }> {
  const server = servers[id];
  if (!('endpoint' in server)) throw new Error(server.missing);
  const adapter = await loadAdapter(adapters[id]);
  const quiet = { onLost: () => undefined, onRetry: () => undefined, onBlocked: () => undefined };
  const context = { clientName: 'mqbench test', timeoutMs: 10_000, events: quiet };
  const connection: Connection = await adapter.connect(server.endpoint, adapter.options.parse({}), context);
  const name = `mqbench-topology-${randomBytes(4).toString('hex')}`;
  const spec: DestinationSpec = {
    name,
    guarantee: 'at-least-once',
    // Kafka's are ready when all of them are.
    consumers: pattern === undefined ? 1 : pattern.bindings.length,
    ...(pattern === undefined ? {} : { pattern }),
  };
  try {
    await connection.createDestination(spec);
    const asked = { destination: spec, index: 0, prefetch: 7, onCancelled: () => undefined };
    const consumer = await connection.createConsumer(asked, () => undefined);
    await consumer.ready(20_000);
    const read = topologyReader(adapters[id], undefined);
    const found = await read!(server.endpoint);
    await consumer.close();
    return { name, found };
  } finally {
    await connection.deleteDestination(spec);
    await connection.close();
  }
}

const rows = ({ lists }: Topology, list: string, which: (row: Row) => boolean): Row[] =>
  (lists[list] ?? []).filter(which);

describe('a topology', () => {
  it.skipIf('missing' in servers.rabbitmq)('of RabbitMQ has queues, the exchange and its bindings', async () => {
    const bindings = [['red'], ['green', 'blue']];
    const { name, found } = await listed('rabbitmq', {
      kind: 'routing',
      keys: ['red', 'green', 'blue'],
      durable: true,
      bindings,
    });
    expect(found.version).toMatch(/^\d+\./);
    const queues = rows(found, 'queues', (row) => String(row['name']).startsWith(name));
    expect(queues).toHaveLength(2);
    expect(queues.every((queue) => queue['durable'] === true)).toBe(true);
    expect(rows(found, 'exchanges', (row) => row['name'] === name)).toMatchObject([{ type: 'direct', durable: true }]);
    const keys = rows(found, 'bindings', (row) => row['source'] === name).map((row) => row['key']);
    expect(keys.sort()).toEqual(['blue', 'green', 'red']);
  });

  it.skipIf('missing' in servers.kafka)('of Kafka has topic, partitions, the group and its member', async () => {
    const { name, found } = await listed('kafka', undefined);
    expect(rows(found, 'topics', (row) => row['name'] === name)).toMatchObject([{ partitions: 1, internal: false }]);
    expect(rows(found, 'partitions', (row) => row['topic'] === name)).toMatchObject([
      { partition: 0, first: 0, end: 0 },
    ]);
    expect(rows(found, 'groups', (row) => row['name'] === name)).toMatchObject([{ members: 1 }]);
    expect(rows(found, 'members', (row) => row['group'] === name)).toMatchObject([{ partitions: [`${name}:0`] }]);
  });

  it.skipIf('missing' in servers.kafka)('of Kafka has what a group has committed, and its lag', async () => {
    const server = servers.kafka;
    if (!('endpoint' in server)) throw new Error(server.missing);
    const { endpoint } = server;
    const { kafka, sockets } = createClient({
      hosts: hostsOf(endpoint.url),
      endpoint,
      clientName: 'mqbench test',
      control: true,
      connectTimeoutMs: 10_000,
      retry: noRetry,
      onBroken: () => undefined,
    });
    const name = `mqbench-topology-${randomBytes(4).toString('hex')}`;
    const [admin, producer] = [kafka.admin(), kafka.producer()];
    await Promise.all([admin.connect(), producer.connect()]);
    try {
      await admin.createTopics({ topics: [{ topic: name, numPartitions: 1 }], waitForLeaders: true });
      await producer.send({ topic: name, messages: [{ value: 'a' }, { value: 'b' }, { value: 'c' }] });
      await admin.setOffsets({ groupId: name, topic: name, partitions: [{ partition: 0, offset: '1' }] });
      const found = await topologyReader('kafka', undefined)!(endpoint);
      expect(rows(found, 'offsets', (row) => row['group'] === name)).toEqual([
        { group: name, topic: name, partition: 0, committed: 1, end: 3, lag: 2 },
      ]);
    } finally {
      await admin.deleteGroups([name]).catch(() => undefined);
      await admin.deleteTopics({ topics: [name] }).catch(() => undefined);
      await Promise.all([admin.disconnect(), producer.disconnect()]);
      sockets.cut(new Error('closed'));
    }
  });

  it.skipIf('missing' in servers.activemq)('of ActiveMQ has the queue and who is subscribed to it', async () => {
    const { name, found } = await listed('activemq', undefined);
    expect(rows(found, 'destinations', (row) => row['name'] === name)).toMatchObject([{ kind: 'queue', consumers: 1 }]);
    expect(rows(found, 'subscriptions', (row) => row['destination'] === name)).toMatchObject([
      { durable: false, prefetch: 7 },
    ]);
  });
});

describe('what cannot be listed is said in a line', () => {
  it('for a name that nobody knows', async () => {
    await expect(topology('nowhere', flags)).rejects.toThrow(UsageError);
  });

  it('for a broker without such an interface', async () => {
    await expect(topology('memory', flags)).rejects.toThrow(/no interface that lists/);
    await expect(topology('activemq-artemis', flags)).rejects.toThrow(/no interface that lists/);
  });

  it('for a broker that is not there', async () => {
    const absent = { ...flags, url: ['rabbitmq=amqp://127.0.0.1:1/?management=http://127.0.0.1:1'] };
    await expect(topology('rabbitmq', absent)).rejects.toThrow(/management API does not answer/);
    await expect(topology('kafka', { ...flags, url: ['kafka=kafka://127.0.0.1:1'] })).rejects.toThrow(BrokerError);
  });

  it('for an ActiveMQ whose management interface nobody named', async () => {
    const plain = { ...flags, url: ['activemq=stomp://127.0.0.1:61613'] };
    await expect(topology('activemq', plain)).rejects.toThrow(/Nothing says where/);
  });
});
