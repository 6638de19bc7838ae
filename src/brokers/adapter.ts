/**
 * The adapter contract: everything mqbench asks of a client library.
 *
 * An adapter moves bytes and says what it can do. It measures nothing and paces nothing; retries and recoveries
 * of its client library are off, or counted in {@link ConnectionEvents}. Errors are `BrokerError`s with the
 * right `kind`, raised within the connect timeout; an address in a message never carries a password.
 *
 * A destination is a work queue unless its `pattern` says otherwise (pattern.ts). All patterns share these calls:
 *
 *     work-queue                  consumers share the messages; `route.priority` where it has priorities
 *     pub-sub, routing, topics,   consumer i is subscriber i with a subscription of its own, durable or not;
 *     headers                     `route.key` or `route.headers` says which subscribers get a message
 *     request-reply               consumers share the requests; `delivery.reply()` answers, `onReply` gets the answer
 *
 * An adapter refuses what its broker cannot do: `capabilities.patterns` and `refuses()` say why before anything
 * starts. It never emulates: no filtering of messages that the broker delivered, no copy sent for each subscriber.
 * Everything that a pattern makes on the broker has a name that begins with the destination's, so with `mqbench-`;
 * only what a broker requires in front (ActiveMQ's policies go by name) comes between the two.
 */
import type { ZodType } from 'zod';
import type { Pattern, PatternFeature, Route, Support } from './pattern.js';

/** What a guarantee promises is the same on every broker; docs/guarantees.md has the table. */
export type Guarantee = 'at-most-once' | 'at-least-once' | 'replicated';

/** Where a server listens and how to get in. Secrets live only here and are never printed or stored. */
export interface Endpoint {
  /** e.g. `amqp://host:5672/vhost`, `kafka://host:9092,host:9093`, `stomp://host:61613`, `memory://host:port`; without credentials. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Kafka only: the SASL mechanism that username and password are for. */
  readonly saslMechanism?: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  /** TLS where present (PEM texts). */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly servername?: string };
  /** The HTTP management interface, where the broker has one and it is open. */
  readonly managementUrl?: string;
  /**
   * Every connection goes here, whatever addresses the broker names: a proxy in front of a single server. `url` leads
   * there already; only an adapter whose clients follow addresses that the broker advertises has to look at this.
   */
  readonly via?: { readonly host: string; readonly port: number };
}

/** What an adapter can do, declared once; the plan refuses a cell that asks for more and quotes the reason. */
export interface Capabilities {
  readonly guarantees: Readonly<Record<Guarantee, Support>>;
  /** Beyond a work queue, which every adapter has. What is not named is not there. */
  readonly patterns?: Readonly<Partial<Record<PatternFeature, Support>>>;
  /** Whether messages outlive the broker's process; true where it is left out. */
  readonly durable?: Support;
  /** True where messages are spread over partitions by the producer and not message by message by the broker. */
  readonly partitioned: boolean;
  /** How work reaches consumers, printed in the report: `dynamic` message by message, `static` by partition. */
  readonly dispatch: 'dynamic' | 'static';
  /** Whether prefetch limits what a consumer holds unacknowledged. */
  readonly prefetch: Support;
  /** Whether a delivery says that it came before. */
  readonly redeliveredFlag: boolean;
  /** Largest body in bytes that the adapter's defaults carry. */
  readonly maxBodyBytes: number;
}

/** What a level of guarantee really sets, for the report's table. */
export interface GuaranteeSettings {
  /** One sentence: what it means on this broker when a message counts as confirmed. */
  readonly confirmMeans: string;
  /** What was set, e.g. `{ queue: 'durable', 'delivery mode': 'persistent' }`. */
  readonly settings: Readonly<Record<string, string>>;
}

/** How long messages of a consumer stay with it when its process is killed, and when it falls silent without ending. */
export interface Takeover {
  /** What rules that: a clause each, without a full stop, e.g. `session.timeout.ms 10000`. Stands beside what was seen. */
  readonly killed: string;
  readonly silent: string;
  /** The time itself, in milliseconds; left out where the broker sees it at once, or never. */
  readonly killedMs?: number;
  readonly silentMs?: number;
}

