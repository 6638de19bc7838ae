/** Publishes on one channel. Messages are numbered by their order alone, so a confirm is one number for many. */
import type { Producer, ProducerSpec } from '../adapter.js';
import type { BrokerError } from '../../errors.js';
import type { Route } from '../pattern.js';
import { closedError, failedError } from './errors.js';
import type { Channel, Link } from './link.js';
import { eachBody, FrameType, isRouted, markAt, maxBodyBytes, routedHeaderBytes } from './protocol.js';

const initialCapacity = 1024;

export class MemoryProducer implements Producer, Channel {
  readonly #channel: number;
  readonly #confirms: boolean;
  readonly #routed: boolean;
  /** Each key's place among the pattern's. */
  readonly #keys: ReadonlyMap<string, number>;
  /** Tokens of messages `settled` to `sent`, at their number modulo the length. */
  #tokens = new Float64Array(initialCapacity);
  #sent = 0;
  #settled = 0;
  /** How many were in the write that is under way, where the write is all that settles them. */
  #written = 0;
  #gone: BrokerError | undefined;
  readonly #flushes: { readonly upTo: number; readonly resolve: () => void }[] = [];

  private constructor(
    private readonly link: Link,
    private readonly spec: ProducerSpec,
  ) {
    this.#confirms = spec.destination.guarantee !== 'at-most-once';
    const { pattern } = spec.destination;
    this.#routed = isRouted(pattern);
    const keys = pattern?.kind === 'routing' || pattern?.kind === 'topics' ? pattern.keys : [];
    this.#keys = new Map(keys.map((key, place) => [key, place]));
    this.#channel = link.attach(this);
  }

  /** @throws BrokerError when the destination is not there */
  static async open(link: Link, spec: ProducerSpec): Promise<MemoryProducer> {
    const producer = new MemoryProducer(link, spec);
    try {
      await link.ask(
        {
          type: 'open-producer',
          channel: producer.#channel,
          destination: spec.destination.name,
          confirms: producer.#confirms,
        },
        'open a producer',
      );
    } catch (error) {
      link.detach(producer.#channel);
      throw error;
    }
    return producer;
  }

  send(body: Buffer, token: number, _partition?: number, route?: Route): void {
    if (this.#gone || body.length > maxBodyBytes) {
      const error =
        this.#gone ?? failedError(`a body has ${body.length} bytes, ${maxBodyBytes} at most`, this.link.where);
      this.spec.onSettled(token, error);
      return;
    }
    if (this.#keys.size > 0 && !this.#keys.has(route?.key ?? '')) {
      throw new RangeError(`${this.spec.destination.name} has no key "${route?.key ?? ''}"`);
    }
    if (this.#sent - this.#settled === this.#tokens.length) this.#grow();
    this.#tokens[this.#sent % this.#tokens.length] = token;
    this.#sent += 1;
    if (this.#routed) this.#sendRouted(body, token, route);
    else this.link.writer.body(FrameType.publish, this.#channel, body, 0, body.length, false);
  }

  flush(): Promise<void> {
    if (this.#settled === this.#sent) return Promise.resolve();
    this.link.writer.flush();
    return new Promise((resolve) => this.#flushes.push({ upTo: this.#sent, resolve }));
  }

  async close(): Promise<void> {
    if (this.#gone) return;
    this.link.tell({ type: 'close-producer', channel: this.#channel });
    this.link.detach(this.#channel);
    this.onGone(closedError(this.link.where));
  }

  beforeWrite(): void {
    if (this.#confirms || this.#written === this.#sent) return;
    const upTo = this.#sent;
    this.#written = upTo;
    this.link.writer.whenWritten((error) => {
      // With an error the connection is gone, which settles them.
      if (!error && !this.#gone) this.#settle(upTo, undefined);
    });
  }

  onConfirm(upTo: number): void {
    this.#settle(Math.min(upTo, this.#sent), undefined);
  }

  onRejected(upTo: number, reason: string): void {
    this.#settle(Math.min(upTo, this.#sent), failedError(reason, this.link.where));
  }

  onGone(error: BrokerError): void {
    this.#gone = error;
    this.#settle(this.#sent, error);
  }

  onReply(frame: Buffer, from: number, to: number, count: number): void {
    const take = (start: number, end: number): void => {
      if (!this.#gone) this.spec.onReply?.(markAt(frame, start), frame.subarray(start, end));
    };
    eachBody(frame, from, to, count, take, routedHeaderBytes);
  }

  onDeliver(): void {}

  onCancelled(): void {}

  #sendRouted(body: Buffer, token: number, route: Route | undefined): void {
    const marks = { key: this.#keys.get(route?.key ?? '') ?? 0, priority: route?.priority ?? 0, mark: token };
    this.link.writer.routed(FrameType.publishRouted, this.#channel, body, 0, body.length, false, marks);
  }

  /** onSettled may send, so every number is read anew. */
  #settle(upTo: number, error: BrokerError | undefined): void {
    while (this.#settled < upTo) {
      const token = this.#tokens[this.#settled % this.#tokens.length]!;
      this.#settled += 1;
      if (error) this.spec.onSettled(token, error);
      else this.spec.onSettled(token);
    }
    while (this.#flushes.length > 0 && this.#flushes[0]!.upTo <= this.#settled) this.#flushes.shift()!.resolve();
  }

  #grow(): void {
    const { length } = this.#tokens;
    const larger = new Float64Array(2 * length);
    for (let n = this.#settled; n < this.#sent; n += 1) larger[n % larger.length] = this.#tokens[n % length]!;
    this.#tokens = larger;
  }
}
