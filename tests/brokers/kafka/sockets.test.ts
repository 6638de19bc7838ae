import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Sockets } from '../../../src/brokers/kafka/sockets.js';

const open: (net.Server | net.Socket)[] = [];
afterEach(() => {
  for (const item of open.splice(0)) {
    if (item instanceof net.Server) item.close();
    else item.destroy();
  }
});

/** A server and the ends of its connections. */
async function listen(): Promise<{ port: number; accepted: () => Promise<net.Socket> }> {
  const server = net.createServer();
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    accepted: async () => {
      const [socket] = (await once(server, 'connection')) as [net.Socket];
      socket.on('error', () => undefined);
      open.push(socket);
      return socket;
    },
  };
}

async function connected(sockets: Sockets, server: { port: number; accepted: () => Promise<net.Socket> }) {
  const accepted = server.accepted();
  // kafkajs passes null where there is no TLS.
  const args = { host: '127.0.0.1', port: server.port, ssl: null as never, onConnect: () => undefined };
  const socket = sockets.factory(args);
  socket.on('error', () => undefined);
  open.push(socket);
  const peer = await accepted;
  await once(socket, 'connect');
  return { socket, peer };
}

/** A response head: size and correlation id. */
function head(size: number, correlationId: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32BE(size, 0);
  bytes.writeInt32BE(correlationId, 4);
  return bytes;
}

describe('the sockets of a client', () => {
  it.each([
    ['a page', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['another protocol header', Buffer.from('AMQP\0\0\x09\x01')],
    ['the answer to another request', head(100, 7)],
    ['a negative size', head(-1, 0)],
  ])('end a peer that answers with %s', async (_, answer) => {
    const sockets = new Sockets({});
    const { socket, peer } = await connected(sockets, await listen());
    socket.resume();
    const failed = once(socket, 'error');
    peer.write(answer.subarray(0, 3));
    peer.write(answer.subarray(3));
    await failed;
    expect(sockets.foreign).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(sockets.answered).toBe(false);
  });

  it('take a first answer of many megabytes: a connection may begin with a fetch', async () => {
    const sockets = new Sockets({});
    const { socket, peer } = await connected(sockets, await listen());
    peer.write(Buffer.concat([head(60_000_000, 0), Buffer.alloc(1_000)]));
    await once(socket, 'data');
    expect(sockets).toMatchObject({ answered: true, foreign: undefined });
    expect(socket.destroyed).toBe(false);
  });

  it('tell when the peer ends a connection, and when one is opened again', async () => {
    const told: string[] = [];
    const sockets = new Sockets({
      onBroken: (address) => told.push(`broken ${address}`),
      onReconnect: (address) => told.push(`again ${address}`),
    });
    const server = await listen();
    const { socket, peer } = await connected(sockets, server);
    socket.resume();
    peer.end();
    await once(socket, 'close');
    await connected(sockets, server);
    expect(told).toEqual([`broken 127.0.0.1:${server.port}`, `again 127.0.0.1:${server.port}`]);
  });

  it('tell nothing when the client ends a connection, nor when they are cut', async () => {
    const told: string[] = [];
    const sockets = new Sockets({ onBroken: (address) => told.push(address) });
    const server = await listen();
    const first = await connected(sockets, server);
    first.socket.resume();
    first.peer.resume();
    first.socket.end();
    await once(first.socket, 'close');
    const second = await connected(sockets, server);
    second.socket.resume();
    const error = once(second.socket, 'error');
    sockets.cut(new Error('over'));
    expect(((await error) as [Error])[0].message).toBe('over');
    expect(told).toEqual([]);
    const args = { host: '127.0.0.1', port: server.port, ssl: null as never, onConnect: () => undefined };
    expect(() => sockets.factory(args)).toThrow('over');
  });

  it('are drained only when the peer reads what was written', async () => {
    const sockets = new Sockets({});
    const { socket, peer } = await connected(sockets, await listen());
    await sockets.drained();
    peer.pause();
    while (socket.write(Buffer.alloc(1 << 20)));
    let drained = false;
    const waiting = sockets.drained().then(() => (drained = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(drained).toBe(false);
    peer.resume();
    await waiting;
  });
});
