/** Connecting to what is not RabbitMQ, or not quite: real sockets, no broker. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BrokerError } from '../../../src/errors.js';
import type { Endpoint } from '../../../src/brokers/adapter.js';
import { rabbitmq } from '../../../src/brokers/rabbitmq/index.js';

const password = 'correct-horse-battery';
const servers: { server: Server; sockets: Set<Socket> }[] = [];

afterEach(async () => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Listens on a loopback port; resolves with its address. */
async function peer(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.resume();
    onConnection(socket);
  });
  servers.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function failure(endpoint: Endpoint, timeoutMs = 30_000): Promise<BrokerError> {
  const events = { onLost: () => undefined, onRetry: () => undefined, onBlocked: () => undefined };
  const context = { clientName: 'test', timeoutMs, events };
  try {
    const connection = await rabbitmq.connect(
      { username: 'mqbench', password, ...endpoint },
      rabbitmq.options.parse({}),
      context,
    );
    connection.destroy();
  } catch (error) {
    expect(error).toBeInstanceOf(BrokerError);
    expect(inspect(error, { depth: 10 })).not.toContain(password);
    return error as BrokerError;
  }
  throw new Error('connected');
}

/** A frame of AMQP 0-9-1 (section 4.2.3): type 1, a method. */
function methodFrame(payload: Buffer, channel = 0): Buffer {
  const head = Buffer.from([1, 0, channel, 0, 0, 0, 0]);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
}
const longString = (text: string): Buffer => Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)]);
const shortString = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);

/** connection.start: version 0-9, no server properties. */
const start = methodFrame(
  Buffer.concat([Buffer.from([0, 10, 0, 10, 0, 9, 0, 0, 0, 0]), longString('PLAIN'), longString('en_US')]),
);
/** connection.tune: no channel limit, frames of 131,072 bytes, no heartbeat. */
const tune = methodFrame(Buffer.from([0, 10, 0, 30, 0, 0, 0, 2, 0, 0, 0, 0]));
const close = (code: number, text: string): Buffer =>
  methodFrame(
    Buffer.concat([Buffer.from([0, 10, 0, 50, code >> 8, code & 0xff]), shortString(text), Buffer.from([0, 0, 0, 0])]),
  );

/** Answers the first thing it hears with the first step, the second with the second, and so on. */
const scripted =
  (...steps: readonly Buffer[]) =>
  (socket: Socket): void => {
    let next = 0;
    socket.on('data', () => {
      const step = steps[next++];
      if (step !== undefined) socket.write(step);
    });
  };

describe('connecting', () => {
  it('says that nothing listens', async () => {
    const address = await peer(() => undefined);
    const { server } = servers.pop()!;
    await new Promise((resolve) => server.close(resolve));
    expect(await failure({ url: `amqp://${address}` })).toMatchObject({ kind: 'absent' });
  });

  it.each(['amqp', 'amqps'])('gives up on a peer that accepts %s and says nothing', async (scheme) => {
    const url = `${scheme}://${await peer(() => undefined)}`;
    expect(await failure({ url }, 500)).toMatchObject({ kind: 'timeout' });
  });

  it('gives up on a peer that keeps sending and gets nowhere', async () => {
    const address = await peer((socket) => {
      const timer = setInterval(() => socket.write(Buffer.from([0])), 100);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await failure({ url: `amqp://${address}` }, 600)).toMatchObject({ kind: 'timeout' });
  });

  it.each<[string, (socket: Socket) => void]>([
    ['hangs up', (socket) => socket.end()],
    ['resets the connection', (socket) => socket.resetAndDestroy()],
    ['hangs up within a frame', (socket) => socket.end(start.subarray(0, 9))],
    ['speaks HTTP', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['sends a frame that it does not end', (socket) => socket.write(Buffer.from([1, 0, 0, 0, 0, 0, 1, 0, 0]))],
    ['sends a method that there is not', (socket) => socket.write(methodFrame(Buffer.from([9, 9, 9, 9])))],
    ['sends a method cut short', (socket) => socket.write(methodFrame(Buffer.from([0, 10, 0, 10])))],
    ['sends the wrong method', (socket) => socket.write(tune)],
    ['hangs up after start-ok', (socket) => void socket.write(start, () => socket.end())],
  ])('says that the peer does not speak AMQP when it %s', async (_, onConnection) => {
    expect(await failure({ url: `amqp://${await peer(onConnection)}` })).toMatchObject({ kind: 'protocol' });
  });

  it('says that TLS is not spoken where it is not', async () => {
    const address = await peer((socket) => socket.write('AMQP\0\0\x09\x01'));
    expect(await failure({ url: `amqps://${address}` })).toMatchObject({ kind: 'protocol' });
    expect(await failure({ url: `amqp://${address}`, tls: {} })).toMatchObject({ kind: 'protocol' });
  });

  it('says that the password is wrong', async () => {
    const address = await peer(scripted(start, close(403, 'ACCESS_REFUSED - login refused')));
    const error = await failure({ url: `amqp://${address}` });
    expect(error.kind).toBe('refused');
    expect(error.message).toContain('password');
  });

  it('says that the virtual host is not open to us', async () => {
    const address = await peer(scripted(start, Buffer.concat([tune, close(530, 'NOT_ALLOWED - vhost not found')])));
    const error = await failure({ url: `amqp://${address}/orders` });
    expect(error.kind).toBe('refused');
    expect(error.message).toContain('virtual host');
    expect(error.message).toContain('/orders');
  });

  it.each([
    { url: 'not an address' },
    { url: 'http://localhost:15672' },
    { url: 'amqp://' },
    { url: 'amqp://localhost', managementUrl: 'localhost:15672' },
  ])('refuses an address that is none: %j', async (endpoint) => {
    const error = await failure(endpoint);
    expect(error.kind).toBe('other');
    expect(error.details.hint).toMatch(/amqp:|http:/);
  });
});

/** Answers each method that it has an answer for, by the numbers of its class and itself, after the protocol header. */
const answering =
  (answers: Readonly<Record<string, Buffer>>) =>
  (socket: Socket): void => {
    let rest = Buffer.alloc(0);
    let greeted = false;
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      if (!greeted && rest.length >= 8) {
        greeted = true;
        rest = rest.subarray(8);
        socket.write(start);
      }
      while (greeted && rest.length >= 7 && rest.length >= rest.readUInt32BE(3) + 8) {
        const end = rest.readUInt32BE(3) + 8;
        if (rest[0] === 1) {
          const answer = answers[`${rest.readUInt16BE(7)}.${rest.readUInt16BE(9)}`];
          if (answer !== undefined) socket.write(answer);
        }
        rest = rest.subarray(end);
      }
    });
  };

