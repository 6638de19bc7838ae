/** One open STOMP session: the handshake, frames out, receipts, and its one end. */
import net from 'node:net';
import tls from 'node:tls';
import { BrokerError } from '../../errors.js';
import type { Endpoint } from '../adapter.js';
import { hostOf } from '../host.js';
import { dialectOf, type Dialect } from './dialect.js';
import { closedError, connectError, foreignError, lostError, timeoutError } from './errors.js';
import { createClient, type AckMode, type IncomingFrame, type OutgoingHeaders, type StompClient } from './wire.js';

/**
 * Frames that stompit holds at a time; the others wait here. When a session ends, stompit drops what it holds by
 * recursion, two calls a frame: 10,000 frames overflow the stack. It writes frames one after the other anyway,
 * each part once the part before is out, which is also why corking the socket would gain nothing.
 */
const handedOverAtMost = 256;

/** Idle milliseconds before the kernel probes the peer. */
const keepAliveDelayMs = 10_000;

/** Bound on a good-bye, in milliseconds. */
const closeTimeoutMs = 4_000;

interface WaitingFrame {
  readonly command: string;
  readonly headers: OutgoingHeaders;
  readonly body: Buffer | undefined;
  readonly onReceipt: (() => void) | undefined;
  readonly onWritten: (() => void) | undefined;
}

/** Where to connect to, read from an endpoint. */
interface Address {
  readonly host: string;
  readonly port: number;
  /** The STOMP `host` header: RabbitMQ's virtual host; ActiveMQ takes any. */
  readonly virtualHost: string;
  readonly tls: boolean;
  /** host:port, for people. */
  readonly where: string;
}

/**
 * Reads `stomp://host[:port][/vhost]` or `stomp+ssl://host:port[/vhost]`.
 * @throws BrokerError when it is neither; there is no common port for STOMP over TLS, so that one must be given
 */
export function parseAddress(endpoint: Endpoint): Address {
  let url: URL | undefined;
  let vhost = '';
  try {
    url = new URL(endpoint.url);
    vhost = decodeURIComponent(url.pathname.slice(1));
  } catch {
    // Falls through with the others; an address that cannot be read is not repeated, it could hold a password.
    url = undefined;
  }
  const secure = url?.protocol === 'stomp+ssl:';
  if (!url?.hostname || !(secure || url.protocol === 'stomp:') || (secure && url.port === '')) {
    throw new BrokerError(
      'The address of the STOMP broker is not stomp://host:port or stomp+ssl://host:port.',
      'other',
      { hint: 'Give e.g. stomp://localhost:61613.' },
    );
  }
  const port = url.port === '' ? 61_613 : Number(url.port);
  return {
    host: hostOf(url),
    port,
    virtualHost: vhost === '' ? '/' : vhost,
    tls: secure || endpoint.tls !== undefined,
    where: `${url.hostname}:${port}`,
  };
}

/** An open session. Ends once: by close(), by destroy(), or lost. */
export class Session {
  /** Set once the session has ended. */
  #endReason: BrokerError | undefined;
  #closing: Promise<void> | undefined;
  #handedOver = 0;
  #waiting: WaitingFrame[] = [];
  #nextWaiting = 0;
  #nextSubscription = 1;
  #nextTransaction = 1;
  readonly #onEnd = new Set<(reason: BrokerError) => void>();

  constructor(
    private readonly client: StompClient,
    readonly dialect: Dialect,
    readonly where: string,
    onLost: (error: BrokerError) => void,
  ) {
    const lost = (error?: Error): void => {
      const reason = lostError(error, where);
      const unasked = this.#closing === undefined;
      if (this.#end(reason) && unasked) onLost(reason);
    };
    client.on('error', lost);
    client.on('end', () => lost());
  }

  get ended(): boolean {
    return this.#endReason !== undefined;
  }

  /**
   * Calls `listener` once when the session ends, at once where it has, with what to tell those who still wait.
   * Returns how to take it back.
   */
  onEnd(listener: (reason: BrokerError) => void): () => void {
    if (this.#endReason === undefined) this.#onEnd.add(listener);
    else listener(this.#endReason);
    return () => this.#onEnd.delete(listener);
  }

  /**
   * Sends one frame after those before it; does nothing once the session has ended.
   * @param onReceipt asks for a receipt
   * @param onWritten called when the operating system has the whole frame
   */
  send(command: string, headers: OutgoingHeaders, body?: Buffer, onReceipt?: () => void, onWritten?: () => void): void {
    if (this.ended) return;
    if (this.#handedOver < handedOverAtMost && this.#nextWaiting === this.#waiting.length) {
      this.#handOver(command, headers, body, onReceipt, onWritten);
    } else {
      this.#waiting.push({ command, headers, body, onReceipt, onWritten });
    }
  }

  /**
   * Sends one frame and waits for its receipt.
   * @throws BrokerError lost, or timeout after `timeoutMs`; `what` says what was going on
   */
  request(command: string, headers: OutgoingHeaders, timeoutMs: number, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail(timeoutError(this.where, what)), timeoutMs);
      const fail = (error: BrokerError): void => {
        clearTimeout(timer);
        reject(error);
      };
      const forget = this.onEnd(fail);
      this.send(command, headers, undefined, () => {
        clearTimeout(timer);
        forget();
        resolve();
      });
    });
  }

  /** Registers a listener under a new subscription id; the caller sends the SUBSCRIBE. */
  listen(ack: AckMode, onFrame: (frame: IncomingFrame) => void): string {
    const id = `mqbench-${this.#nextSubscription++}`;
    this.client.setImplicitSubscription(id, ack, (_error, frame) => {
      // An error comes with the end of the session, which has its own listeners.
      if (frame === undefined) return;
      if (this.ended) frame.resume();
      else onFrame(frame);
    });
    return id;
  }

