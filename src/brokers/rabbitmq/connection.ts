/** One AMQP connection: opening it within a bound, what happens to it by itself, and its end. */
import { unescape } from 'node:querystring';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Channel, type ChannelModel, type SocketOptions } from 'amqplib';
import type {
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
import { hostOf } from '../host.js';
import { BrokerError } from '../../errors.js';
import { assertDestination, assertProducer } from '../../patterns/refusal.js';
import { destinationStats, serverInfo } from './admin.js';
import { capabilities, refuses } from './capabilities.js';
import { closeChannel, closeTimeoutMs, guard, type Loss } from './channel.js';
import { RabbitConsumer } from './consumer.js';
import { answered, connectError, connectTimeout, lostError, operationError } from './errors.js';
import type { Management } from './management.js';
import type { RabbitmqOptions } from './options.js';
import { ConfirmedProducer, UnconfirmedProducer, unconfirmedFrames } from './producer.js';
import { Replies } from './replies.js';
import { declare, queueOf, remove } from './topology.js';

/**
 * Seconds between heartbeats. Either side gives the other up after two without a sign of life. RabbitMQ's guide
 * takes 5 to 20 s as the best range (https://www.rabbitmq.com/docs/heartbeats); its default of 60 would notice a
 * dead peer after two minutes.
 */
export const heartbeatSeconds = 10;

/** How long amqplib may take to notice that its socket is gone, in milliseconds; it is a matter of one tick. */
const cutTimeoutMs = 250;

/** basic.qos carries the prefetch in 16 bits. */
const maxPrefetch = 65_535;

interface Address {
  readonly protocol: 'amqp' | 'amqps';
  readonly hostname: string;
  readonly port: number;
  /** Still percent-encoded, as amqplib wants it; empty for the default `/`. */
  readonly vhostPath: string;
  readonly vhost: string;
  /** For people: no user, no password. */
  readonly where: string;
}

/** Reads an endpoint as https://www.rabbitmq.com/docs/uri-spec says. */
function addressOf(endpoint: Endpoint): Address {
  const url = urlOf(endpoint.url, /^amqps?:$/, 'Write it as amqp://host:5672/vhost, or amqps:// for TLS.');
  const protocol = url.protocol === 'amqps:' || endpoint.tls !== undefined ? 'amqps' : 'amqp';
  const port = url.port === '' ? (protocol === 'amqps' ? 5671 : 5672) : Number(url.port);
  const vhostPath = url.pathname.replace(/^\//, '');
  return {
    protocol,
    // amqplib hands it to net.connect, which wants an IPv6 address bare.
    hostname: hostOf(url),
    port,
    vhostPath,
    // The same as amqplib's, so that both mean one virtual host; unlike decodeURIComponent it never throws.
    vhost: unescape(vhostPath) || '/',
    where: `${protocol}://${url.hostname}:${port}${vhostPath === '' ? '' : `/${vhostPath}`}`,
  };
}

/** Parses an address without ever quoting it: someone may have put a password in. */
function urlOf(text: string, protocols: RegExp, hint: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !protocols.test(url.protocol) || url.hostname === '') {
    throw new BrokerError("RabbitMQ's address is not one that can be used.", 'other', { hint });
  }
  return url;
}

function managementUrlOf({ managementUrl }: Endpoint): URL | undefined {
  if (managementUrl === undefined) return undefined;
  return urlOf(managementUrl, /^https?:$/, 'Write the management URL as http://host:15672.');
}

/**
 * Opens a connection.
 * @throws BrokerError absent, refused, protocol or timeout, at the latest after `context.timeoutMs`
 */
export async function openConnection(
  endpoint: Endpoint,
  options: RabbitmqOptions,
  context: ConnectContext,
): Promise<Connection> {
  const address = addressOf(endpoint);
  const managementUrl = managementUrlOf(endpoint);
  // amqplib keeps its socket to itself; aborting this signal destroys it (net.Socket, option `signal`).
  const cutter = new AbortController();
  const socket: SocketOptions & { readonly signal: AbortSignal } = {
    ...endpoint.tls,
    noDelay: true,
    clientProperties: { connection_name: context.clientName },
    signal: cutter.signal,
  };
  // amqplib's own `timeout` is one of silence on the socket: a peer that trickles would hold us for ever.
  const deadline = setTimeout(() => cutter.abort(), context.timeoutMs);
  // Not left to amqplib alone, which can drop its callback when a peer goes wrong right after the handshake.
  const expired = new Promise<never>((_, reject) => {
    cutter.signal.addEventListener('abort', () => reject(new Error('aborted')));
  });
  try {
    const opening = connect(
      {
        protocol: address.protocol,
        hostname: address.hostname,
        port: address.port,
        username: endpoint.username ?? 'guest',
        password: endpoint.password ?? 'guest',
        vhost: address.vhostPath,
        heartbeat: heartbeatSeconds,
      },
      socket,
    );
    const model = await Promise.race([opening, expired]);
    return new RabbitConnection(model, endpoint, managementUrl, address, options, context, cutter);
  } catch (error) {
    if (cutter.signal.aborted) throw connectTimeout(address.where, context.timeoutMs, error);
    cutter.abort();
    throw connectError(error, { ...address, tls: endpoint.tls });
  } finally {
    clearTimeout(deadline);
  }
}

class RabbitConnection implements Connection, Loss {
  readonly where: string;
  /** Producers and consumers, to be closed before the connection. */
  readonly #parts = new Set<{ close(): Promise<void> }>();
  /** Resolves when amqplib has ended the connection and its channels, so that every message is settled. */
  readonly #gone: Promise<void>;
  /** From the first question on. */
  #management: Promise<Management> | undefined;
  #lost: BrokerError | undefined;
  #told = false;
  #closed: Promise<void> | undefined;

  constructor(
    private readonly model: ChannelModel,
    private readonly endpoint: Endpoint,
    private readonly managementUrl: URL | undefined,
    private readonly address: Address,
    private readonly options: RabbitmqOptions,
    private readonly context: ConnectContext,
    private readonly cutter: AbortController,
  ) {
    this.where = address.where;
    model.on('error', (error) => this.#lose(error));
    this.#gone = new Promise((resolve) => {
      model.on('close', (error) => {
        resolve();
        this.#onClose(error);
      });
    });
    model.on('blocked', (reason) => context.events.onBlocked(true, reason));
    model.on('unblocked', () => context.events.onBlocked(false, ''));
    model.on('handler-error', (error) => {
      throw error;
    });
  }

  error(): BrokerError | undefined {
    return this.#lost;
  }

  channelEnded(error: BrokerError): void {
    if (this.#closed === undefined) this.#tell(error);
  }

  async serverInfo(): Promise<ServerInfo> {
    return serverInfo(this.model.connection, await this.#managed());
  }

  async createDestination(spec: DestinationSpec): Promise<void> {
    assertDestination({ capabilities, refuses }, spec, this.options);
    await this.#onChannel(`make ${spec.name}`, (channel) => declare(channel, spec, this.options));
  }

  deleteDestination(spec: DestinationSpec): Promise<void> {
    return this.#onChannel(`delete ${spec.name}`, (channel) => remove(channel, spec));
  }

  stats(spec: DestinationSpec): Promise<DestinationStats> {
    return this.#onChannel(`tell about ${spec.name}`, async (channel) =>
      destinationStats(channel, spec, await this.#managed(), this.address.vhost),
    );
  }

  async createProducer(spec: ProducerSpec): Promise<Producer> {
    assertProducer(capabilities, spec);
    return this.#request(`take a producer for ${spec.destination.name}`, async () => {
      if (spec.destination.guarantee === 'at-most-once') {
        const channel = await this.model.createChannel({ highWaterMark: unconfirmedFrames });
        guard(channel);
        return this.#part(new UnconfirmedProducer(channel, spec, this, await Replies.subscribe(channel, spec)));
      }
      const channel = await this.model.createConfirmChannel();
      guard(channel);
      return this.#part(new ConfirmedProducer(channel, spec, this, await Replies.subscribe(channel, spec)));
    });
  }

  async createConsumer(spec: ConsumerSpec, onMessage: OnMessage): Promise<Consumer> {
    if (spec.prefetch > maxPrefetch) {
      throw new BrokerError(`RabbitMQ cannot prefetch ${spec.prefetch} messages.`, 'other', {
        where: this.where,
        hint: `Ask for at most ${maxPrefetch}.`,
      });
    }
    return this.#request(`take a consumer for ${spec.destination.name}`, async () => {
      const channel = await this.model.createChannel();
      guard(channel);
      await channel.prefetch(spec.prefetch);
      const queue = await queueOf(channel, spec.destination, spec.index);
      return this.#part(new RabbitConsumer(channel, queue, spec, onMessage, this));
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  destroy(): void {
    this.#lost ??= lostError(new Error('cut on purpose'), this.where);
    this.#closed ??= this.#cut();
    // Also where close() is under way and waits.
    this.cutter.abort();
  }

  async #end(): Promise<void> {
    const expired = new AbortController();
    const goodbye = async (): Promise<void> => {
      // Channel by channel first: the connection's own goodbye would overtake what their buffers still hold.
      await Promise.allSettled([...this.#parts].map((part) => part.close()));
      await this.model.close();
    };
    // Neither a broker that does not answer nor one that is gone keeps us from leaving.
    await Promise.race([
      goodbye().catch(() => {}),
      this.#gone,
      sleep(closeTimeoutMs, undefined, { signal: expired.signal }).catch(() => {}),
    ]);
    expired.abort();
    await this.#cut();
  }

  /** Ends the socket if it still is there, and waits until that has reached every channel. */
  async #cut(): Promise<void> {
    this.cutter.abort();
    // The bound is for a connection that had ended before anyone listened.
    await Promise.race([this.#gone, sleep(cutTimeoutMs, undefined, { ref: false })]);
    await (await this.#management)?.close();
  }

  /** Loaded, with its HTTP client, for the first question, which few workers ask. */
  #managed(): Promise<Management> | undefined {
    const { managementUrl, endpoint } = this;
    if (managementUrl === undefined) return undefined;
    this.#management ??= import('./management.js').then(({ Management }) => new Management(managementUrl, endpoint));
    return this.#management;
  }

  #part<P extends { close(): Promise<void> }>(part: P): P {
    this.#parts.add(part);
    return part;
  }

  /** An operation on a channel that lives as long as the operation. */
  #onChannel<T>(what: string, operation: (channel: Channel) => Promise<T>): Promise<T> {
    return this.#request(what, async () => {
      const channel = await this.model.createChannel();
      guard(channel);
      const result = await operation(channel);
      await closeChannel(channel);
      return result;
    });
  }

  async #request<T>(what: string, operation: () => Promise<T>): Promise<T> {
    try {
      return await answered(operation(), this.context.timeoutMs, what, this.where);
    } catch (error) {
      throw this.#lost ?? operationError(what, error, this.where);
    }
  }

  #lose(error: unknown): void {
    this.#lost ??= lostError(error, this.where);
    // amqplib may still wait for an answer that a broken peer never gives; it tells 'close' in any case then.
    this.cutter.abort();
  }

  #onClose(error: unknown): void {
    if (this.#closed !== undefined) return;
    this.#lost ??= lostError(error, this.where);
    this.#closed = this.#cut();
    this.#tell(this.#lost);
  }

  #tell(error: BrokerError): void {
    if (this.#told) return;
    this.#told = true;
    this.context.events.onLost(error);
  }
}
