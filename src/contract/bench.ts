/** What the contract tests drive an adapter with: connections that are always closed, an outbox and an inbox. */
import { randomBytes } from 'node:crypto';
import type {
  Adapter,
  Connection,
  Consumer,
  DestinationSpec,
  Endpoint,
  Guarantee,
  OnMessage,
  Producer,
  ProducerSpec,
} from '../brokers/adapter.js';
import { hasSubscriptions, type Pattern, type Route } from '../brokers/pattern.js';

/** How long anything may take before a test calls it hanging; generous, because machines are slow. */
export const patienceMs = 60_000;
export const connectTimeoutMs = 20_000;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until `check` holds. */
export async function eventually(
  what: string,
  check: () => boolean | Promise<boolean>,
  timeoutMs = patienceMs,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await sleep(20);
  }
}

/** The promise's outcome, or an error when it takes longer. */
export async function within<T>(timeoutMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not within ${timeoutMs} ms: ${what}`)), timeoutMs);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** One delivery, copied. */
export interface Received {
  readonly consumer: number;
  readonly body: Buffer;
  readonly partition: number | undefined;
  readonly redelivered: boolean | undefined;
  readonly key: string | undefined;
  acknowledge(): void;
}

/** Keeps what consumers got. */
export class Inbox {
  readonly all: Received[] = [];
  constructor(private readonly acknowledgeAtOnce: boolean) {}

  get texts(): string[] {
    return this.all.map((delivery) => delivery.body.toString());
  }

  receiver(consumer: number): OnMessage {
    return (delivery) => {
      this.all.push({
        consumer,
        body: Buffer.from(delivery.body),
        partition: delivery.partition,
        redelivered: delivery.redelivered,
        key: delivery.key,
        acknowledge: () => delivery.acknowledge(),
      });
      if (this.acknowledgeAtOnce) delivery.acknowledge();
    };
  }

  /** Waits for so many deliveries in all. */
  async has(count: number): Promise<void> {
    try {
      await eventually('', () => this.all.length >= count);
    } catch {
      throw new Error(`${this.all.length} of ${count} messages arrived`);
    }
  }

  /** Waits until nothing more has come for `ms`. */
  async isQuiet(ms = 700): Promise<void> {
    for (let seen = -1; seen !== this.all.length;) {
      seen = this.all.length;
      await sleep(ms);
    }
  }
}

/** A producer and what became of each of its messages. */
export class Outbox {
  producer!: Producer;
  sent = 0;
  /** How many messages were settled, well or with an error. */
  settled = 0;
  readonly errors: Error[] = [];
  /** Tokens that were settled without an error. */
  readonly confirmed: number[] = [];
  /** Tokens that were settled more than once or never sent. */
  readonly strays: number[] = [];
  readonly #open = new Set<number>();
  onProgress: (error: Error | undefined) => void = () => undefined;

  constructor(private readonly partitions: number | undefined) {}

  readonly onSettled = (token: number, error?: Error): void => {
    if (!this.#open.delete(token)) this.strays.push(token);
    this.settled += 1;
    if (error) this.errors.push(error);
    else this.confirmed.push(token);
    this.onProgress(error);
  };

  /** Sends one message to partition sequence mod partitions, where there are any; returns its token. */
  send(body: Buffer | string, partition?: number, route?: Route): number {
    const token = this.sent;
    this.sent += 1;
    this.#open.add(token);
    const to = partition ?? (this.partitions === undefined ? undefined : token % this.partitions);
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    if (route !== undefined) this.producer.send(bytes, token, to, route);
    else if (to === undefined) this.producer.send(bytes, token);
    else this.producer.send(bytes, token, to);
    return token;
  }

  /** Sends `<prefix><0…count-1>` and flushes. */
  async sendAll(count: number, prefix = ''): Promise<void> {
    for (let i = 0; i < count; i += 1) this.send(`${prefix}${i}`);
    await within(patienceMs, 'flush', this.producer.flush());
  }
}

export interface Opened {
  readonly connection: Connection;
  /** What onLost was called with. */
  readonly lost: Error[];
}

export interface Subscribed extends Opened {
  readonly consumer: Consumer;
  readonly cancelled: string[];
}

/** Opens things on one broker and removes them all again. */
export class Bench {
  readonly #open: Opened[] = [];
  readonly #destinations: DestinationSpec[] = [];
  #admin: Connection | undefined;

  constructor(
    readonly adapter: Adapter,
    readonly endpoint: Endpoint,
  ) {}

  async open(overrides: Partial<Endpoint> = {}, timeoutMs = connectTimeoutMs): Promise<Opened> {
    const lost: Error[] = [];
    const connection = await this.adapter.connect({ ...this.endpoint, ...overrides }, this.adapter.options.parse({}), {
      clientName: 'mqbench-contract',
      timeoutMs,
      events: { onLost: (error) => lost.push(error), onRetry: () => undefined, onBlocked: () => undefined },
    });
    const opened = { connection, lost };
    this.#open.push(opened);
    return opened;
  }

  /** The connection that makes and removes destinations. */
  async admin(): Promise<Connection> {
    this.#admin ??= (await this.open()).connection;
    return this.#admin;
  }

  async destination(
    consumers = 1,
    guarantee: Guarantee = 'at-least-once',
    pattern?: Pattern,
  ): Promise<DestinationSpec> {
    const name = `mqbench-contract-${randomBytes(6).toString('hex')}`;
    const destination = { name, guarantee, consumers, ...(pattern === undefined ? {} : { pattern }) };
    const admin = await this.admin();
    this.#destinations.push(destination);
    await within(patienceMs, 'createDestination', admin.createDestination(destination));
    return destination;
  }

  /** A producer on a connection of its own. */
  async producer(destination: DestinationSpec, more: Partial<ProducerSpec> = {}): Promise<Outbox & Opened> {
    const opened = await this.open();
    const spread = this.adapter.capabilities.partitioned && !hasSubscriptions(destination.pattern);
    const outbox = new Outbox(spread ? destination.consumers : undefined);
    outbox.producer = await within(
      patienceMs,
      'createProducer',
      opened.connection.createProducer({ destination, onSettled: outbox.onSettled, ...more }),
    );
    return Object.assign(outbox, opened);
  }

  /** All of the destination's consumers, each on a connection of its own, ready. */
  async consumers(destination: DestinationSpec, inbox: Inbox, prefetch = 50): Promise<Subscribed[]> {
    const subscribed = await Promise.all(
      Array.from({ length: destination.consumers }, (_, index) =>
        this.#consumer(destination, index, inbox.receiver(index), prefetch),
      ),
    );
    await Promise.all(subscribed.map(({ consumer }) => consumer.ready(patienceMs)));
    return subscribed;
  }

  /** One subscriber on a connection of its own, ready. */
  async subscriber(destination: DestinationSpec, index: number, inbox: Inbox, prefetch = 50): Promise<Subscribed> {
    const subscribed = await this.#consumer(destination, index, inbox.receiver(index), prefetch);
    await subscribed.consumer.ready(patienceMs);
    return subscribed;
  }

  async #consumer(
    destination: DestinationSpec,
    index: number,
    onMessage: OnMessage,
    prefetch: number,
  ): Promise<Subscribed> {
    const opened = await this.open();
    const cancelled: string[] = [];
    const spec = { destination, index, prefetch, onCancelled: (reason: string) => cancelled.push(reason) };
    return { ...opened, consumer: await opened.connection.createConsumer(spec, onMessage), cancelled };
  }

  /** Closes every connection but the one that removes destinations. */
  async leave(): Promise<void> {
    const others = this.#open.filter(({ connection }) => connection !== this.#admin);
    await Promise.allSettled(others.map(({ connection }) => connection.close()));
  }

  /** Closes every connection and deletes every destination. */
  async cleanUp(): Promise<void> {
    const admin = this.#destinations.length > 0 ? await this.admin() : undefined;
    await this.leave();
    for (const destination of this.#destinations) await admin?.deleteDestination(destination);
    await admin?.close();
  }
}
