/** Sends to a destination's topics, and where it requests, reads what comes back. */
import type { Producer, ProducerSpec } from '../adapter.js';
import { BrokerError } from '../../errors.js';
import { openConsumer, type EndableConsumer, type KafkaConsumerContext } from './consumer.js';
import { lanesOf, replySubscription, replyTopic } from './topology.js';
import { openWriter, type WriterContext } from './writer.js';

/** Headers of a request and its reply, as Spring for Apache Kafka names them in its request/reply. */
export const replyTopicHeader = 'kafka_replyTopic';
export const correlationHeader = 'kafka_correlationId';

export interface KafkaProducerContext extends Pick<
  WriterContext,
  'options' | 'where' | 'open' | 'onRetry' | 'metrics' | 'onConnectionError'
> {
  readonly spec: ProducerSpec;
  /** What a consumer of replies needs of the connection. */
  readonly consumer: Pick<KafkaConsumerContext, 'open' | 'group' | 'ends' | 'reachable'>;
  /** How long the consumer of replies may take to be there, in milliseconds. */
  readonly timeoutMs: number;
}

/** A producer that other parts of the connection can end. */
export interface EndableProducer extends Producer {
  /** Settles everything with this error and cuts the connection. */
  end(error: Error): void;
}

/**
 * Opens a producer; it is ready for its first message, and where it requests, for the first reply.
 * @throws BrokerError; UsageError for options that contradict the guarantee
 */
export async function openProducer(context: KafkaProducerContext): Promise<EndableProducer> {
  const { spec, options, where } = context;
  const { name, guarantee, pattern } = spec.destination;
  const lanes = lanesOf(spec.destination);
  const writer = await openWriter({
    ...context,
    lanes,
    name,
    guarantee,
    settle: (token, error) => spec.onSettled(token, error),
  });
  const laneOf = new Map(
    pattern?.kind === 'routing' || pattern?.kind === 'topics' ? pattern.keys.map((key, lane) => [key, lane]) : [],
  );

  let replies: EndableConsumer | undefined;
  const end = (error: Error): void => {
    writer.end(error);
    replies?.end(error);
  };
  const requester = spec.index ?? 0;
  const replyTo = replyTopic(name, requester);
  if (spec.onReply !== undefined) {
    try {
      replies = await openConsumer({
        ...context.consumer,
        options,
        where,
        onRetry: context.onRetry,
        metrics: context.metrics,
        destination: spec.destination,
        subscription: replySubscription(name, requester),
        resumes: false,
        onMessage: (delivery) => {
          const token = Number(delivery.header(correlationHeader));
          if (Number.isInteger(token)) spec.onReply?.(token, delivery.body);
        },
        onCancelled: (reason) =>
          end(new BrokerError(`Replies from ${name} come no more: ${reason}.`, 'lost', { where })),
      });
      await replies.ready(context.timeoutMs);
    } catch (error) {
      end(new Error('closed'));
      throw error;
    }
  }

  let turn = 0;
  return {
    send(body, token, partition, route) {
      if (spec.onReply !== undefined) {
        const headers = { [replyTopicHeader]: replyTo, [correlationHeader]: String(token) };
        writer.add(body, token, partition ?? turn++ % lanes.length, headers);
        return;
      }
      const lane = laneOf.size === 0 ? (partition ?? turn++ % lanes.length) : (laneOf.get(route?.key ?? '') ?? -1);
      // kafkajs would drop the message silently and report success.
      if (lane < 0 || lane >= lanes.length) throw new RangeError(`${name} has no partition ${partition ?? route?.key}`);
      writer.add(body, token, lane);
    },
    flush: () => writer.flush(),
    async close() {
      await Promise.all([writer.close(), replies?.close()]);
    },
    end,
  };
}
