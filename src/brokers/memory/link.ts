/** One TCP connection to the broker: greeting, requests and their answers, and who is on which channel. */
import { connect, type Socket } from 'node:net';
import type { ConnectContext, Endpoint } from '../adapter.js';
import { hostOf } from '../host.js';
import type { BrokerError } from '../../errors.js';
import { closedError, connectError, failedError, lostError, refusedError, timeoutError } from './errors.js';
import { FrameReader, FrameWriter, readRecordHeader } from './frames.js';
import type { ClientMessage } from './client-message.js';
import { FrameType, ProtocolViolation, protocolVersion } from './protocol.js';
import { type QueueStats, readServerMessage, type ServerMessage } from './server-message.js';

/** How long a goodbye may take before the connection is cut, in milliseconds. */
const goodbyeMs = 4_000;

/** A producer or a consumer on its channel. */
export interface Channel {
  /** Adds what has gathered during this turn of the event loop to the write that ends it. */
  beforeWrite(): void;
  onDeliver(frame: Buffer, from: number, to: number, count: number, routed: boolean): void;
  onReply(frame: Buffer, from: number, to: number, count: number): void;
  onConfirm(upTo: number): void;
  onRejected(upTo: number, reason: string): void;
  onCancelled(reason: string): void;
  /** The connection is gone, for whatever reason. Called once at most. */
  onGone(error: BrokerError): void;
}

type Request = Extract<ClientMessage, { request: number }>;
/** A request without its number; distributes over the union. */
type Unnumbered<T> = T extends unknown ? Omit<T, 'request'> : never;

interface Pending {
  readonly resolve: (stats: QueueStats | undefined) => void;
  readonly reject: (error: BrokerError) => void;
}

export class Link {
  readonly writer: FrameWriter;
  readonly #pending = new Map<number, Pending>();
  readonly #channels = new Map<number, Channel>();
  #requests = 0;
  #nextChannel = 0;
  #gone: BrokerError | undefined;
  #version: string | undefined;
  #closing: Promise<void> | undefined;
  #socketError: Error | undefined;
  #greeted: (outcome: BrokerError | undefined) => void = () => undefined;

