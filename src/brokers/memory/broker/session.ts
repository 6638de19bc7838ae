/** The broker's side of one client's connection. */
import type { Socket } from 'node:net';
import { messageOf } from '../../../errors.js';
import { type BrokerPattern, type ClientMessage, readClientMessage } from '../client-message.js';
import { FrameReader, FrameWriter, readRecordHeader } from '../frames.js';
import {
  eachBody,
  eachRange,
  FrameType,
  keyAt,
  markAt,
  priorityAt,
  ProtocolViolation,
  protocolVersion,
  routedHeaderBytes,
  setMarkAt,
} from '../protocol.js';
import type { ServerMessage } from '../server-message.js';
import type { Destination } from './destination.js';
import { Subscriber, type DeliverySink } from './queue.js';

/** What a session needs of the broker it belongs to. */
export interface SessionHost {
  readonly version: string;
  admits(username: string, password: string): boolean;
  destination(name: string): Destination | undefined;
  create(name: string, consumers: number, pattern: BrokerPattern | undefined): void;
  delete(name: string): void;
  /** Requests of all sessions that have no reply yet. */
  readonly calls: Calls;
  /** True when the broker holds all that it may: the session is then to stop reading until it is resumed. */
  full(): boolean;
  /** A peer did not speak the protocol and was hung up on. */
  onViolation(what: string): void;
}

/** Where the reply to a request goes. */
interface Call {
  readonly session: Session;
  readonly channel: number;
  /** The requester's own number of it. */
  readonly mark: number;
}

/** Requests that have no reply yet, by the broker's number. */
export class Calls {
  readonly #open = new Map<number, Call>();
  #next = 0;

  /** Numbers a request. */
  add(call: Call): number {
    const number = this.#next;
    this.#next += 1;
    this.#open.set(number, call);
    return number;
  }

  /** Where a reply goes: once, as a request that was delivered twice may be answered twice. */
  take(number: number): Call | undefined {
    const call = this.#open.get(number);
    this.#open.delete(number);
    return call;
  }

  /** Nobody waits for these any more. */
  forget(session: Session): void {
    for (const [number, call] of this.#open) if (call.session === session) this.#open.delete(number);
  }
}

/** A client's producer: publishes are counted from 0. */
interface PublishChannel {
  readonly destination: Destination;
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
    if (type === FrameType.control) this.#onControl(readClientMessage(frame, from, to));
    else if (!this.#admitted) throw new ProtocolViolation('the first frame is not a greeting');
    else if (type === FrameType.publish) this.#onPublish(frame, from, to, false);
    else if (type === FrameType.publishRouted) this.#onPublish(frame, from, to, true);
    else if (type === FrameType.reply) this.#onReply(frame, from, to);
    else if (type === FrameType.ack) this.#onAck(frame, from, to);
    else throw new ProtocolViolation(`a frame of type ${type}`);
  }

  #onPublish(frame: Buffer, from: number, to: number, routed: boolean): void {
    const { channel, count, records } = readRecordHeader(frame, from, to);
    const producer = this.#producers.get(channel);
    if (!producer) throw new ProtocolViolation('a publish on a channel that is not open');
    const { destination } = producer;
    if (destination.routed !== routed) throw new ProtocolViolation('a publish without a route, or with one too many');
    if (destination.deleted) {
      // What came before the deletion was taken.
      this.#confirm();
      producer.published += count;
      producer.confirmed = producer.published;
      if (!producer.confirms) return;
      const reason = `the queue ${destination.name} does not exist any more`;
      this.#tell({ type: 'rejected', channel, upTo: producer.published, reason });
      return;
    }
    producer.published += count;
    if (routed) {
      const take = (start: number, end: number): void => {
        if (destination.answers) {
          setMarkAt(frame, start, this.host.calls.add({ session: this, channel, mark: markAt(frame, start) }));
        }
        destination.publish(frame, start, end);
      };
      eachBody(frame, records, to, count, take, routedHeaderBytes);
    } else {
      eachBody(frame, records, to, count, (start, end) => destination.publish(frame, start, end));
    }
    destination.dispatch();
    if (producer.confirms) this.#writer.schedule();
    if (!this.#paused && this.host.full()) {
      this.#paused = true;
      this.socket.pause();
      this.#tell({ type: 'blocked', blocked: true, reason: 'the broker holds as many bytes as it may' });
    }
  }

  /** Hands replies to the sessions that sent the requests. */
  #onReply(frame: Buffer, from: number, to: number): void {
    const { count, records } = readRecordHeader(frame, from, to);
    const take = (start: number, end: number): void => {
      const call = this.host.calls.take(markAt(frame, start));
      if (call !== undefined) call.session.#answer(call, frame, start, end);
    };
    eachBody(frame, records, to, count, take, routedHeaderBytes);
  }

  #answer({ channel, mark }: Call, frame: Buffer, from: number, to: number): void {
    if (!this.#producers.has(channel)) return;
    this.#writer.routed(FrameType.reply, channel, frame, from, to, false, { key: 0, priority: 0, mark });
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
        this.host.create(message.destination, message.consumers, message.pattern);
        return this.#tell({ type: 'done', request: message.request });
      case 'delete':
        this.host.delete(message.destination);
        return this.#tell({ type: 'done', request: message.request });
      case 'stats': {
        const destination = this.#destinationOf(message);
        if (destination) this.#tell({ type: 'done', request: message.request, stats: destination.stats() });
        return;
      }
      case 'open-producer': {
        const destination = this.#destinationOf(message);
        if (!destination) return;
        const { channel, confirms } = message;
        this.#producers.set(channel, { destination, confirms, published: 0, confirmed: 0 });
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
    const destination = this.#destinationOf(message);
    if (!destination) return;
    const { channel } = message;
    const queue = destination.queue(message.index);
    if (queue === undefined) {
      const reason = `${destination.name} has no subscription ${message.index}`;
      return this.#tell({ type: 'failed', request: message.request, reason });
    }
    const sink: DeliverySink = {
      deliver: destination.routed
        ? (frame, from, to, redelivered) => {
            const marks = { key: keyAt(frame, from), priority: priorityAt(frame, from), mark: markAt(frame, from) };
            this.#writer.routed(FrameType.deliverRouted, channel, frame, from, to, redelivered, marks);
          }
        : (frame, from, to, redelivered) => this.#writer.body(FrameType.deliver, channel, frame, from, to, redelivered),
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

  #destinationOf(message: { readonly request: number; readonly destination: string }): Destination | undefined {
    const destination = this.host.destination(message.destination);
    if (!destination) {
      const reason = `there is no queue ${message.destination}`;
      this.#tell({ type: 'failed', request: message.request, reason });
    }
    return destination;
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
    this.host.calls.forget(this);
    this.onClosed();
  }
}
