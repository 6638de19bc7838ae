import { exchange } from './exchange.js';

/** AMQP 0-9-1 specification 4.2.2: the protocol header. */
const protocolHeader = Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]);

/** A method frame (type 1) of class 10, connection. */
const frame = { method: 1, classConnection: 10, end: 0xce } as const;
const method = { start: 10, startOk: 11, tune: 30, close: 50 } as const;

/**
 * Resolves when an AMQP 0-9-1 server takes these credentials: our header is answered with Connection.Start, and
 * Start-Ok (PLAIN) with Connection.Tune.
 */
export async function probeAmqp(
  host: string,
  port: number,
  user: { username: string; password: string },
  signal: AbortSignal,
): Promise<void> {
  let answered = false;
  await exchange(
    host,
    port,
    protocolHeader,
    (received, send) => {
      const methods = parseMethods(received);
      if (methods.includes(method.tune)) return true;
      if (methods.includes(method.close)) throw new Error('AMQP answered, but did not let us in');
      if (!answered && methods.includes(method.start)) {
        answered = true;
        send(startOk(user));
      }
      return undefined;
    },
    signal,
  );
}

/** The connection methods of all complete frames received. */
function parseMethods(received: Buffer): number[] {
  const methods: number[] = [];
  let at = 0;
  while (received.length >= at + 8) {
    if (received[at] !== frame.method) throw new Error('this is not AMQP 0-9-1');
    const size = received.readUInt32BE(at + 3);
    if (received.length < at + 8 + size) break;
    if (received.readUInt16BE(at + 7) === frame.classConnection) methods.push(received.readUInt16BE(at + 9));
    at += 8 + size;
  }
  return methods;
}

function startOk(user: { username: string; password: string }): Buffer {
  const response = Buffer.from(`\0${user.username}\0${user.password}`);
  const payload = Buffer.concat([
    int(frame.classConnection, 2),
    int(method.startOk, 2),
    int(0, 4), // client properties: an empty table
    shortString('PLAIN'),
    int(response.length, 4),
    response,
    shortString('en_US'),
  ]);
  return Buffer.concat([
    Buffer.from([frame.method, 0, 0]), // channel 0
    int(payload.length, 4),
    payload,
    Buffer.from([frame.end]),
  ]);
}

function int(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

function shortString(text: string): Buffer {
  return Buffer.concat([int(text.length, 1), Buffer.from(text)]);
}
