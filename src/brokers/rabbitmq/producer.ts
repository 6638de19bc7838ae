/** Sending: publisher confirms where the guarantee asks for them, else settled as frames leave. */
import type { Channel, ConfirmChannel, Options } from 'amqplib';
import type { Producer, ProducerSpec } from '../adapter.js';
import type { Route } from '../pattern.js';
import { BrokerError } from '../../errors.js';
import { answered, lostError, operationError } from './errors.js';
import { closeChannel, closeTimeoutMs, type Loss } from './channel.js';
import { replyTo, type Replies } from './replies.js';
import { addressOf, isMandatory } from './topology.js';

/**
 * Frames that a channel without confirms buffers before publish() says so. Small, so that "settled" means handed
 * to the operating system but for a few frames; amqplib's own 1,024 would count megabytes as written that never
 * left the process.
 */
export const unconfirmedFrames = 16;

/** What both kinds share: counting what is unsettled, and why a channel that ended did so. */
abstract class ChannelProducer<C extends Channel> implements Producer {
  #unsettled = 0;
  #idle: (() => void)[] = [];
  #failure: BrokerError | undefined;
  #closed: Promise<void> | undefined;
  protected readonly exchange: string;
  /** The routing key of a message whose route has none. */
  protected readonly key: string;

  /** @param replies where the producer gets replies */
  constructor(
    protected readonly channel: C,
    protected readonly spec: ProducerSpec,
    private readonly loss: Loss,
    private readonly replies: Replies | undefined,
  ) {
    ({ exchange: this.exchange, key: this.key } = addressOf(spec.destination));
    channel.on('error', (error) => {
      this.#failure = operationError(`take messages for ${spec.destination.name}`, error, loss.where);
      if (this.#closed === undefined) loss.channelEnded(this.#failure);
    });
  }

  abstract send(body: Buffer, token: number, partition?: number, route?: Route): void;

  flush(): Promise<void> {
    if (this.#unsettled === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  close(): Promise<void> {
    this.replies?.stop();
    this.#closed ??= answered(closeChannel(this.channel), closeTimeoutMs, 'close a producer', this.loss.where);
    return this.#closed;
  }

  /** The properties of one message: `base` as it is where the pattern adds nothing. */
  protected propertiesOf(base: Options.Publish, token: number, route: Route | undefined): Options.Publish {
    if (this.replies !== undefined) return { ...base, replyTo, correlationId: String(token) };
    if (route === undefined || (route.priority === undefined && route.headers === undefined)) return base;
    const { priority, headers } = route;
    return {
      ...base,
      ...(priority === undefined ? {} : { priority }),
      ...(headers === undefined ? {} : { headers }),
    };
  }

  protected accepted(): void {
    this.#unsettled++;
  }

  protected settle(token: number, error?: Error): void {
    this.#unsettled--;
    this.spec.onSettled(token, error);
    if (this.#unsettled === 0 && this.#idle.length > 0) {
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  /** Why the channel takes no more; one object for all messages, as there may be thousands. */
  protected failure(): BrokerError {
    this.#failure ??= this.loss.error() ?? this.#ending();
    return this.#failure;
  }

  #ending(): BrokerError {
    const { where } = this.loss;
    if (this.#closed === undefined) return lostError(new Error('the broker closed it'), where);
    return new BrokerError('The producer was closed before the broker confirmed the message.', 'other', { where });
  }
}

/** Persistent, mandatory where each message has to find a queue, and settled by the broker's confirm. */
export class ConfirmedProducer extends ChannelProducer<ConfirmChannel> {
  /** Delivery tag of the last message: the broker counts messages on the channel from 1. */
  #last = 0;
  /** Messages up to this tag were in flight when the broker returned one. */
  #returned = 0;
  #unroutable: BrokerError | undefined;
  #refused: BrokerError | undefined;

  readonly #base: Options.Publish;
  readonly #where: string;

  constructor(channel: ConfirmChannel, spec: ProducerSpec, loss: Loss, replies: Replies | undefined) {
    super(channel, spec, loss, replies);
    this.#base = { persistent: true, mandatory: isMandatory(spec.destination.pattern?.kind) };
    this.#where = loss.where;
    // A return does not say which message it is, and comes before that message's confirm. With one queue behind
    // the producer it means that the queue is gone, and what is in flight with it: all of that counts as
    // unconfirmed, rather than to pay for an id in every message.
    channel.on('return', () => {
      this.#returned = this.#last;
    });
  }

  send(body: Buffer, token: number, _partition?: number, route?: Route): void {
    const tag = this.#last + 1;
    this.accepted();
    const properties = this.propertiesOf(this.#base, token, route);
    try {
      this.channel.publish(this.exchange, route?.key ?? this.key, body, properties, (error: unknown) =>
        this.#onConfirm(tag, token, error),
      );
      this.#last = tag;
    } catch {
      this.settle(token, this.failure());
    }
  }

  #onConfirm(tag: number, token: number, error: unknown): void {
    if (error !== null) this.settle(token, this.#refusal(error));
    else if (tag <= this.#returned) this.settle(token, this.#return());
    else this.settle(token);
  }

  #return(): BrokerError {
    this.#unroutable ??= new BrokerError(`RabbitMQ returned a message: there is no queue ${this.key}.`, 'other', {
      where: this.#where,
      hint: 'The queue was deleted while messages were sent to it.',
    });
    return this.#unroutable;
  }

  #refusal(error: unknown): BrokerError {
    // amqplib's words for a basic.nack; otherwise the channel ended.
    if (!(error instanceof Error) || error.message !== 'message nacked') return this.failure();
    this.#refused ??= new BrokerError('RabbitMQ refused a message (basic.nack).', 'other', {
      where: this.#where,
      hint: "Look at the broker's log: the queue could not take it, or no longer had a majority.",
    });
    return this.#refused;
  }
}

const transient: Options.Publish = { persistent: false };

/** Transient, without confirms; settled when written. */
export class UnconfirmedProducer extends ChannelProducer<Channel> {
  /** Tokens of messages that wait in amqplib's buffer. */
  #buffered: number[] = [];

  constructor(channel: Channel, spec: ProducerSpec, loss: Loss, replies: Replies | undefined) {
    super(channel, spec, loss, replies);
    channel.on('drain', () => this.#settleBuffered());
    channel.on('close', () => this.#settleBuffered(this.failure()));
  }

  send(body: Buffer, token: number, _partition?: number, route?: Route): void {
    this.accepted();
    const properties = this.propertiesOf(transient, token, route);
    let written: boolean;
    try {
      written = this.channel.publish(this.exchange, route?.key ?? this.key, body, properties);
    } catch {
      this.settle(token, this.failure());
      return;
    }
    // false: it is buffered all the same, and so is whatever follows until 'drain'.
    if (written && this.#buffered.length === 0) this.settle(token);
    else this.#buffered.push(token);
  }

  #settleBuffered(error?: Error): void {
    const tokens = this.#buffered;
    this.#buffered = [];
    for (const token of tokens) this.settle(token, error);
  }
}
