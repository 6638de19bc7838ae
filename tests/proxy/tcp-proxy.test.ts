import { randomBytes } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { TcpProxy } from '../../src/proxy/tcp-proxy.js';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Sends back whatever comes. */
async function echo(): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function proxy(onForwarded?: (heldNs: number) => void): Promise<TcpProxy> {
  const made = await TcpProxy.listen({
    host: '127.0.0.1',
    port: await echo(),
    ...(onForwarded === undefined ? {} : { onForwarded }),
  });
  open.push(() => made.close());
  return made;
}

async function client(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  open.push(() => socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** Everything that arrives until there are so many bytes. */
async function receive(socket: Socket, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  await new Promise<void>((resolve) => {
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= bytes) {
        socket.off('data', onData);
        resolve();
      }
    };
    socket.on('data', onData);
  });
  return Buffer.concat(chunks);
}

async function roundTripMs(socket: Socket, body = Buffer.from('x')): Promise<number> {
  const begin = performance.now();
  const answer = receive(socket, body.length);
  socket.write(body);
  await answer;
  return performance.now() - begin;
}

describe('TCP proxy', () => {
  it('passes everything on unchanged and in order, also when it delays and throttles', async () => {
    const between = await proxy();
    const socket = await client(between.port);
    const body = randomBytes(3_000_000);
    between.delay(15);
    between.throttle(20_000_000);
    const answer = receive(socket, body.length);
    socket.write(body.subarray(0, 1_000_000));
    await sleep(20);
    between.delay(2);
    socket.write(body.subarray(1_000_000));
    expect((await answer).equals(body)).toBe(true);
  });

  it('holds each piece for its delay and not a moment less', async () => {
    const held: number[] = [];
    const between = await proxy((ns) => held.push(ns / 1e6));
    const socket = await client(between.port);
    await roundTripMs(socket);
    held.length = 0;
    between.delay(20);
    const times: number[] = [];
    for (let i = 0; i < 10; i++) times.push(await roundTripMs(socket));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(40);
    expect(held).toHaveLength(20);
    expect(Math.min(...held)).toBeGreaterThanOrEqual(20);
    between.delay(0);
    const after: number[] = [];
    for (let i = 0; i < 5; i++) after.push(await roundTripMs(socket));
    expect(Math.min(...after)).toBeLessThan(40);
  });

  it('lets no more through than the rate', async () => {
    const between = await proxy();
    const socket = await client(between.port);
    between.throttle(1_000_000);
    expect(await roundTripMs(socket, randomBytes(300_000))).toBeGreaterThanOrEqual(300);
  });

  it('goes on at full speed as soon as the rate is no longer limited', { timeout: 20_000 }, async () => {
    const between = await proxy();
    const socket = await client(between.port);
    between.throttle(1_000);
    const answer = roundTripMs(socket, randomBytes(1_000_000));
    await sleep(50);
    // What is left would take a quarter of an hour.
    between.throttle(undefined);
    expect(await answer).toBeGreaterThan(0);
  });

  it('falls silent without closing, takes new connections just as silently, and goes on where it stopped', async () => {
    const between = await proxy();
    const socket = await client(between.port);
    await roundTripMs(socket);
    let closed = false;
    socket.once('close', () => (closed = true));
    between.freeze();
    const late = await client(between.port);
    let spoke = false;
    for (const each of [socket, late]) each.on('data', () => (spoke = true));
    const answers = Promise.all([receive(socket, 4), receive(late, 4)]);
    socket.write('abcd');
    late.write('efgh');
    await sleep(150);
    expect({ closed, spoke }).toEqual({ closed: false, spoke: false });
    between.thaw();
    expect((await answers).map(String)).toEqual(['abcd', 'efgh']);
  });

  it('cuts what is open and takes what comes', async () => {
    const between = await proxy();
    const socket = await client(between.port);
    await roundTripMs(socket);
    const failed = new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve));
    between.cut();
    expect((await failed).code).toBe('ECONNRESET');
    expect(await roundTripMs(await client(between.port))).toBeGreaterThan(0);
  });

  it('passes on the end of one direction after what was held', async () => {
    const between = await proxy();
    const socket = connect({ port: between.port, host: '127.0.0.1', allowHalfOpen: true });
    open.push(() => socket.destroy());
    between.delay(20);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.end('last words');
    await new Promise((resolve) => socket.once('end', resolve));
    expect(Buffer.concat(chunks).toString()).toBe('last words');
  });

  it('closes its client when nobody listens behind it', async () => {
    const free = await echo();
    for (const close of open.splice(0)) await close();
    const between = await TcpProxy.listen({ host: '127.0.0.1', port: free });
    open.push(() => between.close());
    const socket = connect({ port: between.port, host: '127.0.0.1' }).on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
  });
});
