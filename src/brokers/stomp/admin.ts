/** Makes and removes queues, removes topics, counts them, and says what the server is. */
import { BrokerError } from '../../errors.js';
import type { DestinationStats, Endpoint, ServerInfo } from '../adapter.js';
import type { Session } from './session.js';
import type { Statistics } from './statistics.js';

/** Bound on one step, in milliseconds. */
const stepTimeoutMs = 10_000;

/** A queue that gives nothing for so long is empty, or someone else holds the rest. Milliseconds. */
const quietMs = 500;

/** Rounds without a message while the queue is not empty, after which draining gives up. */
const fruitlessRounds = 10;

/** STOMP has no clusters: whatever is behind the address is one broker to a client. */
export function serverInfo(session: Session): ServerInfo {
  const { product, version } = session.dialect;
  return { product, ...(version === undefined ? {} : { version }), nodes: 1 };
}

/** STOMP makes a queue at its first use: one is subscribed to, for no message, and left again. */
export async function createQueue(session: Session, name: string): Promise<void> {
  const id = session.listen('client-individual', (frame) => frame.resume());
  await session.request(
    'SUBSCRIBE',
    {
      id,
      destination: session.dialect.newQueue(name),
      ack: 'client-individual',
      ...session.dialect.prefetchHeaders(1),
    },
    stepTimeoutMs,
    'making a queue',
  );
  await session.request('UNSUBSCRIBE', { id }, stepTimeoutMs, 'making a queue');
}

/**
 * STOMP has no way to delete a queue. Where the management interface lets us, it is removed there; else it is
 * emptied, which takes a user's rights only, and left to the broker: an ActiveMQ whose policy has
 * `gcInactiveDestinations` removes it once `inactiveTimeoutBeforeGC` has passed, another keeps the empty queue.
 * Emptying goes at some thousand messages a second and stops when nothing comes any more.
 * RabbitMQ keeps the empty queue for ever; Artemis deletes a queue that is empty and unused by itself.
 * @throws BrokerError lost or timeout; or other, when messages remain because another consumer holds them, or RabbitMQ
 *   keeps the queue
 */
export async function deleteQueue(session: Session, endpoint: Endpoint, name: string): Promise<void> {
  const { broker } = session.dialect;
  if (broker === 'rabbitmq') {
    const { deleteRabbitmqQueue } = await import('./rabbitmq-api.js');
    if (await deleteRabbitmqQueue(endpoint, name)) return;
    while ((await drain(session, name)) > 0);
    const why =
      endpoint.managementUrl === undefined
        ? 'the address names no management interface (?management=http://HOST:15672)'
        : 'the management interface does not let this user delete it';
    throw new BrokerError(
      `Queue ${name} stays on RabbitMQ, empty: STOMP has no way to delete it, and ${why}.`,
      'other',
      {
        where: session.where,
        hint: 'Mend the address or the rights of its user, or delete the queue yourself.',
      },
    );
  }
  if (broker !== 'activemq') {
    while ((await drain(session, name)) > 0);
    return;
  }
  const { remove } = await import('./jolokia.js');
  if (await remove(endpoint, 'Queue', name)) return;
  for (let fruitless = 0; !(await isEmpty(session, name));) {
    const taken = await drain(session, name);
    fruitless = taken === 0 ? fruitless + 1 : 0;
    if (fruitless === fruitlessRounds) {
      throw new BrokerError(`Queue ${name} still holds messages that another consumer has not acknowledged.`, 'other', {
        where: session.where,
        hint: 'Close every consumer of the queue first.',
      });
    }
  }
}

/**
 * Removes topics where the management interface lets us. Without a subscription a topic holds nothing, and what
 * {@link deleteQueue} says of empty queues goes for it.
 */
export async function deleteTopics(endpoint: Endpoint, names: readonly string[]): Promise<void> {
  const { remove } = await import('./jolokia.js');
  await Promise.all(names.map((name) => remove(endpoint, 'Topic', name)));
}

/** Takes messages until none has come for a while; returns how many came. */
async function drain(session: Session, name: string): Promise<number> {
  let taken = 0;
  // Under `auto` the broker drops a message as it sends it, so nothing comes back.
  const id = session.listen('auto', (frame) => {
    taken++;
    frame.resume();
  });
  await session.request(
    'SUBSCRIBE',
    { id, destination: session.dialect.queue(name), ack: 'auto', ...session.dialect.prefetchHeaders(1_000) },
    stepTimeoutMs,
    'emptying a queue',
  );
  for (let before = -1; before !== taken;) {
    before = taken;
    await new Promise((resolve) => setTimeout(resolve, quietMs));
  }
  // The receipt comes after every message that was on its way.
  await session.request('UNSUBSCRIBE', { id }, stepTimeoutMs, 'emptying a queue');
  return taken;
}

/**
 * Browses a queue, messages in flight included, until the first message or the mark `browser:end`, which ActiveMQ
 * Classic sends when it has shown all.
 */
async function isEmpty(session: Session, name: string): Promise<boolean> {
  let answer: (empty: boolean) => void = () => undefined;
  const answered = new Promise<boolean>((resolve) => (answer = resolve));
  const id = session.listen('auto', (frame) => {
    answer(frame.headers['browser'] === 'end');
    frame.resume();
  });
  const forget = session.onEnd(() => answer(false));
  const timer = setTimeout(() => answer(false), stepTimeoutMs);
  try {
    const destination = session.dialect.queue(name);
    const headers = { id, destination, ack: 'auto', browser: 'true', ...session.dialect.prefetchHeaders(1) };
    await session.request('SUBSCRIBE', headers, stepTimeoutMs, 'browsing a queue');
    const empty = await answered;
    await session.request('UNSUBSCRIBE', { id }, stepTimeoutMs, 'browsing a queue');
    return empty;
  } finally {
    clearTimeout(timer);
    forget();
  }
}

/** What the statistics plugin says, nothing where it does not answer. */
export async function stats(statistics: Statistics, name: string): Promise<DestinationStats> {
  const counters = await statistics.counters(name);
  if (counters === undefined) return {};
  return {
    // The plugin's size includes what is in flight.
    ready: Math.max(0, counters.size - counters.inflightCount),
    unacknowledged: counters.inflightCount,
    consumers: counters.consumerCount,
    published: counters.enqueueCount,
    acknowledged: counters.dequeueCount,
  };
}
