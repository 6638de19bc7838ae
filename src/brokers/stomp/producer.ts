/** Sends to one destination. */
import type { Producer, ProducerSpec } from '../adapter.js';
import { BrokerError } from '../../errors.js';
import type { Route } from '../pattern.js';
import type { Replies } from './replies.js';
import type { Session } from './session.js';
import { Addressing } from './topology.js';
import type { OutgoingHeaders } from './wire.js';

/**
 * At-least-once: SEND with `persistent:true` and a receipt each, or for the COMMIT of each transaction. Only a receipt
 * makes ActiveMQ wait for its store before it answers. At-most-once: neither; a message is settled when the
 * operating system has it.
 */
export class StompProducer implements Producer {
  readonly #session: Session;
  readonly #spec: ProducerSpec;
  readonly #addressing: Addressing;
  readonly #replies: Replies | undefined;
  readonly #confirmed: boolean;
  readonly #unsettled = new Set<number>();
  /** Tokens of the transaction that is open. */
  #transaction: number[] = [];
  #transactionId = '';
  #flushing: (() => void)[] = [];
  #over: BrokerError | undefined;
  readonly #forget: () => void;

  /** @param replies where the producer gets replies */
  constructor(session: Session, spec: ProducerSpec, replies: Replies | undefined) {
    this.#session = session;
    this.#spec = spec;
    this.#addressing = new Addressing(spec.destination, session.dialect);
    this.#replies = replies;
    this.#confirmed = spec.destination.guarantee !== 'at-most-once';
    this.#forget = session.onEnd((reason) => this.#end(reason));
  }

  send(body: Buffer, token: number, _partition?: number, route?: Route): void {
    if (this.#over !== undefined) return this.#spec.onSettled(token, this.#over);
    // content-length lets a body hold zero bytes, and makes it a BytesMessage on ActiveMQ.
    const destination = this.#addressing.destination(route);
    const headers: OutgoingHeaders = this.#confirmed
      ? { destination, persistent: 'true', 'content-length': body.length }
      : { destination, 'content-length': body.length };
    this.#addressing.addTo(headers, route);
    this.#replies?.addTo(headers, token);
    this.#unsettled.add(token);
    if (this.#spec.transactionSize !== undefined) {
      this.#sendWithin(this.#spec.transactionSize, headers, body, token);
      return;
    }
    const settle = (): void => this.#settle(token);
    if (this.#confirmed) this.#session.send('SEND', headers, body, settle);
    else this.#session.send('SEND', headers, body, undefined, settle);
  }

  flush(): Promise<void> {
    this.#commit();
    if (this.#unsettled.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushing.push(resolve));
  }

  async close(): Promise<void> {
    this.#forget();
    this.#replies?.stop();
    if (this.#transaction.length > 0) this.#session.send('ABORT', { transaction: this.#transactionId });
    this.#end(new BrokerError('The producer was closed before this message was confirmed.', 'other'));
  }

  #sendWithin(size: number, headers: OutgoingHeaders, body: Buffer, token: number): void {
    if (this.#transaction.length === 0) {
      this.#transactionId = this.#session.newTransaction();
      this.#session.send('BEGIN', { transaction: this.#transactionId });
    }
    headers['transaction'] = this.#transactionId;
    this.#transaction.push(token);
    this.#session.send('SEND', headers, body);
    if (this.#transaction.length >= size) this.#commit();
  }

  /** Ends the open transaction, if there is one; its messages settle with the receipt. */
  #commit(): void {
    const tokens = this.#transaction;
    if (tokens.length === 0) return;
    const transaction = this.#transactionId;
    this.#transaction = [];
    this.#session.send('COMMIT', { transaction }, undefined, () => {
      for (const token of tokens) this.#settle(token);
    });
  }

  #settle(token: number): void {
    // Gone already when the producer was closed before the receipt came.
    if (!this.#unsettled.delete(token)) return;
    this.#spec.onSettled(token);
    if (this.#flushing.length > 0 && this.#unsettled.size === 0) this.#flushed();
  }

  #end(reason: BrokerError): void {
    this.#over ??= reason;
    this.#transaction = [];
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
