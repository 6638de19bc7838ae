/** Consumes on one channel. Deliveries are numbered by their order alone; acknowledgements leave as ranges. */
import type { Consumer, ConsumerSpec, Delivery, OnMessage } from '../adapter.js';
import type { Channel, Link } from './link.js';
import { eachBody } from './protocol.js';

/** Bound on the answer to an end of the subscription, in milliseconds. */
const unsubscribeMs = 4_000;

class MemoryDelivery implements Delivery {
  readonly partition = undefined;
  constructor(
    readonly body: Buffer,
    readonly redelivered: boolean,
    private readonly consumer: MemoryConsumer,
    private readonly number: number,
  ) {}
  acknowledge(): void {
    this.consumer.acknowledge(this.number);
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

  onDeliver(frame: Buffer, from: number, to: number, count: number): void {
    eachBody(frame, from, to, count, (start, end, redelivered) => {
      const number = this.#received;
      this.#received += 1;
      if (!this.#ended) this.onMessage(new MemoryDelivery(frame.subarray(start, end), redelivered, this, number));
    });
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

  #writeRange(): void {
    if (this.#last < this.#first) return;
    this.link.writer.range(this.#channel, this.#first, this.#last);
    this.#first = this.#last + 1;
  }
}
