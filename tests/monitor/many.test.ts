/** Real brokers with 10,000 queues, or a thousand topics: what is shown is bounded, what there is is counted. */
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { connect } from 'amqplib';
import { describe, expect, inject, it } from 'vitest';
import type { Endpoint } from '../../src/brokers/adapter.js';
import { eventually } from '../../src/contract/bench.js';
import { activemqSource } from '../../src/monitor/activemq/index.js';
import { KafkaSource } from '../../src/monitor/kafka/index.js';
import { RabbitmqSource } from '../../src/monitor/rabbitmq/index.js';
import { mostDestinations, type Reading, type Source } from '../../src/monitor/sample.js';
import { renderSamples } from '../../src/monitor/view/table.js';
import { RateKeeper } from '../../src/monitor/rates.js';
import { addressOf } from '../fixtures/address-of.js';
import { startChanged } from '../fixtures/changed-server.js';
import { asKafkaAdmin } from '../fixtures/kafka-admin.js';

const shared = inject('servers');
const isLong = process.env['MQBENCH_TEST_LONG'] === '1';

const nameOf = (at: number): string => `many-${String(at).padStart(5, '0')}`;
const chunks = (count: number, size: number): number[][] =>
  Array.from({ length: Math.ceil(count / size) }, (_, chunk) =>
    Array.from({ length: Math.min(size, count - chunk * size) }, (_, at) => chunk * size + at),
  );

async function rabbitmqQueues(endpoint: Endpoint, count: number): Promise<void> {
  const connection = await connect(addressOf(endpoint));
  const channel = await connection.createChannel();
  for (const some of chunks(count, 500))
    await Promise.all(some.map((at) => channel.assertQueue(nameOf(at), { durable: true })));
  await connection.close();
}

/** A queue is made by what is sent to it, and stays while it holds that. */
async function activemqQueues({ url, username = '', password = '' }: Endpoint, count: number): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connectSocket(Number(port), hostname);
  let heard = '';
  socket.setEncoding('utf8').on('data', (text: string) => (heard += text));
  await once(socket, 'connect');
  socket.write(`CONNECT\naccept-version:1.2\nhost:x\nlogin:${username}\npasscode:${password}\n\n\0`);
  await eventually('it is let in', () => heard.includes('CONNECTED'));
  for (const some of chunks(count, 500)) {
    socket.write(some.map((at) => `SEND\ndestination:/queue/${nameOf(at)}\nreceipt:${at}\n\nx\0`).join(''));
    await eventually('they are there', () => heard.includes(`receipt-id:${some.at(-1)}\n`), 240_000);
  }
  socket.destroy();
}

async function kafkaTopics(endpoint: Endpoint, count: number): Promise<void> {
  await asKafkaAdmin(endpoint, async (admin) => {
    for (const some of chunks(count, 100))
      await admin.createTopics({
        topics: some.map((at) => ({ topic: nameOf(at), numPartitions: 1, replicationFactor: 1 })),
        timeout: 20_000,
        // kafkajs asks for leaders before the broker knows the topics; the test waits until all are told.
        waitForLeaders: false,
      });
  });
}

interface Case {
  readonly id: 'rabbitmq' | 'kafka' | 'activemq';
  readonly count: number;
  readonly make: (endpoint: Endpoint, count: number) => Promise<void>;
  readonly sources: (endpoint: Endpoint) => Source[];
  /** Most that are asked for. */
  readonly most: number;
}

const cases: readonly Case[] = [
  {
    id: 'rabbitmq',
    count: 10_000,
    make: rabbitmqQueues,
    sources: (endpoint) => [new RabbitmqSource(endpoint, 1)],
    most: mostDestinations,
  },
  {
    id: 'activemq',
    count: 10_000,
    make: activemqQueues,
    sources: (endpoint) => {
      const { url, username = '', password = '' } = endpoint;
      return [activemqSource(endpoint), activemqSource({ url, username, password })];
    },
    most: mostDestinations,
  },
  { id: 'kafka', count: 1_000, make: kafkaTopics, sources: (endpoint) => [new KafkaSource(endpoint)], most: 100 },
];

describe.skipIf(!isLong)('a broker with very many destinations', () => {
  it.for(cases)('$id: shows some, counts all, and finds one', { timeout: 600_000 }, async (one, { skip }) => {
    const given = shared[one.id];
    skip('missing' in given || given.provider !== 'local', `no local ${one.id} in this test run`);
    const server = await startChanged(one.id, () => ({}));
    const sources = one.sources(server.endpoint);
    try {
      await one.make(server.endpoint, one.count);
      for (const source of sources) {
        let last: Reading | undefined;
        const problems: string[] = [];
        const shows = (containing: string, check: (reading: Reading) => boolean): Promise<void> =>
          eventually(
            `"${containing}"`,
            async () => {
              // On a busy machine a question may come to its limit: that is told, and asked again.
              last = await source.read({ containing }).catch((error: unknown) => {
                problems.push(String(error));
                return undefined;
              });
              return last !== undefined && check(last);
            },
            180_000,
          ).catch((error: unknown) => {
            const { destinations = [], destinationCount, ...rest } = last ?? {};
            const seen = { ...rest, destinationCount, destinations: destinations.slice(0, 3), problems };
            throw new Error(`${String(error)}; last ${JSON.stringify(seen)}`);
          });
        await shows('many-', ({ destinationCount }) => destinationCount === one.count);
        expect(last?.destinations).toHaveLength(one.most);
        const sample = new RateKeeper(0).add(last!, 0);
        const at = new Date().toISOString();
        const table = renderSamples([{ target: 'x', at, sample }], { columns: 80, rows: 24, alert: (text) => text });
        expect(table.split('\n').length).toBeLessThanOrEqual(24);
        const shown = table.split('\n').filter((line) => /many-|m.*…/.test(line) && !line.includes('more;')).length;
        expect(table).toContain(`… and ${(one.count - shown).toLocaleString('en-US')} more`);
        const name = nameOf(one.count - 7);
        await shows(name, ({ destinations }) => destinations.length === 1);
        expect(last?.destinations[0]?.name).toBe(name);
        expect(last?.destinationCount).toBe(1);
      }
    } finally {
      await Promise.all(sources.map((source) => source.close()));
      await server.stop();
    }
  });
});
