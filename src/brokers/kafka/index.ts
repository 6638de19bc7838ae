/** Kafka through kafkajs. */
import { createRequire } from 'node:module';
import type { Adapter, Guarantee, GuaranteeSettings } from '../adapter.js';
import { replicationFactor, topicConfig } from './admin.js';
import { capabilities, capabilitiesWith } from './capabilities.js';
import { connectKafka } from './connection.js';
import { kafkaOptions, type KafkaOptions } from './options.js';
import { acksOf, idempotentRetries, maxInFlightOf } from './writer.js';

const { name, version } = createRequire(import.meta.url)('kafkajs/package.json') as { name: string; version: string };

const confirmMeans: Readonly<Record<Guarantee, string>> = {
  'at-most-once': 'The message is handed to the operating system; the broker is asked for no answer (acks=0).',
  'at-least-once':
    'The one replica has the message in its log, in the page cache unless flush settings of the topic or the broker say otherwise (acks=all).',
  replicated: 'Every in-sync replica, at least 2 of 3, has the message in its log, in the page cache (acks=all).',
};

const confirmedByLeader =
  "The partition's leader has the message in its log, in the page cache unless flush settings of the topic or the broker say otherwise (acks=1).";

function describeGuarantee(guarantee: Guarantee, options: KafkaOptions): GuaranteeSettings {
  const acks = acksOf(guarantee, options);
  const commits =
    acks === 0
      ? 'each fetched batch, before its messages are delivered'
      : `contiguous per partition, after processing: every ${options.commitEvery} messages of a partition or ${options.commitIntervalMs} ms`;
  return {
    confirmMeans: acks === 1 ? confirmedByLeader : confirmMeans[guarantee],
    settings: {
      acks: acks === -1 ? 'all' : String(acks),
      'enable.idempotence': String(options.idempotent),
      retries: options.idempotent ? `${idempotentRetries}, counted` : '0',
      'requests in flight': String(maxInFlightOf(options)),
      'replication.factor': String(replicationFactor(guarantee)),
      ...topicConfig(guarantee, options),
      ...(options.flushMessages === null ? { 'flush.messages': 'the broker decides' } : {}),
      'offset commits': commits,
      'auto.offset.reset': 'earliest',
      'session.timeout.ms': String(options.sessionTimeoutMs),
    },
  };
}

export const kafka: Adapter<KafkaOptions> = {
  id: 'kafka',
  client: () => ({ name, version }),
  capabilities,
  capabilitiesWith,
  options: kafkaOptions,
  describeGuarantee,
  // kafkajs leaves the group only when it ends in good order.
  takeover: ({ sessionTimeoutMs }) => ({
    killed: `session.timeout.ms ${sessionTimeoutMs}`,
    silent: `session.timeout.ms ${sessionTimeoutMs}`,
    killedMs: sessionTimeoutMs,
    silentMs: sessionTimeoutMs,
  }),
  connect: connectKafka,
};
