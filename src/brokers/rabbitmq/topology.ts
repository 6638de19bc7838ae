/** What each pattern is on RabbitMQ: queues, an exchange and bindings, and how a message is addressed. */
import { randomBytes } from 'node:crypto';
import type { Channel, Options } from 'amqplib';
import type { DestinationSpec } from '../adapter.js';
import {
  hasSubscriptions,
  subscriptionName,
  type HeaderBinding,
  type PatternKind,
  type SubscriptionPattern,
} from '../pattern.js';
import type { RabbitmqOptions } from './options.js';

/** The kind of queue that a guarantee gets. */
export function queueTypeOf(guarantee: DestinationSpec['guarantee'], options: RabbitmqOptions): 'classic' | 'quorum' {
  return guarantee === 'replicated' ? 'quorum' : options.queueType;
}

const exchangeTypes: Readonly<Record<SubscriptionPattern['kind'], 'fanout' | 'direct' | 'topic' | 'headers'>> = {
  'pub-sub': 'fanout',
  routing: 'direct',
  topics: 'topic',
  headers: 'headers',
};

/**
 * Where messages are published to: an exchange that the destination has to itself, or the default exchange and the
 * name of the one queue.
 */
export function addressOf({ name, pattern }: DestinationSpec): { readonly exchange: string; readonly key: string } {
  return hasSubscriptions(pattern) ? { exchange: name, key: '' } : { exchange: '', key: name };
}

/** Whether every message must find a queue: a message that no subscriber wants is none that was lost. */
export function isMandatory(kind: PatternKind | undefined): boolean {
  return kind === undefined || kind === 'work-queue' || kind === 'request-reply';
}

/** The queues that outlive their consumers. */
export function lastingQueues({ name, consumers, pattern }: DestinationSpec): readonly string[] {
  if (!hasSubscriptions(pattern)) return [name];
  if (!pattern.durable) return [];
  return Array.from({ length: consumers }, (_, index) => subscriptionName(name, index));
}

/** How the names begin of the queues that go with their consumers; undefined where there are none. */
export function passingQueuesPrefix({ name, pattern }: DestinationSpec): string | undefined {
  return hasSubscriptions(pattern) && !pattern.durable ? `${name}.` : undefined;
}

/**
 * Declares queue or exchange: durable, since RabbitMQ 4 refuses queues that are not and that several connections
 * share, and each queue with its type said, since a virtual host can have another default.
 */
export async function declare(channel: Channel, spec: DestinationSpec, options: RabbitmqOptions): Promise<void> {
  const { name, pattern } = spec;
  if (hasSubscriptions(pattern)) await channel.assertExchange(name, exchangeTypes[pattern.kind], { durable: true });
  const priorities = pattern?.kind === 'work-queue' ? pattern.priorities : undefined;
  for (const [index, queue] of lastingQueues(spec).entries()) {
    await channel.assertQueue(queue, {
      durable: true,
      arguments: {
        'x-queue-type': queueTypeOf(spec.guarantee, options),
        ...(priorities === undefined ? {} : { 'x-max-priority': priorities - 1 }),
      },
    });
    if (hasSubscriptions(pattern)) await bind(channel, queue, name, pattern, index);
  }
}

/** Deletes everything that {@link declare} made, with what is in it; RabbitMQ answers the same when it is gone. */
export async function remove(channel: Channel, spec: DestinationSpec): Promise<void> {
  for (const queue of lastingQueues(spec)) await channel.deleteQueue(queue);
  if (hasSubscriptions(spec.pattern)) await channel.deleteExchange(spec.name);
}

/**
 * The queue that consumer `index` takes from. A subscriber that is not durable gets one here: exclusive, so that it
 * goes with the connection, and of a name that no earlier connection can still hold.
 */
export async function queueOf(channel: Channel, { name, pattern }: DestinationSpec, index: number): Promise<string> {
  if (!hasSubscriptions(pattern)) return name;
  const queue = subscriptionName(name, index);
  if (pattern.durable) return queue;
  const own = `${queue}.${randomBytes(4).toString('hex')}`;
  await channel.assertQueue(own, { exclusive: true, durable: false, arguments: { 'x-queue-type': 'classic' } });
  await bind(channel, own, name, pattern, index);
  return own;
}

async function bind(
  channel: Channel,
  queue: string,
  exchange: string,
  pattern: SubscriptionPattern,
  index: number,
): Promise<void> {
  switch (pattern.kind) {
    case 'pub-sub':
      await channel.bindQueue(queue, exchange, '');
      return;
    case 'routing':
    case 'topics':
      for (const key of pattern.bindings[index] ?? []) await channel.bindQueue(queue, exchange, key);
      return;
    case 'headers':
      for (const binding of pattern.bindings[index] ?? []) {
        await channel.bindQueue(queue, exchange, '', bindingArguments(binding));
      }
  }
}

/** https://www.rabbitmq.com/docs/exchanges#headers: `x-match` says how many of the other arguments must match. */
function bindingArguments({ match, headers }: HeaderBinding): Options.AssertQueue['arguments'] {
  return { ...headers, 'x-match': match };
}
