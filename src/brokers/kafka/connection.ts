/** A connection is an address that answered, and the clients (one a role) that were opened for it. */
import { BrokerError } from '../../errors.js';
import type {
  ClientMetrics,
  ConnectContext,
  Connection,
  Consumer,
  ConsumerSpec,
  DestinationSpec,
  DestinationStats,
  Endpoint,
  OnMessage,
  Producer,
  ProducerSpec,
  ServerInfo,
} from '../adapter.js';
import { assertDestination, assertProducer } from '../../patterns/refusal.js';
import { KafkaAdmin } from './admin.js';
import { capabilities } from './capabilities.js';
import { createClient, hostsOf, noRetry, type Client, type ClientSpec } from './client.js';
import { openConsumer, type EndableConsumer, type KafkaConsumerContext } from './consumer.js';
import { toBrokerError } from './errors.js';
import { KafkaMetrics } from './metrics.js';
import type { KafkaOptions } from './options.js';
import { openProducer, type EndableProducer } from './producer.js';
import { Replier } from './replier.js';
import { subscriptionOf } from './topology.js';
import { settledWithin, sleep } from './waiting.js';
import { within } from '../../within.js';

/** Bound on all goodbyes together, in milliseconds. */
const closeTimeoutMs = 4_800;
/** How long a broker may take to show that it is still there after a connection broke, in milliseconds. */
const aliveTimeoutMs = 3_000;

/**
 * Finds the first of the named brokers that lets us in.
 * @throws BrokerError absent, refused, protocol or timeout: that of the last broker tried
 */
