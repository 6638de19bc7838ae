/** One AMQP connection: opening it within a bound, what happens to it by itself, and its end. */
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
import { BrokerError } from '../../errors.js';
import { createQueue, deleteQueue, queueStats, serverInfo } from './admin.js';
import { closeChannel, closeTimeoutMs, guard, type Loss } from './channel.js';
import { RabbitConsumer } from './consumer.js';
import { connectError, connectTimeout, lostError, operationError, within } from './errors.js';
import { Management } from './management.js';
import type { RabbitmqOptions } from './options.js';
import { ConfirmedProducer, UnconfirmedProducer, unconfirmedFrames } from './producer.js';

/**
 * Seconds between heartbeats. Either side gives the other up after two without a sign of life. RabbitMQ's guide
 * takes 5 to 20 s as the best range (https://www.rabbitmq.com/docs/heartbeats); its default of 60 would notice a
 * dead peer after two minutes.
 */
const heartbeatSeconds = 10;

/** basic.qos carries the prefetch in 16 bits. */
const maxPrefetch = 65_535;

interface Address {
  readonly protocol: 'amqp' | 'amqps';
  readonly hostname: string;
  readonly port: number;
  /** Still percent-encoded, as amqplib wants it; empty for the default `/`. */
  readonly vhostPath: string;
  /** For people: no user, no password. */
  readonly where: string;
}

/** Reads an endpoint as https://www.rabbitmq.com/docs/uri-spec says. */
function addressOf(endpoint: Endpoint): Address {
  const url = URL.canParse(endpoint.url) ? new URL(endpoint.url) : undefined;
  if (url === undefined || !/^amqps?:$/.test(url.protocol) || url.hostname === '') {
    throw new BrokerError('The address is not an AMQP address.', 'other', {
      hint: 'Write it as amqp://host:5672/vhost, or amqps:// for TLS.',
    });
  }
  const protocol = url.protocol === 'amqps:' || endpoint.tls !== undefined ? 'amqps' : 'amqp';
  const port = url.port === '' ? (protocol === 'amqps' ? 5671 : 5672) : Number(url.port);
  const vhostPath = url.pathname.replace(/^\//, '');
  return {
    protocol,
    // amqplib hands it to net.connect, which wants an IPv6 address bare.
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    vhostPath,
    where: `${protocol}://${url.hostname}:${port}${vhostPath === '' ? '' : `/${vhostPath}`}`,
  };
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
  try {
    const model = await connect(
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
    return new RabbitConnection(model, endpoint, address, options, context, cutter);
  } catch (error) {
    if (cutter.signal.aborted) throw connectTimeout(address.where, context.timeoutMs, error);
    cutter.abort();
    throw connectError(error, address.where);
  } finally {
    clearTimeout(deadline);
  }
}

class RabbitConnection implements Connection, Loss {
  readonly where: string;
  readonly #vhost: string;
  readonly #management: Management | undefined;
  /** Producers and consumers, to be closed before the connection. */
  readonly #parts = new Set<{ close(): Promise<void> }>();
  #lost: BrokerError | undefined;
  #closed: Promise<void> | undefined;

  constructor(
    private readonly model: ChannelModel,
    endpoint: Endpoint,
    address: Address,
    private readonly options: RabbitmqOptions,
    private readonly context: ConnectContext,
    private readonly cutter: AbortController,
  ) {
    this.where = address.where;
    this.#vhost = decodeURIComponent(address.vhostPath) || '/';
    this.#management =
      endpoint.managementUrl === undefined ? undefined : new Management(endpoint.managementUrl, endpoint);
    model.on('error', (error) => this.#lose(error));
    model.on('close', (error) => this.#onClose(error));
    model.on('blocked', (reason) => context.events.onBlocked(true, reason));
    model.on('unblocked', () => context.events.onBlocked(false, ''));
    model.on('handler-error', (error) => {
      throw error;
    });
  }

  error(): BrokerError | undefined {
    return this.#lost;
  }

  serverInfo(): Promise<ServerInfo> {
    return serverInfo(this.model.connection, this.#management);
  }

  createDestination(spec: DestinationSpec): Promise<void> {
    return this.#onChannel(`make the queue ${spec.name}`, (channel) => createQueue(channel, spec, this.options));
  }

  deleteDestination(spec: DestinationSpec): Promise<void> {
    return this.#onChannel(`delete the queue ${spec.name}`, (channel) => deleteQueue(channel, spec));
  }

  async stats(spec: DestinationSpec): Promise<DestinationStats> {
    const [now, totals] = await Promise.all([
      this.#onChannel(`tell about the queue ${spec.name}`, (channel) => queueStats(channel, spec)),
      // A figure more: where it cannot be had just now it is undefined.
      this.#management?.queue(this.#vhost, spec.name).catch(() => undefined),
    ]);
    return { ...totals, ...now };
  }

  createProducer(spec: ProducerSpec): Promise<Producer> {
    return this.#request(`take a producer for ${spec.destination.name}`, async () => {
      if (spec.destination.guarantee === 'at-most-once') {
        const channel = await this.model.createChannel({ highWaterMark: unconfirmedFrames });
        guard(channel);
        return this.#part(new UnconfirmedProducer(channel, spec, this));
      }
      const channel = await this.model.createConfirmChannel();
      guard(channel);
      return this.#part(new ConfirmedProducer(channel, spec, this));
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
      return this.#part(new RabbitConsumer(channel, spec, onMessage, this));
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  destroy(): void {
    this.#lost ??= lostError(new Error('cut on purpose'), this.where);
    this.#closed ??= this.#management?.close() ?? Promise.resolve();
    this.cutter.abort();
  }

  async #end(): Promise<void> {
    const expired = new AbortController();
    const goodbye = async (): Promise<void> => {
      // Channel by channel first: the connection's own goodbye would overtake what their buffers still hold.
      await Promise.allSettled([...this.#parts].map((part) => part.close()));
      const gone = new Promise((resolve) => this.model.once('close', resolve));
      await Promise.race([this.model.close(), gone]);
    };
    // Neither a broker that does not answer nor one that is gone keeps us from leaving.
    await Promise.race([
      goodbye().catch(() => {}),
      sleep(closeTimeoutMs, undefined, { signal: expired.signal }).catch(() => {}),
    ]);
    expired.abort();
    this.cutter.abort();
    await this.#management?.close();
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
      return await within(operation(), this.context.timeoutMs, what, this.where);
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
    this.#closed = this.#management?.close() ?? Promise.resolve();
    this.cutter.abort();
    this.context.events.onLost(this.#lost);
  }
}
