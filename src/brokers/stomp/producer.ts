/** Sends to one queue. */
import type { Producer, ProducerSpec } from '../adapter.js';
import { BrokerError } from '../../errors.js';
import type { Session } from './session.js';

/**
 * At-least-once: SEND with `persistent:true` and a receipt each. Only a receipt makes ActiveMQ wait for its store
 * before it answers. At-most-once: neither; a message is settled when the operating system has it.
 */
export class StompProducer implements Producer {
  readonly #session: Session;
  readonly #spec: ProducerSpec;
  readonly #destination: string;
  readonly #confirmed: boolean;
  readonly #unsettled = new Set<number>();
  #flushing: (() => void)[] = [];
  #over: BrokerError | undefined;
  readonly #forget: () => void;

  constructor(session: Session, spec: ProducerSpec) {
    this.#session = session;
    this.#spec = spec;
    this.#destination = session.dialect.queue(spec.destination.name);
    this.#confirmed = spec.destination.guarantee !== 'at-most-once';
    this.#forget = session.onEnd((reason) => this.#end(reason));
  }

  send(body: Buffer, token: number): void {
    if (this.#over !== undefined) return this.#spec.onSettled(token, this.#over);
    this.#unsettled.add(token);
    const settle = (): void => this.#settle(token);
    // content-length lets a body hold zero bytes, and makes it a BytesMessage on ActiveMQ.
    if (this.#confirmed) {
      const headers = { destination: this.#destination, persistent: 'true', 'content-length': body.length };
      this.#session.send('SEND', headers, body, settle);
    } else {
      const headers = { destination: this.#destination, 'content-length': body.length };
      this.#session.send('SEND', headers, body, undefined, settle);
    }
  }

  flush(): Promise<void> {
    if (this.#unsettled.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushing.push(resolve));
  }

  async close(): Promise<void> {
    this.#forget();
    this.#end(new BrokerError('The producer was closed before this message was confirmed.', 'other'));
  }

  #settle(token: number): void {
    // Gone already when the producer was closed before the receipt came.
    if (!this.#unsettled.delete(token)) return;
    this.#spec.onSettled(token);
    if (this.#flushing.length > 0 && this.#unsettled.size === 0) this.#flushed();
  }

  #end(reason: BrokerError): void {
    this.#over ??= reason;
    const tokens = [...this.#unsettled];
    this.#unsettled.clear();
    for (const token of tokens) this.#spec.onSettled(token, reason);
    this.#flushed();
  }

  #flushed(): void {
    const waiting = this.#flushing;
    this.#flushing = [];
    for (const resolve of waiting) resolve();
  }
}
