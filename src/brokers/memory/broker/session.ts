/** The broker's side of one client's connection. */
import type { Socket } from 'node:net';
import { messageOf } from '../../../errors.js';
import { FrameReader, FrameWriter, readRecordHeader } from '../frames.js';
import {
  clientMessageSchema,
  eachBody,
  eachRange,
  FrameType,
  parseControl,
  ProtocolViolation,
  protocolVersion,
  type ClientMessage,
  type ServerMessage,
} from '../protocol.js';
import { Subscriber, type DeliverySink, type Queue } from './queue.js';

/** What a session needs of the broker it belongs to. */
export interface SessionHost {
  readonly version: string;
  admits(username: string, password: string): boolean;
  queue(name: string): Queue | undefined;
  create(name: string): void;
  delete(name: string): void;
  /** True when the broker holds all that it may: the session is then to stop reading until it is resumed. */
  full(): boolean;
  /** A peer did not speak the protocol and was hung up on. */
  onViolation(what: string): void;
}

/** A client's producer: publishes are counted from 0. */
interface PublishChannel {
  readonly queue: Queue;
  readonly confirms: boolean;
  published: number;
  confirmed: number;
}

export class Session {
  readonly #writer: FrameWriter;
  readonly #reader = new FrameReader((type, frame, from, to) => this.#onFrame(type, frame, from, to));
  readonly #producers = new Map<number, PublishChannel>();
  readonly #subscribers = new Map<number, Subscriber>();
  #admitted = false;
  #paused = false;

  constructor(
    private readonly socket: Socket,
    private readonly host: SessionHost,
    private readonly onClosed: () => void,
  ) {
    this.#writer = new FrameWriter(socket, () => this.#confirm());
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('drain', () => {
      for (const { queue } of this.#subscribers.values()) queue.dispatch();
    });
    // 'close' follows and does the rest.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#onClose());
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Reads again after the broker was full. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#tell({ type: 'blocked', blocked: false, reason: '' });
    this.socket.resume();
  }

  #onData(chunk: Buffer): void {
    try {
      this.#reader.push(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      this.host.onViolation(messageOf(error));
      this.socket.destroy();
    }
  }

  #onFrame(type: number, frame: Buffer, from: number, to: number): void {
    if (this.socket.destroyed) return;
    if (type === FrameType.control) this.#onControl(parseControl(clientMessageSchema, frame, from, to));
    else if (!this.#admitted) throw new ProtocolViolation('the first frame is not a greeting');
    else if (type === FrameType.publish) this.#onPublish(frame, from, to);
    else if (type === FrameType.ack) this.#onAck(frame, from, to);
    else throw new ProtocolViolation(`a frame of type ${type}`);
  }

