/** Consumes on one channel. Deliveries are numbered by their order alone; acknowledgements leave as ranges. */
import type { Consumer, ConsumerSpec, Delivery, OnMessage } from '../adapter.js';
import type { Channel, Link } from './link.js';
import { eachBody, FrameType, keyAt, markAt, routedHeaderBytes } from './protocol.js';

/** Bound on the answer to an end of the subscription, in milliseconds. */
const unsubscribeMs = 4_000;

class MemoryDelivery implements Delivery {
  readonly partition = undefined;
  constructor(
    readonly body: Buffer,
    readonly redelivered: boolean,
    protected readonly consumer: MemoryConsumer,
    private readonly number: number,
  ) {}
  acknowledge(): void {
    this.consumer.acknowledge(this.number);
  }
}

/** A delivery where the destination has a pattern. */
class RoutedDelivery extends MemoryDelivery {
  constructor(
    body: Buffer,
    redelivered: boolean,
    consumer: MemoryConsumer,
    number: number,
    readonly key: string | undefined,
    private readonly mark: number,
  ) {
    super(body, redelivered, consumer, number);
  }

  reply(body: Buffer): void {
    this.consumer.reply(this.mark, body);
  }
}

export class MemoryConsumer implements Consumer, Channel {
  readonly #channel: number;
  readonly #acknowledges: boolean;
  #subscribed: Promise<unknown> | undefined;
  #received = 0;
  /** The range of acknowledgements that is still growing; empty when `last` is before `first`. */
  #first = 0;
  #last = -1;
  #ended = false;

  constructor(
    private readonly link: Link,
    private readonly spec: ConsumerSpec,
    private readonly onMessage: OnMessage,
  ) {
    this.#acknowledges = spec.destination.guarantee !== 'at-most-once';
    this.#channel = link.attach(this);
  }

  async ready(timeoutMs: number): Promise<void> {
    this.#subscribed ??= this.link.ask(
      {
        type: 'subscribe',
        channel: this.#channel,
        destination: this.spec.destination.name,
        index: this.spec.index,
        prefetch: this.spec.prefetch,
        acknowledgements: this.#acknowledges,
      },
      'let a consumer subscribe',
      timeoutMs,
    );
    await this.#subscribed;
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#writeRange();
    this.link.detach(this.#channel);
    if (this.link.gone) return;
    await this.link.ask({ type: 'unsubscribe', channel: this.#channel }, 'end a subscription', unsubscribeMs);
  }

  acknowledge(number: number): void {
    if (this.#ended || !this.#acknowledges) return;
    if (number !== this.#last + 1 || this.#last < this.#first) {
      this.#writeRange();
      this.#first = number;
    }
    this.#last = number;
    this.link.writer.schedule();
  }

  beforeWrite(): void {
    this.#writeRange();
  }

  reply(mark: number, body: Buffer): void {
    if (this.#ended) return;
    const marks = { key: 0, priority: 0, mark };
    this.link.writer.routed(FrameType.reply, this.#channel, body, 0, body.length, false, marks);
  }

  onDeliver(frame: Buffer, from: number, to: number, count: number, routed: boolean): void {
    if (routed) {
      this.#onRouted(frame, from, to, count);
      return;
    }
    eachBody(frame, from, to, count, (start, end, redelivered) => {
      const number = this.#received;
      this.#received += 1;
      if (!this.#ended) this.onMessage(new MemoryDelivery(frame.subarray(start, end), redelivered, this, number));
    });
  }

  #onRouted(frame: Buffer, from: number, to: number, count: number): void {
    const { pattern } = this.spec.destination;
    const keys = pattern?.kind === 'routing' || pattern?.kind === 'topics' ? pattern.keys : [];
    const take = (start: number, end: number, redelivered: boolean): void => {
      const number = this.#received;
      this.#received += 1;
      if (this.#ended) return;
      const [key, mark] = [keys[keyAt(frame, start)], markAt(frame, start)];
      this.onMessage(new RoutedDelivery(frame.subarray(start, end), redelivered, this, number, key, mark));
    };
    eachBody(frame, from, to, count, take, routedHeaderBytes);
  }

  onCancelled(reason: string): void {
    this.#ended = true;
    this.link.detach(this.#channel);
    this.spec.onCancelled(reason);
  }

  onGone(): void {
    this.#ended = true;
  }

  onConfirm(): void {}

  onRejected(): void {}

  onReply(): void {}

  #writeRange(): void {
    if (this.#last < this.#first) return;
    this.link.writer.range(this.#channel, this.#first, this.#last);
    this.#first = this.#last + 1;
  }
}
