/** A STOMP server of a few lines that does what a test tells it: a real socket, frames parsed by the specification. */
import net from 'node:net';
import type { Connection, ConnectionEvents, Endpoint } from '../../../src/brokers/adapter.js';
import { stomp } from '../../../src/brokers/stomp/index.js';

/** A frame as it came, header values still escaped. */
export interface RawFrame {
  readonly command: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface PeerSocket {
  /** Writes bytes; `^` at the end of a text stands for the NUL that ends a frame. */
  write(bytes: string | Buffer): void;
  /** Stops reading, so that the client's frames back up. */
  pause(): void;
  resume(): void;
  end(): void;
}

export interface StompPeer {
  readonly endpoint: Endpoint;
  readonly frames: RawFrame[];
  close(): Promise<void>;
}

export const connected = 'CONNECTED\nversion:1.2\nserver:ActiveMQ/6.3.1\n\n^';

/** Takes whole frames off the front of `bytes`; returns the rest. */
function takeFrames(bytes: Buffer, take: (frame: RawFrame) => void): Buffer {
  for (;;) {
    while (bytes[0] === 0x0a) bytes = bytes.subarray(1);
    const headerEnd = bytes.indexOf('\n\n');
    if (headerEnd < 0) return bytes;
    const [command = '', ...lines] = bytes.toString('utf8', 0, headerEnd).split('\n');
    const headers = Object.fromEntries(lines.map((line) => line.split(/:(.*)/s).slice(0, 2) as [string, string]));
    const start = headerEnd + 2;
    const length = headers['content-length'];
    const end = length === undefined ? bytes.indexOf(0, start) : start + Number(length);
    if (end < 0 || bytes.length <= end) return bytes;
    take({ command, headers, body: Buffer.from(bytes.subarray(start, end)) });
    bytes = bytes.subarray(end + 1);
  }
}

/** Listens on a free port. `answer` is called for each frame. */
export async function stompPeer(answer: (frame: RawFrame, socket: PeerSocket) => void): Promise<StompPeer> {
  const frames: RawFrame[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const peer: PeerSocket = {
      write: (bytes) => void socket.write(typeof bytes === 'string' ? bytes.replace(/\^$/, '\0') : bytes),
      pause: () => void socket.pause(),
      resume: () => void socket.resume(),
      end: () => void socket.end(),
    };
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      rest = takeFrames(Buffer.concat([rest, chunk]), (frame) => {
        frames.push(frame);
        answer(frame, peer);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    endpoint: { url: `stomp://127.0.0.1:${port}` },
    frames,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Answers CONNECT, and a receipt wherever one is asked for; `other` gets each frame first. */
export function politePeer(other: (frame: RawFrame, socket: PeerSocket) => void = () => undefined): Promise<StompPeer> {
  return stompPeer((frame, socket) => {
    other(frame, socket);
    if (frame.command === 'CONNECT') socket.write(connected);
    const { receipt } = frame.headers;
    if (receipt !== undefined) socket.write(`RECEIPT\nreceipt-id:${receipt}\n\n^`);
  });
}

/** Connects the adapter and keeps what it tells. */
export async function connectTo(
  endpoint: Endpoint,
  timeoutMs = 20_000,
): Promise<{ connection: Connection; lost: Error[] }> {
  const lost: Error[] = [];
  const events: ConnectionEvents = {
    onLost: (error) => lost.push(error),
    onRetry: () => undefined,
    onBlocked: () => undefined,
  };
  return { connection: await stomp.connect(endpoint, {}, { clientName: 'mqbench-test', timeoutMs, events }), lost };
}
