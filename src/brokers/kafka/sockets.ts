/**
 * The TCP connections of one kafkajs client. kafkajs asks its socket factory for each; keeping them here is what
 * lets an adapter turn Nagle off (kafkajs never does), see that a connection broke although no request was under
 * way, wait until the operating system has taken what was written, recognise a peer that is not Kafka, and cut
 * everything off.
 */
import net from 'node:net';
import tls from 'node:tls';
import type { ISocketFactory } from 'kafkajs';

/** No response that the options allow is as long, in bytes, and read as a size any printable text is longer. */
const responseLimit = 0x20000000;
const keepAliveMs = 60_000;

export interface SocketsSpec {
  /** Every connection goes here, whatever address the brokers advertise. */
  readonly via?: { readonly host: string; readonly port: number };
  /** A connection that was up ended and nobody here asked for it. */
  readonly onBroken?: (address: string) => void;
  /** kafkajs opened a connection again after one had broken. */
  readonly onReconnect?: (address: string) => void;
}

export class Sockets {
  readonly #spec: SocketsSpec;
  readonly #open = new Set<net.Socket>();
  #broken = 0;
  #cut: Error | undefined;
  #up = false;
  #answered = false;
  #foreign: string | undefined;

  constructor(spec: SocketsSpec) {
    this.#spec = spec;
  }

  /** Whether any connection was made, its TLS handshake included where it has one. */
  get up(): boolean {
    return this.#up;
  }

  /** Whether any peer gave an answer in Kafka's framing. */
  get answered(): boolean {
    return this.#answered;
  }

  /** The address of a peer whose answer was not Kafka's. */
  get foreign(): string | undefined {
    return this.#foreign;
  }

  /** What kafkajs opens its connections with. */
  readonly factory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    // kafkajs turns a throw into a connection error of the request that needed the socket.
    if (this.#cut) throw this.#cut;
    const address = `${host}:${port}`;
    const to = this.#spec.via ?? { host, port };
    // kafkajs' types promise `ssl`, but it is null without TLS. ssl wins over the defaults: it may name the server.
    const socket = (ssl as tls.ConnectionOptions | null)
      ? tls.connect({ ...(net.isIP(host) === 0 ? { servername: host } : {}), ...ssl, ...to }, onConnect)
      : net.connect(to, onConnect);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveMs);
    this.#watch(socket, address);
    return socket;
  };

  /** Resolves when no connection holds back written bytes any more: the operating system has them. */
  async drained(): Promise<void> {
    for (const socket of this.#open) {
      if (!socket.writableNeedDrain) continue;
      await new Promise<void>((resolve) => {
        const done = () => {
          socket.off('drain', done);
          socket.off('close', done);
          resolve();
        };
        socket.once('drain', done);
        socket.once('close', done);
      });
    }
  }

  /** Ends every connection without a goodbye and allows no new one; requests under way fail with `reason`. */
  cut(reason: Error): void {
    this.#cut ??= reason;
    // With an error, because kafkajs only listens for "end" and "error" and would wait for answers otherwise.
    for (const socket of this.#open) socket.destroy(this.#cut);
  }

  #watch(socket: net.Socket, address: string): void {
    this.#open.add(socket);
    let up = false;
    let broke = false;
    const break_ = () => {
      if (!up || broke || this.#cut) return;
      broke = true;
      this.#broken++;
      this.#spec.onBroken?.(address);
    };
    socket.once(socket instanceof tls.TLSSocket ? 'secureConnect' : 'connect', () => {
      up = true;
      this.#up = true;
      if (this.#broken === 0) return;
      this.#broken--;
      this.#spec.onReconnect?.(address);
    });
    // The peer ended it first, unless kafkajs has ended its side already.
    socket.once('end', () => {
      if (!socket.writableEnded) break_();
    });
    socket.once('error', break_);
    socket.once('close', () => {
      this.#open.delete(socket);
    });
    this.#checkFirstResponse(socket, address);
  }

  /**
   * A response starts with its size and the correlation id of its request, both INT32; the first request of a
   * kafkajs connection has id 0 (https://kafka.apache.org/protocol#protocol_messages). Without this check kafkajs
   * takes "HTTP" for a size of 1.2 GB and waits for the rest.
   */
  #checkFirstResponse(socket: net.Socket, address: string): void {
    let head = Buffer.alloc(0);
    const check = (data: Buffer) => {
      head = Buffer.concat([head, data.subarray(0, 8)]);
      if (head.length < 8) return;
      socket.off('data', check);
      const size = head.readInt32BE(0);
      if (size >= 4 && size < responseLimit && head.readInt32BE(4) === 0) {
        this.#answered = true;
        return;
      }
      this.#foreign = address;
      socket.destroy(new Error('the answer is not in the Kafka protocol'));
    };
    socket.on('data', check);
  }
}
