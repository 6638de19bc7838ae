/** Writes batches through a kafkajs producer: what producers and repliers have in common. */
import { CompressionTypes, type ICustomPartitioner, type IHeaders, type LogEntry, type Message } from 'kafkajs';
import { UsageError } from '../../errors.js';
import type { Guarantee } from '../adapter.js';
import { Batcher, type OutgoingMessage } from './batcher.js';
import { noRetry, requestTimeoutMs, type Client } from './client.js';
import { isConnectionError, toBrokerError } from './errors.js';
import type { KafkaMetrics } from './metrics.js';
import type { KafkaOptions } from './options.js';
import { recordOverhead } from './sizes.js';
import type { Lane } from './topology.js';
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
 * What a confirm waits for: no answer at all (0), the leader (1), or every in-sync replica (-1).
 * @throws UsageError for options that contradict the guarantee
 */
export function acksOf(guarantee: Guarantee, options: KafkaOptions): 0 | 1 | -1 {
  if (options.idempotent && (guarantee === 'at-most-once' || options.acks === '1')) {
    const what = guarantee === 'at-most-once' ? 'and at-most-once has none' : 'of all replicas, and "acks" is 1';
    throw new UsageError(`The Kafka option "idempotent" needs confirms, ${what}.`, {
      hint: 'Use the guarantee at-least-once with acks "all", or leave idempotent out.',
    });
  }
  if (guarantee === 'replicated' && options.acks === '1') {
    throw new UsageError(
      'The guarantee "replicated" needs the confirm of all replicas, and the Kafka option "acks" is 1.',
      {
        hint: 'Leave acks out, or use at-least-once.',
      },
    );
  }
  if (guarantee === 'at-most-once') return 0;
  return options.acks === '1' ? 1 : -1;
}

/** Produce requests in flight. */
export function maxInFlightOf(options: KafkaOptions): number {
  return options.idempotent ? 1 : options.maxInFlight;
}

export interface WriterContext {
  readonly lanes: readonly Lane[];
  /** The destination's name, for messages. */
  readonly name: string;
  readonly guarantee: Guarantee;
  readonly options: KafkaOptions;
  readonly where: string;
  /** Makes the client. */
  readonly open: (retry: typeof noRetry, onError: (entry: LogEntry) => void) => Client;
  readonly onRetry: (what: string) => void;
  readonly metrics: KafkaMetrics;
  /** A send failed because a connection did. */
  readonly onConnectionError: () => void;
  readonly settle: (token: number, error?: Error) => void;
}

export interface Writer {
  /** Takes one message for a lane, by its index. */
  add(body: Buffer, token: number, lane: number, headers?: IHeaders): void;
  flush(): Promise<void>;
  close(): Promise<void>;
  /** Settles everything with this error and cuts the connection. */
  end(error: Error): void;
}

/**
 * Connects and learns the topics' partitions, so that the first message waits for neither.
 * @throws BrokerError; UsageError for options that contradict the guarantee
 */
export async function openWriter(context: WriterContext): Promise<Writer> {
  const { lanes, name, options, where, onRetry } = context;
  const acks = acksOf(context.guarantee, options);
  const retry = options.idempotent ? { retries: idempotentRetries } : noRetry;
  const client = context.open(retry, ({ namespace, log }) => {
    // kafkajs tells of a retried send only in its log. The last failure is an error and not a retry.
    if (namespace === 'Producer' && typeof log.retryCount === 'number' && log.retryCount < (retry.retries ?? 0)) {
      onRetry(`kafkajs repeats a batch: ${log.message}`);
    }
  });
  /** The batch handed over last, until kafkajs asks where its first message goes: then it is through the lock. */
  let handed: { readonly first: Message | undefined; readonly taken: () => void } | undefined;
  const givenPartition: ICustomPartitioner =
    () =>
    ({ message }) => {
      if (message === handed?.first) {
        const { taken } = handed;
        handed = undefined;
        taken();
      }
      return message.partition ?? 0;
    };
  const producer = client.kafka.producer({
    createPartitioner: givenPartition,
    allowAutoTopicCreation: false,
    idempotent: options.idempotent,
    metadataMaxAge: metadataMaxAgeMs,
    retry,
  });
  context.metrics.produces(producer);
  const topics = [...new Set(lanes.map(({ topic }) => topic))];
  try {
    await producer.connect();
    // Without messages nothing is sent, but the topics' metadata is fetched.
    await producer.sendBatch({ topicMessages: topics.map((topic) => ({ topic, messages: [] })), acks });
  } catch (error) {
    client.sockets.cut(new Error('closed'));
    throw toBrokerError(error, `produce to ${name}`, where);
  }

  const compression = options.compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None;
  const request = { acks, timeout: requestTimeoutMs, compression };
  const [only] = topics;
  const write = async (messages: OutgoingMessage[], taken: () => void): Promise<void> => {
    context.metrics.sends(messages, lanes.length);
    const topicMessages =
      topics.length === 1 && only !== undefined ? [{ topic: only, messages }] : byTopic(messages, lanes);
    handed = { first: topicMessages[0]?.messages[0], taken };
    try {
      await producer.sendBatch({ ...request, topicMessages });
      if (acks === 0) await client.sockets.drained();
    } catch (error) {
      if (isConnectionError(error)) context.onConnectionError();
      throw toBrokerError(error, `produce to ${name}`, where);
    }
  };
  const batcher = new Batcher({
    batchSize: options.batchSize,
    batchBytes: options.batchBytes,
    maxInFlight: maxInFlightOf(options),
    lingerMs: options.lingerMs,
    overheadBytes: recordOverhead,
    write,
    settle: context.settle,
  });
  let closed: Promise<void> | undefined;
  return {
    add: (body, token, lane, headers) => batcher.add(body, token, lane, headers),
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

/** A batch for several topics, as kafkajs wants it: each lane's messages with the lane's own partition. */
function byTopic(
  messages: readonly OutgoingMessage[],
  lanes: readonly Lane[],
): { topic: string; messages: OutgoingMessage[] }[] {
  const found = new Map<string, OutgoingMessage[]>();
  for (const message of messages) {
    const { topic, partition } = lanes[message.partition]!;
    const own = found.get(topic);
    const addressed = { ...message, partition };
    if (own === undefined) found.set(topic, [addressed]);
    else own.push(addressed);
  }
  return Array.from(found, ([topic, own]) => ({ topic, messages: own }));
}