  #onPublish(frame: Buffer, from: number, to: number): void {
    const { channel, count, records } = readRecordHeader(frame, from, to);
    const producer = this.#producers.get(channel);
    if (!producer) throw new ProtocolViolation('a publish on a channel that is not open');
    const { queue } = producer;
    if (queue.deleted) {
      // What came before the deletion was taken.
      this.#confirm();
      producer.published += count;
      producer.confirmed = producer.published;
      if (!producer.confirms) return;
      const reason = `the queue ${queue.name} does not exist any more`;
      this.#tell({ type: 'rejected', channel, upTo: producer.published, reason });
      return;
    }
    producer.published += count;
    eachBody(frame, records, to, count, (start, end) => queue.publish(frame, start, end));
    queue.dispatch();
    if (producer.confirms) this.#writer.schedule();
    if (!this.#paused && this.host.full()) {
      this.#paused = true;
      this.socket.pause();
      this.#tell({ type: 'blocked', blocked: true, reason: 'the broker holds as many bytes as it may' });
    }
  }

  #onAck(frame: Buffer, from: number, to: number): void {
    const { channel, count, records } = readRecordHeader(frame, from, to);
    // An acknowledgement may cross with a cancellation or an end of the subscription: it then means nothing.
    const subscriber = this.#subscribers.get(channel);
    if (!subscriber) return;
    eachRange(frame, records, to, count, (first, last) => subscriber.queue.acknowledge(subscriber, first, last));
    subscriber.queue.dispatch();
  }

  #onControl(message: ClientMessage): void {
    if (!this.#admitted && message.type !== 'hello') throw new ProtocolViolation('the first message is no greeting');
    switch (message.type) {
      case 'hello':
        return this.#greet(message);
      case 'create':
        this.host.create(message.destination);
        return this.#tell({ type: 'done', request: message.request });
      case 'delete':
        this.host.delete(message.destination);
        return this.#tell({ type: 'done', request: message.request });
      case 'stats': {
        const queue = this.#queueOf(message);
        if (queue) this.#tell({ type: 'done', request: message.request, stats: queue.stats() });
        return;
      }
      case 'open-producer': {
        const queue = this.#queueOf(message);
        if (!queue) return;
        this.#producers.set(message.channel, { queue, confirms: message.confirms, published: 0, confirmed: 0 });
        return this.#tell({ type: 'done', request: message.request });
      }
      case 'close-producer':
        this.#producers.delete(message.channel);
        return;
      case 'subscribe':
        return this.#subscribe(message);
      case 'unsubscribe': {
        const subscriber = this.#subscribers.get(message.channel);
        this.#subscribers.delete(message.channel);
        subscriber?.queue.unsubscribe(subscriber);
        return this.#tell({ type: 'done', request: message.request });
      }
    }
  }

  #greet(hello: Extract<ClientMessage, { type: 'hello' }>): void {
    const refusal =
      hello.protocol !== protocolVersion
        ? `this broker speaks version ${protocolVersion} of the protocol`
        : this.host.admits(hello.username, hello.password)
          ? undefined
          : 'user name or password is wrong';
    if (refusal !== undefined) {
      this.#tell({ type: 'refused', reason: refusal });
      this.#writer.flush();
      this.socket.end();
      return;
    }
    this.#admitted = true;
    this.#tell({ type: 'welcome', version: this.host.version });
  }

  #subscribe(message: Extract<ClientMessage, { type: 'subscribe' }>): void {
    const queue = this.#queueOf(message);
    if (!queue) return;
    const { channel } = message;
    const sink: DeliverySink = {
      deliver: (frame, from, to, redelivered) =>
        this.#writer.body(FrameType.deliver, channel, frame, from, to, redelivered),
      cancelled: (reason) => {
        this.#subscribers.delete(channel);
        this.#tell({ type: 'cancelled', channel, reason });
      },
      congested: () => this.#writer.congested,
    };
    const subscriber = new Subscriber(queue, message.acknowledgements ? message.prefetch : undefined, sink);
    this.#subscribers.set(channel, subscriber);
    this.#tell({ type: 'done', request: message.request });
    queue.subscribe(subscriber);
  }

  #queueOf(message: { readonly request: number; readonly destination: string }): Queue | undefined {
    const queue = this.host.queue(message.destination);
    if (!queue) {
      const reason = `there is no queue ${message.destination}`;
      this.#tell({ type: 'failed', request: message.request, reason });
    }
    return queue;
  }

  /** Confirms in one frame per producer all that came in during this turn. */
  #confirm(): void {
    for (const [channel, producer] of this.#producers) {
      if (!producer.confirms || producer.confirmed === producer.published) continue;
      producer.confirmed = producer.published;
      this.#writer.confirm(channel, producer.published);
    }
  }

  #tell(message: ServerMessage): void {
    this.#writer.control(message);
  }

  #onClose(): void {
    for (const subscriber of this.#subscribers.values()) subscriber.queue.unsubscribe(subscriber);
    this.#subscribers.clear();
    this.onClosed();
  }
}
