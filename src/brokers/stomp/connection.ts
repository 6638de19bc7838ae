/** Opens a connection: a STOMP session for the work and, on demand, one for statistics and for durable subscribers. */
import { randomUUID } from 'node:crypto';
import type {
  ConnectContext,
  Connection,
  Consumer,
  ConsumerSpec,
  DestinationSpec,
  DestinationStats,
  Endpoint,
  OnMessage,
  Producer,
  ProducerSpec,
  ServerInfo,
} from '../adapter.js';
import { hasSubscriptions } from '../pattern.js';
import { assertDestination, assertProducer } from '../../patterns/refusal.js';
import * as admin from './admin.js';
import { brokerOf, capabilities, capabilitiesWith, refuses } from './capabilities.js';
import { StompConsumer } from './consumer.js';
import { createSubscriptions, deleteSubscriptions, durableSubscription, isDurable, openSubscriber } from './durable.js';
import { otherServerError } from './errors.js';
import type { StompOptions } from './options.js';
import { StompProducer } from './producer.js';
import { Replies } from './replies.js';
import { openSession, type Session } from './session.js';
import type { Statistics } from './statistics.js';
import { queueName, subscriptionOf, topicNames } from './topology.js';

/** @throws BrokerError absent, refused, protocol or timeout */
export async function connect(endpoint: Endpoint, options: StompOptions, context: ConnectContext): Promise<Connection> {
  // ActiveMQ refuses a second connection under the same id.
  const id = `${context.clientName}-${randomUUID().slice(0, 8)}`;
  let lost = false;
  const onLost = (error: Error): void => {
    if (lost) return;
    lost = true;
    context.events.onLost(error);
  };
  const session = await openSession(endpoint, { id, timeoutMs: context.timeoutMs, onLost });
  const expected = brokerOf(options);
  if (session.dialect.broker !== expected) {
    session.destroy();
    throw otherServerError(session.dialect, expected, session.where);
  }
  return new StompConnection(session, endpoint, options, context, `${id}-statistics`, onLost);
}

class StompConnection implements Connection {
  /** The work's and those of durable subscribers. */
  readonly #sessions: Session[];
  /** From the first question on. */
  #statistics: Promise<Statistics> | undefined;
  #closed = false;

  constructor(
    private readonly session: Session,
    private readonly endpoint: Endpoint,
    private readonly options: StompOptions,
    private readonly context: ConnectContext,
    private readonly statisticsId: string,
    private readonly onLost: (error: Error) => void,
  ) {
    this.#sessions = [session];
  }

  async serverInfo(): Promise<ServerInfo> {
    return admin.serverInfo(this.session);
  }

  async createDestination(spec: DestinationSpec): Promise<void> {
    assertDestination({ capabilities, capabilitiesWith, refuses }, spec, this.options);
    if (isDurable(spec)) await createSubscriptions(this.endpoint, spec, this.context);
    // A topic needs no making: whoever subscribes or sends first makes it, and without a subscriber it keeps nothing.
    if (!hasSubscriptions(spec.pattern)) await this.#createQueue(queueName(spec));
  }

  /** In a session of its own on RabbitMQ, whose plugin remembers for a session what it has made and does not look again. */
  async #createQueue(name: string): Promise<void> {
    if (this.session.dialect.broker !== 'rabbitmq') return admin.createQueue(this.session, name);
    const { clientName, timeoutMs } = this.context;
    const id = `${clientName}-${randomUUID().slice(0, 8)}`;
    const session = await openSession(this.endpoint, { id, timeoutMs, onLost: () => undefined });
    try {
      await admin.createQueue(session, name);
    } finally {
      await session.close();
    }
  }

  async deleteDestination(spec: DestinationSpec): Promise<void> {
    if (isDurable(spec)) await deleteSubscriptions(this.endpoint, spec, this.context);
    if (hasSubscriptions(spec.pattern)) await admin.deleteTopics(this.endpoint, topicNames(spec));
    else await admin.deleteQueue(this.session, this.endpoint, queueName(spec));
  }

  async createProducer(spec: ProducerSpec): Promise<Producer> {
    assertProducer(capabilities, spec);
    return new StompProducer(this.session, spec, await Replies.subscribe(this.session, spec));
  }

  async createConsumer(spec: ConsumerSpec, onMessage: OnMessage): Promise<Consumer> {
    const { destination, index } = spec;
    if (!isDurable(destination)) {
      const subscription = subscriptionOf(destination, index, this.session.dialect);
      return new StompConsumer(this.session, spec, subscription, onMessage);
    }
    const session = await openSubscriber(this.endpoint, destination, index, this.context, this.onLost);
    this.#sessions.push(session);
    if (this.session.ended) session.destroy();
    return new StompConsumer(session, spec, durableSubscription(destination, index, session), onMessage);
  }

  async stats(spec: DestinationSpec): Promise<DestinationStats> {
    // The plugin counts what a topic took in and gave out over all of its subscriptions, which is not what waits in them.
    if (this.session.dialect.broker !== 'activemq') return {};
    if (this.#closed || hasSubscriptions(spec.pattern)) return {};
    // Loaded with the first question, which few workers ask.
    this.#statistics ??= import('./statistics.js').then(
      ({ Statistics }) => new Statistics(this.endpoint, this.statisticsId),
    );
    return admin.stats(await this.#statistics, queueName(spec));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const statistics = await this.#statistics;
    await Promise.all([...this.#sessions.map((session) => session.close()), statistics?.close()]);
  }

  destroy(): void {
    this.#closed = true;
    for (const session of this.#sessions) session.destroy();
    void this.#statistics?.then((statistics) => statistics.destroy());
  }
}
