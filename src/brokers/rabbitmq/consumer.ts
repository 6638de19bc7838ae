/** Receiving: one channel a consumer, deliveries as they come, one acknowledgement a message. */
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Consumer, ConsumerSpec, Delivery, OnMessage } from '../adapter.js';
import { answered, operationError } from './errors.js';
import { closeChannel, closeTimeoutMs, type Loss } from './channel.js';

/** A delivery that the broker holds until it is acknowledged. */
class PendingDelivery implements Delivery {
  readonly body: Buffer;
  readonly redelivered: boolean;
  readonly #channel: Channel;
  readonly #message: ConsumeMessage;

  constructor(channel: Channel, message: ConsumeMessage) {
    this.body = message.content;
    this.redelivered = message.fields.redelivered;
    this.#channel = channel;
    this.#message = message;
  }

  get partition(): undefined {
    return undefined;
  }

  get key(): string {
    return this.#message.fields.routingKey;
  }

  acknowledge(): void {
    try {
      this.#channel.ack(this.#message);
    } catch {
      // The channel has ended: the broker hands the message out again, which is what the promise says.
    }
  }

  reply(body: Buffer): void {
    reply(this.#channel, this.#message, body);
  }
}

/** A delivery that the broker forgot as it sent it; one object a consumer, filled anew for each message. */
class AutomaticDelivery implements Delivery {
  readonly partition = undefined;

  constructor(
    private readonly channel: Channel,
    /** The one that is being delivered. */
    public message: ConsumeMessage,
  ) {}

  get body(): Buffer {
    return this.message.content;
  }

  get redelivered(): boolean {
    return this.message.fields.redelivered;
  }

  get key(): string {
    return this.message.fields.routingKey;
  }

  acknowledge(): void {}

  reply(body: Buffer): void {
    reply(this.channel, this.message, body);
  }
}

/** Answers on the consumer's own channel, so before the acknowledgement that follows; nobody confirms it. */
function reply(channel: Channel, { properties }: ConsumeMessage, body: Buffer): void {
  const { replyTo, correlationId } = properties as { readonly replyTo?: string; readonly correlationId?: string };
  if (replyTo === undefined || correlationId === undefined) return;
  try {
    channel.publish('', replyTo, body, { correlationId });
  } catch {
    // The channel has ended: the request is handed out again, or lost where nothing is acknowledged.
  }
}

export class RabbitConsumer implements Consumer {
  readonly #channel: Channel;
  readonly #spec: ConsumerSpec;
  readonly #loss: Loss;
  readonly #subscribed: Promise<string>;
  #cancelled = false;
  #closed: Promise<void> | undefined;

  /**
   * @param channel one of its own, with the prefetch already set
   * @param queue what to take from
   */
  constructor(channel: Channel, queue: string, spec: ConsumerSpec, onMessage: OnMessage, loss: Loss) {
    this.#channel = channel;
    this.#spec = spec;
    this.#loss = loss;
    const noAck = spec.destination.guarantee === 'at-most-once';
    const deliver = noAck ? this.#automatic(onMessage) : this.#manual(onMessage);
    channel.on('error', (error) => {
      const reason = operationError('go on delivering', error, loss.where).message;
      // Where the subscription itself failed, ready() says so.
      this.#subscribed.then(() => this.#cancel(reason)).catch(() => {});
    });
    const onDelivery = (message: ConsumeMessage | null): void => {
      if (message === null) this.#cancel(`RabbitMQ cancelled it: the queue ${queue} is gone.`);
      else deliver(message);
    };
    this.#subscribed = channel.consume(queue, onDelivery, { noAck }).then((ok) => ok.consumerTag);
    // ready() and close() look at the outcome; a failure before that is not a crash.
    this.#subscribed.catch(() => {});
  }

  async ready(timeoutMs: number): Promise<void> {
    const what = `start a consumer on ${this.#spec.destination.name}`;
    try {
      await answered(this.#subscribed, timeoutMs, what, this.#loss.where);
    } catch (error) {
      throw this.#loss.error() ?? operationError(what, error, this.#loss.where);
    }
  }

  close(): Promise<void> {
    this.#closed ??= answered(this.#end(), closeTimeoutMs, 'close a consumer', this.#loss.where);
    return this.#closed;
  }

  async #end(): Promise<void> {
    try {
      await this.#channel.cancel(await this.#subscribed);
    } catch {
      // Never subscribed, already cancelled, or the connection is gone: the channel's end covers all of them.
    }
    await closeChannel(this.#channel);
  }

  /** The subscription ended by itself; said once. */
  #cancel(reason: string): void {
    if (this.#closed !== undefined || this.#cancelled) return;
    this.#cancelled = true;
    this.#spec.onCancelled(reason);
  }

  #manual(onMessage: OnMessage): (message: ConsumeMessage) => void {
    const channel = this.#channel;
    return (message) => {
      // After close() was called nobody will acknowledge: the broker gives what still comes to another consumer.
      if (this.#closed === undefined) onMessage(new PendingDelivery(channel, message));
    };
  }

  #automatic(onMessage: OnMessage): (message: ConsumeMessage) => void {
    const channel = this.#channel;
    let delivery: AutomaticDelivery | undefined;
    return (message) => {
      if (delivery === undefined) delivery = new AutomaticDelivery(channel, message);
      else delivery.message = message;
      onMessage(delivery);
    };
  }
}