/** An adapter: one client library. `Options` are its own settings, each with a default, recorded in the result. */
export interface Adapter<Options = unknown> {
  readonly id: string;
  /** Name and version of the client library in use, read from its package. */
  client(): { readonly name: string; readonly version: string };
  readonly capabilities: Capabilities;
  /** What of `capabilities` is otherwise with these options, e.g. where they name another server behind the protocol. */
  capabilitiesWith?(options: Options): Partial<Omit<Capabilities, 'partitioned' | 'dispatch'>>;
  /** Zod schema with a default for every option; unknown keys are errors (`z.strictObject`). */
  readonly options: ZodType<Options>;
  /** What `guarantee` sets with these options. */
  describeGuarantee(guarantee: Guarantee, options: Options): GuaranteeSettings;
  /** A run that would take less for lost than the broker needs is refused. */
  takeover?(options: Options): Takeover;
  /**
   * Why this destination cannot be had although `capabilities` allow its pattern, e.g. a binding that the broker has
   * no equal of; undefined where it can. A clause without a full stop, as the plan quotes it.
   */
  refuses?(destination: Omit<DestinationSpec, 'name'>, options: Options): string | undefined;
  /**
   * Opens one connection.
   * @param context.timeoutMs bound on the whole of connecting, in milliseconds
   * @throws BrokerError absent, refused, protocol or timeout
   */
  connect(endpoint: Endpoint, options: Options, context: ConnectContext): Promise<Connection>;
}

export interface ConnectContext {
  /** Shown by the broker as the client's name where it can be. */
  readonly clientName: string;
  readonly timeoutMs: number;
  readonly events: ConnectionEvents;
}

/** What happens to a connection by itself. */
export interface ConnectionEvents {
  /** The connection is lost and will not come back, or nothing can be sent over it any more; called once, never after close(). */
  onLost(error: Error): void;
  /** The client library retried or recovered by itself: counted and reported, never silent. */
  onRetry(what: string): void;
  /** The broker throttles or blocks us (RabbitMQ connection.blocked, …), and no longer does. */
  onBlocked(blocked: boolean, reason: string): void;
}

export interface ServerInfo {
  /** e.g. `RabbitMQ`, `Apache Kafka`, `Apache ActiveMQ Classic`. */
  readonly product: string;
  /** Version as the server itself says; undefined where the protocol does not tell. */
  readonly version?: string;
  /** Brokers in the cluster, 1 for a single one. */
  readonly nodes: number;
}

/** Where the messages of one run go: a queue, or whatever the broker makes of the pattern. */
export interface DestinationSpec {
  /** Starts with `mqbench-` and is unique to the run, so that cleaning can never hit a stranger's. */
  readonly name: string;
  readonly guarantee: Guarantee;
  /**
   * Consumers that will share the work (a partitioned broker makes as many partitions), or, where the pattern has
   * subscriptions, subscribers.
   */
  readonly consumers: number;
  /** A work queue without priorities where it is left out. */
  readonly pattern?: Pattern;
}

export interface ProducerSpec {
  readonly destination: DestinationSpec;
  /**
   * A message is settled: as safe as the guarantee says (confirm, ack, receipt), or handed to the operating
   * system where the guarantee asks for no confirm. `error` when the broker refused it or it was lost with the
   * connection: it is then unconfirmed. Called exactly once per accepted send, possibly before send() returns.
   */
  onSettled(token: number, error?: Error): void;
  /** Which of the destination's producers this is, from 0; left out it is the first. Requesters need it. */
  readonly index?: number;
  /**
   * The destination is for request and reply, and this producer requests: called with the reply to the message that
   * was sent with this token, before or after that settles, once at most and never after close(). The token is not
   * used again until then. A reply is not confirmed to its sender: one that is lost is missed by the requester alone.
   * @param body valid until the callback returns
   */
  onReply?(token: number, body: Buffer): void;
  /**
   * Sends transactions of so many messages each, which settle together when the broker has committed them; flush()
   * commits what is left. Left out, each message is confirmed by itself.
   */
  readonly transactionSize?: number;
}

export interface Producer {
  /**
   * Takes one message. Never blocks and never drops; buffering beyond the caller's in-flight window cannot
   * happen because the caller counts what is unsettled. Messages that go the same way (one partition, or one queue
   * and route) reach the broker in the order in which they were taken.
   * @param body owned by the adapter until settled; exactly the bytes that the consumer must get
   * @param token comes back in onSettled
   * @param partition where the adapter is partitioned, of a work queue: the partition to write to
   * @param route where the pattern routes: where to
   */
  send(body: Buffer, token: number, partition?: number, route?: Route): void;
  /** Pushes out what is batched and resolves when everything accepted so far is settled. */
  flush(): Promise<void>;
  /** Flushes nothing; unsettled messages settle with an error. */
  close(): Promise<void>;
}