describe('a producer whose channel the broker ends', () => {
  it.each(['at-least-once', 'at-most-once'] as const)('is lost with its reason, %s', async (guarantee) => {
    const text = 'PRECONDITION_FAILED - message size 100 is larger than configured max size 10';
    const address = await peer(
      answering({
        // start-ok → tune, open → open-ok, channel.open → open-ok, confirm.select → select-ok, publish → channel.close
        '10.11': tune,
        '10.40': methodFrame(Buffer.from([0, 10, 0, 41, 0])),
        '20.10': methodFrame(Buffer.from([0, 20, 0, 11, 0, 0, 0, 0]), 1),
        '85.10': methodFrame(Buffer.from([0, 85, 0, 11]), 1),
        '60.40': methodFrame(
          Buffer.concat([Buffer.from([0, 20, 0, 40, 1, 150]), shortString(text), Buffer.from([0, 60, 0, 40])]),
          1,
        ),
      }),
    );
    const lost: Error[] = [];
    const connection = await rabbitmq.connect({ url: `amqp://${address}` }, rabbitmq.options.parse({}), {
      clientName: 'test',
      timeoutMs: 30_000,
      events: { onLost: (error) => lost.push(error), onRetry: () => undefined, onBlocked: () => undefined },
    });
    const settled: (Error | undefined)[] = [];
    const producer = await connection.createProducer({
      destination: { name: 'mqbench-test', guarantee, consumers: 1 },
      onSettled: (_token, error) => settled.push(error),
    });
    producer.send(Buffer.alloc(100), 0);
    await vi.waitFor(() => expect(lost).toHaveLength(1), { timeout: 30_000 });
    producer.send(Buffer.alloc(100), 1);
    await vi.waitFor(() => expect(settled).toHaveLength(2), { timeout: 30_000 });
    expect(lost[0]?.message).toContain('larger than configured max size');
    expect((lost[0] as BrokerError).details.hint).toContain('max_message_size');
    expect(settled.at(-1)).toBe(lost[0]);
    connection.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(lost).toHaveLength(1);
  });
});

describe('guarantees', () => {
  const options = rabbitmq.options.parse({});

  it('take a quorum queue for replicated, whatever the option says', () => {
    expect(rabbitmq.describeGuarantee('replicated', options).settings['queue']).toContain('quorum');
    expect(rabbitmq.describeGuarantee('at-least-once', options).settings['queue']).toContain('classic');
    const quorum = rabbitmq.options.parse({ queueType: 'quorum' });
    expect(rabbitmq.describeGuarantee('at-least-once', quorum).settings['queue']).toContain('quorum');
  });
});
