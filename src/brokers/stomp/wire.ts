/**
 * What this adapter uses of stompit 1.0.0, as its sources have it. `@types/stompit` 0.26 describes an older version:
 * it wants both callbacks in the options of a frame, an argument for `destroy()`, and knows neither a frame's headers
 * nor the client's.
 */
import type { EventEmitter } from 'node:events';
import type { Duplex, Readable } from 'node:stream';
import stompit from 'stompit';

/** `auto`: delivered is done. `client-individual`: each message is done when its own ACK arrives. */
export type AckMode = 'auto' | 'client' | 'client-individual';

/** Header values of a frame to send; stompit escapes them, numbers included. */
export type OutgoingHeaders = Record<string, string | number>;

/** A frame from the server. stompit reads the next one only after this one's body was read to its end. */
export interface IncomingFrame extends Readable {
  /** Unescaped; `content-length` alone is a number. */
  readonly headers: Readonly<Record<string, string | undefined>> & { readonly 'content-length'?: number };
  read(): Buffer | null;
}

/** A frame on its way out; `written` is called when the operating system has all of it, or with an error. */
export interface OutgoingFrame {
  end(body: Buffer, encoding: undefined, written: (error?: Error | null) => void): void;
  end(written: (error?: Error | null) => void): void;
}

/** An error that stompit made or passed on. */
export interface StompitError extends Error {
  readonly code?: string;
  /** The socket failed. */
  isTransportError?(): boolean;
  /** What came is not STOMP, or not when it should. */
  isProtocolError?(): boolean;
  /** The server sent an ERROR frame. */
  isApplicationError?(): boolean;
}

/** Emits exactly one of `error` (with a reason) and `end` when it is over. */
export interface StompClient extends EventEmitter {
  /** Headers of CONNECTED, once that has come. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  connect(headers: OutgoingHeaders, done: (error: StompitError | null) => void): void;
  /** With `onReceipt` it adds a `receipt` header and calls back when that RECEIPT comes, matched by its id. */
  sendFrame(command: string, headers: OutgoingHeaders, options?: { onReceipt: () => void }): OutgoingFrame;
  /**
   * Registers a listener for a subscription whose SUBSCRIBE we send ourselves: `subscribe()` has no way to ask for a
   * receipt. Called with an error instead of a frame when the client ends with one.
   */
  setImplicitSubscription(
    id: string,
    ack: AckMode,
    listener: (error: Error | null, frame: IncomingFrame | undefined) => void,
  ): void;
  destroy(error?: Error): void;
}

/** What of a client is put right by {@link createClient}. */
interface RawClient extends StompClient {
  setCommandHandlers(handlers: Readonly<Record<string, (frame: IncomingFrame) => void>>): void;
  createApplicationError(message: string): StompitError;
}

/** The rest of an ERROR frame may take so long, in milliseconds. */
const errorBodyMs = 1_000;
/** A longer body of an ERROR frame is no sentence but a stack trace, in bytes. */
const longestReason = 300;

/**
 * A stompit client on a socket that may still be connecting. With an ERROR frame of up to 4 KiB of plain text, as
 * RabbitMQ and Artemis send them, stompit 1.0.0 ends the frame instead of the client: nobody hears of it until the
 * server hangs up, and the frame's `error` event has no listener. Here the client ends with what the server said,
 * also when the connection's end is seen first.
 */
export function createClient(socket: Duplex): StompClient {
  const client = new stompit.Client(socket, {}) as unknown as RawClient;
  const [setHandlers, destroy] = [client.setCommandHandlers.bind(client), client.destroy.bind(client)];
  let reason: (() => string) | undefined;
  client.destroy = (error) => destroy(reason === undefined ? error : client.createApplicationError(reason()));
  const onError = (frame: IncomingFrame): void => {
    reason = reasonOf(frame);
    const end = (): void => {
      clearTimeout(timer);
      client.destroy();
    };
    const timer = setTimeout(end, errorBodyMs);
    frame.once('end', end).once('error', end);
  };
  client.setCommandHandlers = (handlers) => setHandlers({ ...handlers, ERROR: onError });
  return client;
}

/** Reads an ERROR frame; what it gives tells the server's reason as far as that has been read. */
function reasonOf(frame: IncomingFrame): () => string {
  const { message = 'the server gave no reason' } = frame.headers;
  const parts: Buffer[] = [];
  let length = 0;
  frame.on('data', (part: Buffer) => {
    length += part.length;
    if (length <= longestReason) parts.push(part);
  });
  return () => {
    const body = length > longestReason ? '' : Buffer.concat(parts).toString().trim();
    if (body === '' || message.includes(body)) return message;
    return body.includes(message) ? body : `${message}: ${body}`;
  };
}
