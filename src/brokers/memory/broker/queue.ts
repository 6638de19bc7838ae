/** One queue of the embedded broker: first in, first out, shared by its consumers message by message. */
import { priorityAt } from '../protocol.js';
import type { QueueStats } from '../server-message.js';
import { MessageRing } from './ring.js';

/** Where a consumer's deliveries go. */
export interface DeliverySink {
  deliver(frame: Buffer, from: number, to: number, redelivered: boolean): void;
  /** The queue is gone. */
  cancelled(reason: string): void;
  /** Whether the consumer's connection is too far behind to be given more. */
  congested(): boolean;
}

/** Counts the bytes that a broker holds. */
export interface Ledger {
  add(bytes: number): void;
}

/** A consumer of a queue and what it holds unacknowledged. */
export class Subscriber {
  /** Numbered as the deliveries are; a hole is an acknowledged message. */
  readonly held = new MessageRing();
  outstanding = 0;

  constructor(
    readonly queue: Queue,
    /** Undefined where deliveries are not acknowledged. */
    readonly prefetch: number | undefined,
    readonly sink: DeliverySink,
  ) {}

  get hasCredit(): boolean {
    return (this.prefetch === undefined || this.outstanding < this.prefetch) && !this.sink.congested();
  }
}

/** A message that came back. */
interface Returned {
  readonly frame: Buffer;
  readonly from: number;
  readonly to: number;
  readonly position: number;
  readonly level: number;
}

export interface QueueOptions {
  /** Levels of priority, read from routed frames; one where the messages have none. */
  readonly levels?: number;
  /** Keeps nothing once its last consumer has left. */
  readonly transient?: boolean;
}

export class Queue {
  /** What waits, by priority; delivered from the last. */
  readonly #levels: readonly MessageRing[];
  readonly #transient: boolean;
  /** Messages that came back, the one to be delivered first at the end; all older than those that wait at their level. */
  readonly #returned: Returned[] = [];
  readonly #subscribers: Subscriber[] = [];
  #turn = 0;
  #published = 0;
  #acknowledged = 0;
  #unacknowledged = 0;
  #deleted = false;

  constructor(
    readonly name: string,
    private readonly ledger: Ledger,
    { levels = 1, transient = false }: QueueOptions = {},
  ) {
    this.#levels = Array.from({ length: levels }, () => new MessageRing());
    this.#transient = transient;
  }

  get deleted(): boolean {
    return this.#deleted;
  }

  get #ready(): number {
    let ready = this.#returned.length;
    for (const ring of this.#levels) ready += ring.end - ring.first;
    return ready;
  }

  stats(): QueueStats {
    return {
      ready: this.#ready,
      unacknowledged: this.#unacknowledged,
      consumers: this.#subscribers.length,
      published: this.#published,
      acknowledged: this.#acknowledged,
    };
  }

  /** Whether a message is of use to this queue. */
  get takes(): boolean {
    return !this.#transient || this.#subscribers.length > 0;
  }

  /** Takes a message; {@link dispatch} hands it out. */
  publish(frame: Buffer, from: number, to: number): void {
    this.#levels[this.#levelOf(frame, from)]!.push(frame, from, to, this.#published);
    this.#published += 1;
    this.ledger.add(to - from);
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscribers.push(subscriber);
    this.dispatch();
  }

  /** Takes a consumer away; what it holds comes back in its old order, before everything that is waiting. */
  unsubscribe(subscriber: Subscriber): void {
    const index = this.#subscribers.indexOf(subscriber);
    if (index < 0) return;
    this.#subscribers.splice(index, 1);
    const { held } = subscriber;
    this.#unacknowledged -= subscriber.outstanding;
    subscriber.outstanding = 0;
    while (held.first < held.end) {
      const n = held.first;
      const [frame, from] = [held.frame(n)!, held.from(n)];
      const level = this.#levelOf(frame, from);
      this.#returned.push({ frame, from, to: held.to(n), position: held.position(n), level });
      held.remove(n);
    }
    this.#returned.sort((a, b) => a.level - b.level || b.position - a.position);
    if (!this.takes) this.#clear();
    this.dispatch();
  }

  /** Acknowledges an inclusive range of a consumer's deliveries; what is acknowledged already is passed over. */
  acknowledge(subscriber: Subscriber, first: number, last: number): void {
    const { held } = subscriber;
    const end = Math.min(last, held.end - 1);
    for (let n = Math.max(first, held.first); n <= end; n += 1) {
      if (held.frame(n) === undefined) continue;
      this.ledger.add(held.from(n) - held.to(n));
      held.remove(n);
      subscriber.outstanding -= 1;
      this.#unacknowledged -= 1;
      this.#acknowledged += 1;
    }
  }

  /** Gives out what waits, to one consumer after the other, as long as any of them may have more. */
  dispatch(): void {
    while (this.#ready > 0) {
      const subscriber = this.#nextWithCredit();
      if (subscriber === undefined) return;
      let level = this.#levels.length - 1;
      while (level > 0 && this.#levels[level]!.first === this.#levels[level]!.end) level -= 1;
      const back = this.#returned.at(-1);
      const messages = this.#levels[level]!;
      const n = messages.first;
      if (back !== undefined && (back.level >= level || n === messages.end)) {
        this.#returned.pop();
        this.#deliver(subscriber, back.frame, back.from, back.to, back.position, true);
        continue;
      }
      this.#deliver(subscriber, messages.frame(n)!, messages.from(n), messages.to(n), messages.position(n), false);
      messages.remove(n);
    }
  }

  /** Drops everything and tells the consumers. */
  delete(): void {
    this.#deleted = true;
    this.#clear();
    for (const { sink } of this.#subscribers.splice(0)) sink.cancelled(`the queue ${this.name} was deleted`);
  }

  #clear(): void {
    let bytes = 0;
    for (const { from, to } of this.#returned) bytes += to - from;
    for (const ring of [...this.#levels, ...this.#subscribers.map(({ held }) => held)]) {
      while (ring.first < ring.end) {
        bytes += ring.to(ring.first) - ring.from(ring.first);
        ring.remove(ring.first);
      }
    }
    this.ledger.add(-bytes);
    this.#returned.length = 0;
  }

  #levelOf(frame: Buffer, from: number): number {
    return this.#levels.length === 1 ? 0 : Math.min(priorityAt(frame, from), this.#levels.length - 1);
  }

  #deliver(to: Subscriber, frame: Buffer, from: number, end: number, position: number, redelivered: boolean): void {
    if (to.prefetch === undefined) {
      this.#acknowledged += 1;
      this.ledger.add(from - end);
    } else {
      to.held.push(frame, from, end, position);
      to.outstanding += 1;
      this.#unacknowledged += 1;
    }
    to.sink.deliver(frame, from, end, redelivered);
  }

  #nextWithCredit(): Subscriber | undefined {
    const all = this.#subscribers;
    for (let tried = 0; tried < all.length; tried += 1) {
      this.#turn = this.#turn + 1 < all.length ? this.#turn + 1 : 0;
      const candidate = all[this.#turn]!;
      if (candidate.hasCredit) return candidate;
    }
    return undefined;
  }
}
