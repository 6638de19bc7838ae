/** What publishes go to: one queue, or a queue for each subscription and what routes between them. */
import type { BrokerPattern } from '../client-message.js';
import { keyAt } from '../protocol.js';
import type { QueueStats } from '../server-message.js';
import { Queue, type Ledger } from './queue.js';

export interface Destination {
  readonly name: string;
  readonly deleted: boolean;
  /** Whether its messages travel in routed frames. */
  readonly routed: boolean;
  /** Whether its messages are requests. */
  readonly answers: boolean;
  /** Takes a message; {@link dispatch} hands it out. */
  publish(frame: Buffer, from: number, to: number): void;
  dispatch(): void;
  /** Where consumer `index` takes from. */
  queue(index: number): Queue | undefined;
  stats(): QueueStats;
  /** Drops everything and tells the consumers. */
  delete(): void;
}

export function createDestination(
  name: string,
  consumers: number,
  pattern: BrokerPattern | undefined,
  ledger: Ledger,
): Destination {
  if (pattern === undefined) return new Shared(new Queue(name, ledger), false, false);
  switch (pattern.kind) {
    case 'work-queue':
      return new Shared(new Queue(name, ledger, { levels: pattern.priorities ?? 1 }), true, false);
    case 'request-reply':
      return new Shared(new Queue(name, ledger), true, true);
    case 'pub-sub':
    case 'routing':
    case 'topics': {
      const queues = Array.from(
        { length: consumers },
        (_, index) => new Queue(`${name}.${index}`, ledger, { transient: !pattern.durable }),
      );
      return new Exchange(name, queues, pattern);
    }
  }
}

/** All consumers share one queue. */
class Shared implements Destination {
  constructor(
    private readonly only: Queue,
    readonly routed: boolean,
    readonly answers: boolean,
  ) {}

  get name(): string {
    return this.only.name;
  }

  get deleted(): boolean {
    return this.only.deleted;
  }

  publish(frame: Buffer, from: number, to: number): void {
    this.only.publish(frame, from, to);
  }

  dispatch(): void {
    this.only.dispatch();
  }

  queue(): Queue {
    return this.only;
  }

  stats(): QueueStats {
    return this.only.stats();
  }

  delete(): void {
    this.only.delete();
  }
}

type Subscriptions = Extract<BrokerPattern, { durable: boolean }>;

/** A queue for each subscription. Which of them a key leads to is found once, when the destination is made. */
class Exchange implements Destination {
  readonly routed = true;
  readonly answers = false;
  deleted = false;
  /** By the key's place among the pattern's; undefined where every message goes everywhere. */
  readonly #byKey: readonly (readonly Queue[])[] | undefined;

  constructor(
    readonly name: string,
    private readonly queues: readonly Queue[],
    pattern: Subscriptions,
  ) {
    if (pattern.kind === 'pub-sub') return;
    const { kind, bindings } = pattern;
    this.#byKey = pattern.keys.map((key) =>
      queues.filter((_, index) =>
        bindings[index]?.some((binding) =>
          kind === 'routing' ? binding === key : leadsTo(binding.split('.'), key.split('.')),
        ),
      ),
    );
  }

  publish(frame: Buffer, from: number, to: number): void {
    for (const queue of this.#byKey === undefined ? this.queues : (this.#byKey[keyAt(frame, from)] ?? [])) {
      if (queue.takes) queue.publish(frame, from, to);
    }
  }

  dispatch(): void {
    for (const queue of this.queues) queue.dispatch();
  }

  queue(index: number): Queue | undefined {
    return this.queues[index];
  }

  stats(): QueueStats {
    const sums = { ready: 0, unacknowledged: 0, consumers: 0, published: 0, acknowledged: 0 };
    for (const queue of this.queues) {
      const one = queue.stats();
      for (const figure of ['ready', 'unacknowledged', 'consumers', 'published', 'acknowledged'] as const) {
        sums[figure] += one[figure];
      }
    }
    return sums;
  }

  delete(): void {
    this.deleted = true;
    for (const queue of this.queues) queue.delete();
  }
}

/** Topic semantics of AMQP 0-9-1: a `#` takes as many words as lets the rest of the binding match the rest of the key. */
function leadsTo([part, ...parts]: readonly string[], words: readonly string[]): boolean {
  if (part === undefined) return words.length === 0;
  const [word, ...rest] = words;
  if (part === '#') return leadsTo(parts, words) || (word !== undefined && leadsTo([part, ...parts], rest));
  return word !== undefined && (part === '*' || part === word) && leadsTo(parts, rest);
}