export async function connectKafka(
  endpoint: Endpoint,
  options: KafkaOptions,
  context: ConnectContext,
): Promise<Connection> {
  const deadline = Date.now() + context.timeoutMs;
  const hosts = hostsOf(endpoint.url);
  let failure: unknown;
  for (const [i, host] of hosts.entries()) {
    const best = [host, ...hosts.filter((other) => other !== host)];
    // What is left, shared among the brokers not tried yet, so that a silent one does not use up all of it.
    const boundMs = Math.max(1, (deadline - Date.now()) / (hosts.length - i));
    const connection = new KafkaConnection(endpoint, options, context, best);
    try {
      await connection.open(boundMs);
      return connection;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

class KafkaConnection implements Connection {
  readonly #endpoint: Endpoint;
  readonly #options: KafkaOptions;
  readonly #context: ConnectContext;
  readonly #hosts: readonly string[];
  readonly #where: string;
  readonly #admin: KafkaAdmin;
  readonly #metrics = new KafkaMetrics();
  /** And what sends replies. */
  readonly #producers = new Set<Pick<EndableProducer, 'close' | 'end'>>();
  readonly #consumers = new Set<EndableConsumer>();
  #opened = false;
  /** Set once it is closed, destroyed or lost. */
  #ended: Error | undefined;
  #closing: Promise<void> | undefined;
  #checking: Promise<boolean> | undefined;

  constructor(endpoint: Endpoint, options: KafkaOptions, context: ConnectContext, hosts: readonly string[]) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#context = context;
    this.#hosts = hosts;
    this.#where = hosts[0]!;
    this.#admin = new KafkaAdmin({
      open: (host) => this.#client({ retry: noRetry, control: true, ...(host === undefined ? {} : { hosts: [host] }) }),
      options,
      where: this.#where,
    });
  }

  /** Connects within so many milliseconds or throws a BrokerError and leaves nothing open. */
  async open(boundMs: number): Promise<void> {
    const { sockets } = this.#admin.client;
    const where = this.#where;
    try {
      await within(
        this.#admin.connect(),
        boundMs,
        () =>
          new BrokerError(
            sockets.answered
              ? `Kafka at ${where} did not finish connecting within ${Math.round(boundMs / 100) / 10} s.`
              : `Nothing at ${where} answered a Kafka request within ${Math.round(boundMs / 100) / 10} s.`,
            'timeout',
            { where, hint: 'Check that Kafka listens on this port, without TLS or with it as configured.' },
          ),
      );
      this.#opened = true;
    } catch (error) {
      this.#end(new Error('closed'));
      throw this.#connectError(error);
    }
  }

  #connectError(error: unknown): BrokerError {
    const { sockets } = this.#admin.client;
    const where = this.#where;
    if (sockets.foreign !== undefined) {
      return new BrokerError(`What answers at ${sockets.foreign} is not Kafka.`, 'protocol', {
        where,
        cause: error,
        hint: 'Check the port: it must be a Kafka listener, with kafka+ssl:// where the listener has TLS and kafka:// where not.',
      });
    }
    const known = toBrokerError(error, 'connect', where, { tls: this.#endpoint.tls });
    if (known.kind !== 'lost') return known;
    const { tls } = this.#endpoint;
    if (tls !== undefined && !sockets.up) {
      return new BrokerError(`What listens at ${where} hung up during the TLS handshake.`, 'protocol', {
        where,
        cause: error,
        hint: 'Check the port, and whether its listener has TLS at all: one without takes kafka:// in place of kafka+ssl://.',
      });
    }
    return sockets.answered
      ? new BrokerError(`Kafka at ${where} closed the connection after the first request.`, 'refused', {
          where,
          cause: error,
          hint: 'The listener probably wants a user and password (SASL): write them into the address, as in kafka://user:password@host:9092.',
        })
      : new BrokerError(`What listens at ${where} closed the connection without a Kafka answer.`, 'protocol', {
          where,
          cause: error,
          hint:
            tls === undefined
              ? 'Check the port, and whether its listener wants TLS: then it takes kafka+ssl:// in place of kafka://.'
              : 'Check the port, and whether its listener asks for a client certificate (?cert=FILE&key=FILE).',
        });
  }

  serverInfo(): Promise<ServerInfo> {
    return this.#admin.serverInfo();
  }

  async createDestination(spec: DestinationSpec): Promise<void> {
    assertDestination({ capabilities }, spec, this.#options);
    await this.#admin.createDestination(spec);
  }

  deleteDestination(spec: DestinationSpec): Promise<void> {
    return this.#admin.deleteDestination(spec);
  }

  stats(spec: DestinationSpec): Promise<DestinationStats> {
    return this.#admin.stats(spec);
  }

  rewind(spec: DestinationSpec): Promise<void> {
    return this.#admin.rewind(spec);
  }

  async createProducer(spec: ProducerSpec): Promise<Producer> {
    assertProducer(capabilities, spec);
    if (this.#ended) throw toBrokerError(this.#ended, 'open a producer', this.#where);
    const producer = await openProducer({
      ...this.#role(),
      spec,
      consumer: this.#consumerRole(),
      timeoutMs: this.#context.timeoutMs,
    });
    if (this.#ended) producer.end(this.#ended);
    this.#producers.add(producer);
    return producer;
  }

  clientMetrics(): ClientMetrics {
    return this.#metrics.read();
  }

  async createConsumer(spec: ConsumerSpec, onMessage: OnMessage): Promise<Consumer> {
    if (this.#ended) throw toBrokerError(this.#ended, 'open a consumer', this.#where);
    const { destination, index } = spec;
    const onCancelled = (reason: string): void => spec.onCancelled(reason);
    const replier =
      destination.pattern?.kind === 'request-reply'
        ? await Replier.open({ ...this.#role(), destination, onFailure: onCancelled })
        : undefined;
    if (replier !== undefined) this.#producers.add(replier);
    const consumer = await openConsumer({
      ...this.#role(),
      ...this.#consumerRole(),
      destination,
      subscription: subscriptionOf(destination, index),
      resumes: spec.resumes === true,
      onCancelled,
      onMessage,
      ...(replier === undefined ? {} : { onReply: (request, body) => replier.reply(request, body) }),
    });
    if (this.#ended) {
      replier?.end(this.#ended);
      consumer.end(this.#ended);
    }
    this.#consumers.add(consumer);
    return consumer;
  }

  /** What every role gets of the connection. */
  #role() {
    return {
      options: this.#options,
      where: this.#where,
      open: (retry: ClientSpec['retry'], onError: NonNullable<ClientSpec['onError']>) =>
        this.#client({ retry, onError, countReconnects: true }),
      onRetry: (what: string) => this.#retried(what),
      metrics: this.#metrics,
      onConnectionError: () => void this.#reachable(),
    };
  }

  #consumerRole(): Pick<KafkaConsumerContext, 'open' | 'group' | 'ends' | 'reachable'> {
    return {
      open: this.#role().open,
      group: (name) => this.#admin.group(name),
      ends: (destination) => this.#admin.ends(destination),
      reachable: () => this.#reachable(),
    };
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    if (this.#ended) return;
    const ends = [...this.#consumers, ...this.#producers].map((role) => role.close());
    await settledWithin(Promise.all(ends), closeTimeoutMs - 1_000);
    await settledWithin(this.#admin.close(), 1_000);
    this.#end(new Error('The connection to Kafka was closed.'));
  }

  destroy(): void {
    this.#end(new BrokerError(`The connection to Kafka at ${this.#where} was cut.`, 'lost', { where: this.#where }));
  }

  #client(
    spec: Pick<ClientSpec, 'retry' | 'onError' | 'control'> & { hosts?: readonly string[]; countReconnects?: boolean },
  ): Client {
    return createClient({
      hosts: this.#hosts,
      endpoint: this.#endpoint,
      clientName: this.#context.clientName,
      connectTimeoutMs: this.#context.timeoutMs,
      onBroken: () => void this.#reachable(),
      ...(spec.countReconnects === true
        ? { onReconnect: (address: string) => this.#retried(`kafkajs connected to ${address} again`) }
        : {}),
      ...spec,
    });
  }

  #retried(what: string): void {
    if (!this.#isEnding()) this.#context.events.onRetry(what);
  }

  /**
   * Called when a connection broke: Kafka closes idle ones and kafkajs opens them again, so a break alone is no
   * loss. It is one when no broker answers any more.
   */
  async #reachable(): Promise<boolean> {
    if (this.#isEnding() || !this.#opened) return false;
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #check(): Promise<boolean> {
    // Twice: the first question may go to a connection that is going down together with the one that broke.
    for (let attempt = 0; attempt < 2; attempt++) {
      const alive = await within(this.#admin.alive(), aliveTimeoutMs, () => new Error('late')).catch(() => false);
      if (alive || this.#isEnding()) return alive;
      await sleep(200);
    }
    if (this.#isEnding()) return false;
    const error = new BrokerError(`The connection to Kafka at ${this.#where} was lost.`, 'lost', {
      where: this.#where,
      hint: "Look into the broker's log.",
    });
    this.#end(error);
    this.#context.events.onLost(error);
    return false;
  }

  #isEnding(): boolean {
    return this.#ended !== undefined || this.#closing !== undefined;
  }

  /** Cuts every connection and settles what is open. */
  #end(error: Error): void {
    if (this.#ended) return;
    this.#ended = error;
    for (const role of [...this.#producers, ...this.#consumers]) role.end(error);
    this.#admin.cut(error);
  }
}
