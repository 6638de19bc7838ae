/** What Kafka and kafkajs can do. */
import type { Capabilities } from '../adapter.js';
import type { KafkaOptions } from './options.js';
import { maxBodyBytes } from './sizes.js';

export const capabilities: Capabilities = {
  guarantees: { 'at-most-once': true, 'at-least-once': true, replicated: true },
  patterns: {
    'pub-sub': true,
    routing: true,
    topics: true,
    headers: { reason: 'a Kafka broker does not look into headers: only consumers could filter by them' },
    'request-reply': true,
    'durable-subscriptions': true,
    priority: { reason: 'a Kafka partition is read in the order it was written, whatever is urgent' },
    replay: true,
    transactions: { reason: 'the confirms compared on Kafka are acks 0, 1 and all, not its transactions' },
  },
  partitioned: true,
  dispatch: 'static',
  prefetch: {
    reason:
      'Kafka consumers fetch by bytes (maxBytesPerPartition, maxBytes), and nothing limits how many messages are unacknowledged.',
  },
  redeliveredFlag: false,
  maxBodyBytes,
};

/** Which guarantees the options leave. */
export function capabilitiesWith({ idempotent, acks }: KafkaOptions): Pick<Capabilities, 'guarantees'> {
  return {
    guarantees: {
      'at-most-once': idempotent
        ? { reason: 'an idempotent producer needs confirms, and at-most-once has none' }
        : true,
      'at-least-once': true,
      replicated:
        acks === '1' ? { reason: 'with acks=1 the leader alone confirms, which says nothing of the replicas' } : true,
    },
  };
}