export interface ConsumerSpec {
  readonly destination: DestinationSpec;
  /** Which of the destination's consumers this is, from 0; where the pattern has subscriptions, whose it takes. */
  readonly index: number;
  /** Most messages delivered and not yet acknowledged; ignored (and said so) where the broker has no such thing. */
  readonly prefetch: number;
  /**
   * It takes the place of one whose connection was lost or whose process was killed, perhaps together with others, and
   * others may be gone for good: it is ready when it itself may receive. What the broker still holds of the former one
   * (a member of a group, a client's id) is waited for, within the time that `ready()` gets.
   */
  readonly resumes?: boolean;
  /** The subscription ended by itself (queue deleted, consumer cancelled by the broker, rebalance that took everything). */
  onCancelled(reason: string): void;
}

/** One message as it arrives. Valid until the callback returns, but for acknowledge() and reply(), which may come later. */
export interface Delivery {
  /** The body; may be a view on the client's buffer, so copy what must outlive the callback. */
  readonly body: Buffer;
  /** Partition it came from, where there are any. */
  readonly partition: number | undefined;
  /** Whether the broker says it was delivered before; undefined where it cannot tell. */
  readonly redelivered: boolean | undefined;
  /** routing and topics: the key it was sent with. */
  readonly key?: string | undefined;
  /** Tells the broker the message is done. A no-op under at-most-once. */
  acknowledge(): void;
  /**
   * request-reply: answers the producer that sent it; to be called before acknowledge() and at most once. Where that
   * producer is gone the reply goes nowhere.
   * @param body the adapter's from now on
   */
  reply?(body: Buffer): void;
}

export type OnMessage = (delivery: Delivery) => void;

export interface Consumer {
  /**
   * Resolves when a message sent from now on would reach the destination's consumers as they stand:
   * RabbitMQ consume-ok, STOMP a receipt for SUBSCRIBE, Kafka all of `destination.consumers` members in one
   * stable generation; where the pattern has subscriptions, this consumer's own.
   * @throws BrokerError when that does not come about within the timeout
   */
  ready(timeoutMs: number): Promise<void>;
  /** Stops deliveries, pushes out pending acknowledgements (offset commits), leaves the group or unsubscribes. */
  close(): Promise<void>;
}

/**
 * Counters as the broker itself shows them; undefined where it does not tell. Where the pattern has subscriptions
 * they are sums over these: a message that two subscribers wait for counts twice.
 */
export interface DestinationStats {
  /** Messages waiting (RabbitMQ ready, Kafka lag, ActiveMQ size less in flight). */
  readonly ready?: number;
  /** Delivered and not yet acknowledged. */
  readonly unacknowledged?: number;
  readonly consumers?: number;
  /** Totals since the destination was made. */
  readonly published?: number;
  readonly acknowledged?: number;
}

/**
 * What a client library tells of its own work, counted since the connection was opened. Several connections add up,
 * but for `lagMax`, of which the largest counts.
 */
export interface ClientMetrics {
  /** Requests that carried messages, the time they took together in milliseconds, the bytes of their bodies. */
  readonly produceRequests: number;
  readonly produceMs: number;
  readonly produceBytes: number;
  /** Messages in them, and batches (one for each partition in a request). */
  readonly records: number;
  readonly batches: number;
  /** Answered fetches and the time they took together in milliseconds, waiting for messages included. */
  readonly fetches: number;
  readonly fetchMs: number;
  /** Messages fetched. */
  readonly fetched: number;
  /** Messages behind the log end in the partition that is furthest behind, as last seen. */
  readonly lagMax: number;
}

export interface Connection {
  serverInfo(): Promise<ServerInfo>;
  /** @throws BrokerError also where the adapter refuses the pattern */
  createDestination(spec: DestinationSpec): Promise<void>;
  /** Deletes the destination and what belongs to it (consumer group, …); no error when it is already gone. */
  deleteDestination(spec: DestinationSpec): Promise<void>;
  /**
   * Puts every consumer of a destination back to the beginning of its history: the next ones get everything again.
   * No consumer may be there. Present where `capabilities.patterns.replay` is true.
   * @throws BrokerError
   */
  rewind?(spec: DestinationSpec): Promise<void>;
  createProducer(spec: ProducerSpec): Promise<Producer>;
  createConsumer(spec: ConsumerSpec, onMessage: OnMessage): Promise<Consumer>;
  stats(spec: DestinationSpec): Promise<DestinationStats>;
  /** Counted by the client library itself; absent where it counts nothing. Costs next to nothing. */
  clientMetrics?(): ClientMetrics;
  /** Closes in good order (pending acknowledgements leave first), within 5 s at most. Idempotent. */
  close(): Promise<void>;
  /** Cuts the TCP connection without a goodbye, as a crash would: for tests and faults. */
  destroy(): void;
}