  /** An id for a transaction that no other of this session has: several producers may share it. */
  newTransaction(): string {
    return `mqbench-${this.#nextTransaction++}`;
  }

  /** Says good-bye after everything sent so far, and waits until the server has said so too, 4 s at most. */
  close(): Promise<void> {
    this.#closing ??= this.request('DISCONNECT', {}, closeTimeoutMs, 'closing').then(
      () => this.destroy(),
      () => this.destroy(),
    );
    return this.#closing;
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#closing ??= Promise.resolve();
    this.client.destroy();
  }

  #handOver(
    command: string,
    headers: OutgoingHeaders,
    body: Buffer | undefined,
    onReceipt: (() => void) | undefined,
    onWritten: (() => void) | undefined,
  ): void {
    this.#handedOver++;
    const out = this.client.sendFrame(command, headers, onReceipt && { onReceipt });
    const written =
      onWritten === undefined
        ? this.#written
        : (error?: Error | null): void => {
            this.#written(error);
            if (!error) onWritten();
          };
    if (body === undefined) out.end(written);
    else out.end(body, undefined, written);
  }

  /** One frame is out of stompit's hands. After an error the session ends, and settles what is open. */
  readonly #written = (error?: Error | null): void => {
    this.#handedOver--;
    if (!error && this.#nextWaiting < this.#waiting.length) this.#handOverNext();
  };

  #handOverNext(): void {
    const frame = this.#waiting[this.#nextWaiting];
    if (frame === undefined) return;
    this.#nextWaiting++;
    if (this.#nextWaiting === this.#waiting.length) {
      this.#waiting = [];
      this.#nextWaiting = 0;
    } else if (this.#nextWaiting >= 1024 && this.#nextWaiting * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#nextWaiting);
      this.#nextWaiting = 0;
    }
    this.#handOver(frame.command, frame.headers, frame.body, frame.onReceipt, frame.onWritten);
  }

  /** True the first time. */
  #end(reason: BrokerError): boolean {
    if (this.#endReason !== undefined) return false;
    this.#endReason = reason;
    this.#waiting = [];
    this.#nextWaiting = 0;
    const listeners = [...this.#onEnd];
    this.#onEnd.clear();
    for (const listener of listeners) listener(reason);
    return true;
  }
}

/**
 * Connects a socket, and STOMP 1.2 on it.
 * @param options.id the client's id on the broker, where one connection is to be told from another; must be unique
 * @throws BrokerError absent, refused, protocol or timeout, within `timeoutMs`
 */
export async function openSession(
  endpoint: Endpoint,
  options: {
    readonly id: string;
    readonly timeoutMs: number;
    readonly onLost: (error: BrokerError) => void;
  },
): Promise<Session> {
  const address = parseAddress(endpoint);
  const { where } = address;
  // CONNECT is the one frame whose headers STOMP does not escape.
  for (const value of [endpoint.username, endpoint.password, address.virtualHost]) {
    if (value !== undefined && /[\r\n]/.test(value)) {
      throw new BrokerError(`User name, password or virtual host for ${where} has a line break in it.`, 'refused', {
        where,
        hint: 'STOMP cannot carry one there.',
      });
    }
  }
  const socket = openSocket(address, endpoint);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAliveDelayMs);
  const client = createClient(socket);
  // Without a listener for its whole life, a late `error` would end the process.
  client.on('error', () => undefined);

  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      client.off('end', onClosed);
      client.off('error', onError);
    };
    const fail = (error: BrokerError): void => {
      settle();
      client.destroy();
      reject(error);
    };
    const tls = address.tls ? (endpoint.tls ?? {}) : undefined;
    const onClosed = (): void => fail(closedError(where, tls));
    const onError = (error: Error): void => fail(connectError(error, where, tls));
    const timer = setTimeout(() => fail(timeoutError(where, 'connecting')), options.timeoutMs);
    client.on('end', onClosed);
    client.on('error', onError);
    socket.once(address.tls ? 'secureConnect' : 'connect', () => {
      client.connect(
        {
          'accept-version': '1.2',
          host: address.virtualHost,
          'heart-beat': '0,0',
          'client-id': options.id,
          ...(endpoint.username === undefined ? {} : { login: endpoint.username }),
          ...(endpoint.password === undefined ? {} : { passcode: endpoint.password }),
        },
        (error) => {
          if (error) return; // onError has it
          const server = client.headers?.['server'];
          const dialect = dialectOf(server);
          if (dialect === undefined) return fail(foreignError(server, where));
          settle();
          // Made at once, so that it misses nothing that comes right after CONNECTED.
          resolve(new Session(client, dialect, where, options.onLost));
        },
      );
    });
  });
}

function openSocket(address: Address, endpoint: Endpoint): net.Socket {
  const { host, port } = address;
  if (!address.tls) return net.connect({ host, port });
  // A name for SNI must not be an IP address.
  const servername = endpoint.tls?.servername ?? (net.isIP(host) === 0 ? host : undefined);
  return tls.connect({
    host,
    port,
    ...(servername === undefined ? {} : { servername }),
    ...(endpoint.tls?.ca === undefined ? {} : { ca: endpoint.tls.ca }),
    ...(endpoint.tls?.cert === undefined ? {} : { cert: endpoint.tls.cert }),
    ...(endpoint.tls?.key === undefined ? {} : { key: endpoint.tls.key }),
  });
}
