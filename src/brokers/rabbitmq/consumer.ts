/** Receiving: one channel a consumer, deliveries as they come, one acknowledgement a message. */
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Consumer, ConsumerSpec, Delivery, OnMessage } from '../adapter.js';
import { operationError, within } from './errors.js';
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

  acknowledge(): void {
    try {
      this.#channel.ack(this.#message);
    } catch {
      // The channel has ended: the broker hands the message out again, which is what the promise says.
    }
  }
}

/** A delivery that the broker forgot as it sent it; one object a consumer, filled anew for each message. */
class AutomaticDelivery implements Delivery {
  body: Buffer = Buffer.alloc(0);
  redelivered = false;
  readonly partition = undefined;
  acknowledge(): void {}
}

export class RabbitConsumer implements Consumer {
  readonly #channel: Channel;
  readonly #spec: ConsumerSpec;
  readonly #loss: Loss;
  readonly #subscribed: Promise<string>;
  #cancelled = false;
  #closed: Promise<void> | undefined;

  /** @param channel one of its own, with the prefetch already set */
  constructor(channel: Channel, spec: ConsumerSpec, onMessage: OnMessage, loss: Loss) {
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
      if (message === null) this.#cancel(`RabbitMQ cancelled it: the queue ${spec.destination.name} is gone.`);
      else deliver(message);
    };
    this.#subscribed = channel.consume(spec.destination.name, onDelivery, { noAck }).then((ok) => ok.consumerTag);
    // ready() and close() look at the outcome; a failure before that is not a crash.
    this.#subscribed.catch(() => {});
  }

  async ready(timeoutMs: number): Promise<void> {
    const what = `start a consumer on ${this.#spec.destination.name}`;
    try {
      await within(this.#subscribed, timeoutMs, what, this.#loss.where);
    } catch (error) {
      throw this.#loss.error() ?? operationError(what, error, this.#loss.where);
    }
  }

  close(): Promise<void> {
    this.#closed ??= within(this.#end(), closeTimeoutMs, 'close a consumer', this.#loss.where);
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
    const delivery = new AutomaticDelivery();
    return (message) => {
      delivery.body = message.content;
      delivery.redelivered = message.fields.redelivered;
      onMessage(delivery);
    };
  }
}
