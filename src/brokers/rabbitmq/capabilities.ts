/** What RabbitMQ and amqplib can do, and which destinations they cannot have. */
import type { Capabilities, DestinationSpec } from '../adapter.js';
import { hasSubscriptions } from '../pattern.js';
import { maxMessageBytes } from './limits.js';
import type { RabbitmqOptions } from './options.js';
import { queueTypeOf } from './topology.js';

export const capabilities: Capabilities = {
  guarantees: { 'at-most-once': true, 'at-least-once': true, replicated: true },
  patterns: {
    'pub-sub': true,
    routing: true,
    topics: true,
    headers: true,
    'request-reply': true,
    'durable-subscriptions': true,
    priority: true,
    replay: { reason: 'a queue forgets what is acknowledged; only streams, which AMQP 0-9-1 queues are not, keep it' },
    transactions: { reason: 'amqplib has no AMQP transactions (tx), and RabbitMQ has confirms instead' },
  },
  partitioned: false,
  dispatch: 'dynamic',
  prefetch: true,
  redeliveredFlag: true,
  maxBodyBytes: maxMessageBytes,
};

/** @returns a clause; undefined where there is nothing against it */
export function refuses(
  { guarantee, pattern }: Omit<DestinationSpec, 'name'>,
  options: RabbitmqOptions,
): string | undefined {
  if (hasSubscriptions(pattern) && !pattern.durable && guarantee === 'replicated') {
    return 'the queue of a subscriber that is not durable belongs to one connection and is never replicated';
  }
  if (
    pattern?.kind === 'work-queue' &&
    pattern.priorities !== undefined &&
    queueTypeOf(guarantee, options) !== 'classic'
  ) {
    return 'a quorum queue takes no number of priorities (x-max-priority)';
  }
  return undefined;
}
