/** Receives from one queue, or from the topics of one subscriber. */
import type { Consumer, ConsumerSpec, Delivery, OnMessage } from '../adapter.js';
import { readBody } from './body.js';
import type { BrokerError } from '../../errors.js';
import { timeoutError } from './errors.js';
import type { Session } from './session.js';
import { keyOf } from './topology.js';
import type { AckMode, IncomingFrame, OutgoingHeaders } from './wire.js';

/** Bound on unsubscribing, in milliseconds. */
const closeTimeoutMs = 4_000;

/**
 * One subscription: `client-individual` under at-least-once, `auto` under at-most-once. It never sends a NACK, which
 * ActiveMQ takes as the order to move a message to its dead-letter queue. What a lost connection leaves
 * unacknowledged goes back to the queue, however often: the limit of 6 redeliveries is the JMS client's.
 */
export class StompConsumer implements Consumer {
  readonly #session: Session;
  readonly #onMessage: OnMessage;
  readonly #id: string;
  readonly #acknowledges: boolean;
  /** The receipt for SUBSCRIBE, or why there will be none. */
  readonly #subscribed: Promise<BrokerError | undefined>;
  readonly #spec: ConsumerSpec;
  #closed: Promise<void> | undefined;

  /** @param subscription the SUBSCRIBE headers that say what to */
  constructor(session: Session, spec: ConsumerSpec, subscription: OutgoingHeaders, onMessage: OnMessage) {
    this.#session = session;
    this.#spec = spec;
    this.#onMessage = onMessage;
    this.#acknowledges = spec.destination.guarantee !== 'at-most-once';
    const ack: AckMode = this.#acknowledges ? 'client-individual' : 'auto';
    this.#id = session.listen(ack, (frame) => this.#receive(frame));
    this.#subscribed = new Promise((resolve) => {
      session.onEnd(resolve);
      session.send(
        'SUBSCRIBE',
        {
          id: this.#id,
          ...subscription,
          ack,
          ...session.dialect.prefetchHeaders(spec.prefetch),
        },
        undefined,
        () => resolve(undefined),
      );
    });
  }

  async ready(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<BrokerError>((resolve) => {
      timer = setTimeout(() => resolve(timeoutError(this.#session.where, 'subscribing')), timeoutMs);
    });
    const error = await Promise.race([this.#subscribed, late]);
    clearTimeout(timer);
    if (error !== undefined) throw error;
  }

  /** Messages that were delivered and are not acknowledged by now go back to the queue. */
  close(): Promise<void> {
    this.#closed ??= this.#session
      .request('UNSUBSCRIBE', { id: this.#id }, closeTimeoutMs, 'unsubscribing')
      // A session that is gone has no subscription either.
      .catch(() => undefined);
    return this.#closed;
  }

  /** Sends an ACK; stompit escapes the id again just as the server had. */
  acknowledge(ackId: string): void {
    if (this.#closed === undefined) this.#session.send('ACK', { id: ackId });
  }

  /** Artemis does so of some messages alone, which says nothing of the others. */
  get tellsRedelivery(): boolean {
    return this.#session.dialect.broker !== 'artemis';
  }

  keyOf(destination: string | undefined): string | undefined {
    return keyOf(this.#spec.destination, destination);
  }

  /** Answers a request; nobody confirms it. */
  reply({ 'reply-to': destination, 'correlation-id': correlation }: IncomingFrame['headers'], body: Buffer): void {
    if (destination === undefined || correlation === undefined) return;
    this.#session.send('SEND', { destination, 'correlation-id': correlation, 'content-length': body.length }, body);
  }

  #receive(frame: IncomingFrame): void {
    readBody(frame, (body) => {
      if (this.#closed !== undefined || this.#session.ended) return;
      const { headers } = frame;
      this.#onMessage(new StompDelivery(body, headers, this, this.#acknowledges ? headers['ack'] : undefined));
    });
  }
}

class StompDelivery implements Delivery {
  readonly partition = undefined;
  constructor(
    readonly body: Buffer,
    private readonly headers: IncomingFrame['headers'],
    private readonly consumer: StompConsumer,
    /** Undefined when there is nothing (more) to acknowledge: a second ACK is an error to the broker. */
    private ackId: string | undefined,
  ) {}

  get redelivered(): boolean | undefined {
    return this.consumer.tellsRedelivery ? this.headers['redelivered'] === 'true' : undefined;
  }

  get key(): string | undefined {
    return this.consumer.keyOf(this.headers['destination']);
  }

  acknowledge(): void {
    if (this.ackId === undefined) return;
    this.consumer.acknowledge(this.ackId);
    this.ackId = undefined;
  }

  reply(body: Buffer): void {
    this.consumer.reply(this.headers, body);
  }
}
