/**
 * Durable subscriptions. ActiveMQ knows one by the client's id and a name, and lets one connection at a time have an
 * id, so each subscriber has a session of its own, whose id is the subscription's name.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectContext, DestinationSpec, Endpoint } from '../adapter.js';
import { hasSubscriptions, subscriptionName } from '../pattern.js';
import { BrokerError } from '../../errors.js';
import { openSession, type Session } from './session.js';
import { subscriptionOf } from './topology.js';
import type { OutgoingHeaders } from './wire.js';

/** Bound on one step, in milliseconds. */
const stepTimeoutMs = 10_000;
/** How long the broker may take to notice that the subscriber's last connection is gone, and the pause between tries. */
const goneTimeoutMs = 10_000;
const pauseMs = 100;

/** The SUBSCRIBE header that makes a subscription durable. */
const nameHeader = 'activemq.subscriptionName';

export function isDurable({ pattern }: DestinationSpec): boolean {
  return hasSubscriptions(pattern) && pattern.durable;
}

/** The SUBSCRIBE headers of a durable subscriber, without id, ack and prefetch. */
export function durableSubscription(spec: DestinationSpec, index: number, session: Session): OutgoingHeaders {
  return { ...subscriptionOf(spec, index, session.dialect), [nameHeader]: subscriptionName(spec.name, index) };
}

/**
 * Opens the session of a durable subscriber.
 * @throws BrokerError
 */
export async function openSubscriber(
  endpoint: Endpoint,
  spec: DestinationSpec,
  index: number,
  context: Pick<ConnectContext, 'timeoutMs'>,
  onLost: (error: BrokerError) => void,
): Promise<Session> {
  const deadline = Date.now() + goneTimeoutMs;
  for (;;) {
    try {
      return await openSession(endpoint, {
        id: subscriptionName(spec.name, index),
        timeoutMs: context.timeoutMs,
        onLost,
      });
    } catch (error) {
      const taken = error instanceof BrokerError && /already connected/.test(error.message);
      if (!taken || Date.now() > deadline) throw error;
      await sleep(pauseMs);
    }
  }
}

/** Makes each subscriber's subscription, which keeps its messages from then on. */
export async function createSubscriptions(
  endpoint: Endpoint,
  spec: DestinationSpec,
  context: Pick<ConnectContext, 'timeoutMs'>,
): Promise<void> {
  await forEachSubscriber(endpoint, spec, context, async (session, index) => {
    const ack = 'client-individual';
    const id = session.listen(ack, (frame) => frame.resume());
    const headers = { id, ack, ...durableSubscription(spec, index, session), ...session.dialect.prefetchHeaders(1) };
    await session.request('SUBSCRIBE', headers, stepTimeoutMs, 'making a durable subscription');
    await session.request('UNSUBSCRIBE', { id }, stepTimeoutMs, 'making a durable subscription');
  });
}

/** Removes each subscriber's subscription with what it keeps; one that is not there is no error. */
export async function deleteSubscriptions(
  endpoint: Endpoint,
  spec: DestinationSpec,
  context: Pick<ConnectContext, 'timeoutMs'>,
): Promise<void> {
  await forEachSubscriber(endpoint, spec, context, async (session, index) => {
    // With the name ActiveMQ Classic takes an UNSUBSCRIBE as the end of the subscription, whatever the id.
    const headers = { id: 'none', [nameHeader]: subscriptionName(spec.name, index) };
    try {
      await session.request('UNSUBSCRIBE', headers, stepTimeoutMs, 'removing a durable subscription');
    } catch (error) {
      if (!(error instanceof BrokerError) || !/No durable subscription/i.test(error.message)) throw error;
    }
  });
}

async function forEachSubscriber(
  endpoint: Endpoint,
  spec: DestinationSpec,
  context: Pick<ConnectContext, 'timeoutMs'>,
  task: (session: Session, index: number) => Promise<void>,
): Promise<void> {
  for (let index = 0; index < spec.consumers; index += 1) {
    const session = await openSubscriber(endpoint, spec, index, context, () => undefined);
    try {
      await task(session, index);
    } finally {
      await session.close();
    }
  }
}
