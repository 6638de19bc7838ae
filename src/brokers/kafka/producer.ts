/** Sends batches through a kafkajs producer. */
import { CompressionTypes, type ICustomPartitioner, type LogEntry } from 'kafkajs';
import { UsageError } from '../../errors.js';
import type { Guarantee, Producer, ProducerSpec } from '../adapter.js';
import { Batcher, type OutgoingMessage } from './batcher.js';
import { noRetry, requestTimeoutMs, type Client } from './client.js';
import { isConnectionError, toBrokerError } from './errors.js';
import type { KafkaMetrics } from './metrics.js';
import { recordOverhead, type KafkaOptions } from './options.js';
import { settledWithin } from './waiting.js';

/** kafkajs refuses idempotence without retries; each one is told. */
export const idempotentRetries = 5;

/**
 * kafkajs refreshes metadata by age (5 min by default) in the middle of a run; requests that wait for that together
 * need not leave in order. An error refreshes it anyway.
 */
const metadataMaxAgeMs = 24 * 3_600_000;

/** How long a goodbye may take, in milliseconds. */
const closeTimeoutMs = 3_000;

/**
 * What a confirm waits for: no answer at all (0), or every in-sync replica (-1).
 * @throws UsageError for `idempotent` under at-most-once
 */
export function acksOf(guarantee: Guarantee, options: KafkaOptions): 0 | -1 {
  if (guarantee !== 'at-most-once') return -1;
  if (!options.idempotent) return 0;
  throw new UsageError('The Kafka option "idempotent" needs confirms, and at-most-once has none.', {
    hint: 'Use the guarantee at-least-once, or leave idempotent out.',
  });
}

/** Produce requests in flight. */
export function maxInFlightOf(options: KafkaOptions): number {
  return options.idempotent ? 1 : options.maxInFlight;
}

const givenPartition: ICustomPartitioner =
  () =>
  ({ message }) =>
    message.partition ?? 0;

export interface KafkaProducerContext {
  readonly spec: ProducerSpec;
  readonly options: KafkaOptions;
  readonly where: string;
  /** Makes the client. */
  readonly open: (retry: typeof noRetry, onError: (entry: LogEntry) => void) => Client;
  readonly onRetry: (what: string) => void;
  readonly metrics: KafkaMetrics;
  /** A send failed because a connection did. */
  readonly onConnectionError: () => void;
}

/** A producer that other parts of the connection can end. */
export interface EndableProducer extends Producer {
  /** Settles everything with this error and cuts the connection. */
  end(error: Error): void;
}

/**
 * Connects a producer and learns the topic's partitions, so that the first message waits for neither.
 * @throws BrokerError; UsageError for `idempotent` under at-most-once
 */
export async function openProducer(context: KafkaProducerContext): Promise<EndableProducer> {
  const { spec, options, where, onRetry } = context;
  const { name: topic, consumers: partitions, guarantee } = spec.destination;
  const acks = acksOf(guarantee, options);
  const retry = options.idempotent ? { retries: idempotentRetries } : noRetry;
  const client = context.open(retry, ({ namespace, log }) => {
    // kafkajs tells of a retried send only in its log. The last failure is an error and not a retry.
    if (namespace === 'Producer' && typeof log.retryCount === 'number' && log.retryCount < (retry.retries ?? 0)) {
      onRetry(`kafkajs repeats a batch: ${log.message}`);
    }
  });
  const producer = client.kafka.producer({
    createPartitioner: givenPartition,
    allowAutoTopicCreation: false,
    idempotent: options.idempotent,
    metadataMaxAge: metadataMaxAgeMs,
    retry,
  });
  context.metrics.produces(producer);
  try {
    await producer.connect();
    // Without messages nothing is sent, but the topic's metadata is fetched.
    await producer.send({ topic, messages: [], acks });
  } catch (error) {
    client.sockets.cut(new Error('closed'));
    throw toBrokerError(error, `produce to ${topic}`, where);
  }

  const write = async (messages: OutgoingMessage[]): Promise<void> => {
    context.metrics.sends(messages.length, partitions);
    try {
      await producer.send({ topic, messages, acks, timeout: requestTimeoutMs, compression: CompressionTypes.None });
      if (acks === 0) await client.sockets.drained();
    } catch (error) {
      if (isConnectionError(error)) context.onConnectionError();
      throw toBrokerError(error, `produce to ${topic}`, where);
    }
  };
  const batcher = new Batcher({
    batchSize: options.batchSize,
    batchBytes: options.batchBytes,
    maxInFlight: maxInFlightOf(options),
    lingerMs: options.lingerMs,
    overheadBytes: recordOverhead,
    write,
    settle: (token, error) => spec.onSettled(token, error),
  });
  let turn = 0;
  let closed: Promise<void> | undefined;
  return {
    send(body, token, partition = turn++ % partitions) {
      // kafkajs would drop the message silently and report success.
      if (partition < 0 || partition >= partitions) throw new RangeError(`${topic} has no partition ${partition}`);
      batcher.add(body, token, partition);
    },
    flush: () => batcher.flush(),
    close: () =>
      (closed ??= (async () => {
        batcher.end(new Error('The producer was closed before the message was confirmed.'));
        await settledWithin(producer.disconnect(), closeTimeoutMs);
        client.sockets.cut(new Error('closed'));
      })()),
    end(error) {
      batcher.end(error);
      client.sockets.cut(error);
    },
  };
}
