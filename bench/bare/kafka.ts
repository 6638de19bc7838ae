/** The bare kafkajs loop: acks=all, batches of 1,000, five requests in flight, partitions in turn. */
import net from 'node:net';
import { Kafka, logLevel, type SASLOptions } from 'kafkajs';
import type { Endpoint } from '../../dist/brokers/adapter.js';
import { consumers, inFlight } from '../settings.js';
import type { BareClient } from './client.js';

const batch = 1_000;
/** The adapter's own cadence (commitEvery in src/brokers/kafka/options.ts). */
const commitEvery = 1_000;

function open(endpoint: Endpoint, retries: number): Kafka {
  const sasl = saslOf(endpoint);
  return new Kafka({
    brokers: [new URL(endpoint.url).host],
    logLevel: logLevel.NOTHING,
    retry: { retries, initialRetryTime: 100 },
    socketFactory: ({ host, port, onConnect }) => net.connect({ host, port }, onConnect).setNoDelay(true),
    ...(sasl === undefined ? {} : { sasl }),
  });
}

function saslOf({ username, password = '', saslMechanism = 'plain' }: Endpoint): SASLOptions | undefined {
  return username === undefined ? undefined : { mechanism: saslMechanism, username, password };
}

export const kafka: BareClient = {
  async producer(endpoint, topic, body) {
    const producer = open(endpoint, 0).producer({
      allowAutoTopicCreation: false,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
    });
    await producer.connect();
    return async (messages) => {
      let sent = 0;
      const lane = async (): Promise<void> => {
        while (sent < messages) {
          const size = Math.min(batch, messages - sent);
          const list = Array.from({ length: size }, () => ({ value: body, partition: sent++ % consumers }));
          await producer.send({ topic, acks: -1, messages: list });
        }
      };
      await Promise.all(Array.from({ length: inFlight / batch }, lane));
    };
  },

  async consumer(endpoint, topic, received) {
    // Joining a group at the same time as others needs retries.
    const consumer = open(endpoint, 10).consumer({
      groupId: topic,
      maxWaitTimeInMs: 100,
      sessionTimeout: 10_000,
      heartbeatInterval: 500,
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    // The group has settled when each of the consumers has its one partition.
    const settled = new Promise<void>((resolve) =>
      consumer.on('consumer.group_join', ({ payload }) => {
        if (Object.values(payload.memberAssignment).flat().length === 1) resolve();
      }),
    );
    let uncommitted = 0;
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (let i = 0; i < batch.messages.length; i++) received();
        uncommitted += batch.messages.length;
        if (uncommitted < commitEvery) return;
        uncommitted = 0;
        const offset = String(BigInt(batch.lastOffset()) + 1n);
        await consumer.commitOffsets([{ topic, partition: batch.partition, offset }]);
      },
    });
    await settled;
  },
};