  private constructor(
    private readonly socket: Socket,
    /** The address, without credentials. */
    readonly where: string,
    private readonly context: ConnectContext,
  ) {
    this.writer = new FrameWriter(socket, () => {
      for (const channel of this.#channels.values()) channel.beforeWrite();
    });
    const reader = new FrameReader((type, frame, from, to) => this.#onFrame(type, frame, from, to));
    socket.on('data', (chunk) => {
      try {
        reader.push(chunk);
      } catch (error) {
        if (!(error instanceof ProtocolViolation)) throw error;
        this.#socketError = error;
        socket.destroy();
      }
    });
    socket.on('error', (error) => (this.#socketError ??= error));
    socket.on('close', () => {
      if (this.#version === undefined) this.#greeted(connectError(this.#socketError, this.where));
      else if (this.#leave(lostError(this.#socketError, this.where))) this.context.events.onLost(this.#gone!);
    });
  }

  /**
   * Connects and greets.
   * @throws BrokerError absent, refused, protocol or timeout
   */
  static async open(endpoint: Endpoint, context: ConnectContext): Promise<Link> {
    const url = new URL(endpoint.url);
    const socket = connect({ host: hostOf(url), port: Number(url.port), noDelay: true });
    const link = new Link(socket, url.host, context);
    let timer: NodeJS.Timeout | undefined;
    const failure = await new Promise<BrokerError | undefined>((resolve) => {
      link.#greeted = resolve;
      timer = setTimeout(() => resolve(timeoutError('answer', context.timeoutMs, url.host)), context.timeoutMs);
      socket.once('connect', () =>
        link.tell({
          type: 'hello',
          protocol: protocolVersion,
          clientName: context.clientName,
          username: endpoint.username ?? '',
          password: endpoint.password ?? '',
        }),
      );
    });
    clearTimeout(timer);
    if (failure) {
      link.#gone = failure;
      socket.destroy();
      throw failure;
    }
    return link;
  }

  /** The broker's version, as it said in its greeting. */
  get version(): string {
    return this.#version ?? '';
  }

  /** Why nothing can be sent any more; undefined while the connection is good. */
  get gone(): BrokerError | undefined {
    return this.#gone;
  }

  /** Takes a channel. */
  attach(channel: Channel): number {
    const number = this.#nextChannel;
    this.#nextChannel += 1;
    this.#channels.set(number, channel);
    return number;
  }

  /** Leaves a channel: nothing more is called on it. */
  detach(number: number): void {
    this.#channels.delete(number);
  }

  tell(message: ClientMessage): void {
    if (!this.#gone) this.writer.control(message);
  }

  /**
   * Asks and waits for the answer.
   * @param what what is asked for, as in "did not <what>"
   * @throws BrokerError other, lost or timeout
   */
  async ask(
    message: Unnumbered<Request>,
    what: string,
    timeoutMs = this.context.timeoutMs,
  ): Promise<QueueStats | undefined> {
    if (this.#gone) throw this.#gone;
    const request = this.#requests;
    this.#requests += 1;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(request, { resolve, reject });
        timer = setTimeout(() => reject(timeoutError(what, timeoutMs, this.where)), timeoutMs);
        this.tell({ ...message, request });
      });
    } finally {
      clearTimeout(timer);
      this.#pending.delete(request);
    }
  }

  /** Writes what is pending, says goodbye and waits for the other side, but not for long. */
  close(): Promise<void> {
    this.#closing ??= new Promise<void>((resolve) => {
      if (this.socket.destroyed) return resolve();
      this.writer.flush();
      this.#leave(closedError(this.where));
      const timer = setTimeout(() => this.socket.destroy(), goodbyeMs);
      this.socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.socket.end();
    });
    return this.#closing;
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#leave(closedError(this.where));
    this.socket.destroy();
  }

  /** @returns false when it had been left before */
  #leave(reason: BrokerError): boolean {
    if (this.#gone) return false;
    this.#gone = reason;
    for (const { reject } of this.#pending.values()) reject(reason);
    for (const channel of this.#channels.values()) channel.onGone(reason);
    this.#channels.clear();
    return true;
  }

  #onFrame(type: number, frame: Buffer, from: number, to: number): void {
    if (this.#gone) return;
    if (type === FrameType.control) {
      this.#onControl(readServerMessage(frame, from, to));
      return;
    }
    const { channel, count, records } = readRecordHeader(frame, from, to);
    if (type === FrameType.deliver) this.#channels.get(channel)?.onDeliver(frame, records, to, count, false);
    else if (type === FrameType.deliverRouted) this.#channels.get(channel)?.onDeliver(frame, records, to, count, true);
    else if (type === FrameType.reply) this.#channels.get(channel)?.onReply(frame, records, to, count);
    else if (type === FrameType.confirm && to - records === 8) {
      this.#channels.get(channel)?.onConfirm(frame.readDoubleBE(records));
    } else throw new ProtocolViolation(`a frame of type ${type}`);
  }

  #onControl(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#version = message.version;
        return this.#greeted(undefined);
      case 'refused':
        return this.#greeted(refusedError(message.reason, this.where));
      case 'done':
        return this.#pending.get(message.request)?.resolve(message.stats);
      case 'failed':
        return this.#pending.get(message.request)?.reject(failedError(message.reason, this.where));
      case 'rejected':
        return this.#channels.get(message.channel)?.onRejected(message.upTo, message.reason);
      case 'cancelled':
        return this.#channels.get(message.channel)?.onCancelled(message.reason);
      case 'blocked':
        return this.context.events.onBlocked(message.blocked, message.reason);
    }
  }
}
