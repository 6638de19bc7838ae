/** What goes over the wire and what becomes of it, against a scripted server. */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Connection, DestinationSpec, Guarantee } from '../../../src/brokers/adapter.js';
import { connected, connectTo, politePeer, stompPeer, type PeerSocket, type StompPeer } from './peer.js';

const patience = { timeout: 30_000, interval: 10 };
const destination = (guarantee: Guarantee): DestinationSpec => ({ name: 'mqbench-wire', guarantee, consumers: 1 });

const open: { peer: StompPeer; connection: Connection }[] = [];
async function start(...args: Parameters<typeof politePeer>) {
  const peer = await politePeer(...args);
  const { connection, lost } = await connectTo(peer.endpoint);
  open.push({ peer, connection });
  return { peer, connection, lost };
}
afterEach(async () => {
  for (const { peer, connection } of open.splice(0)) {
    connection.destroy();
    await peer.close();
  }
});

function settlements() {
  const settled = new Map<number, Error | undefined>();
  const twice: number[] = [];
  return {
    settled,
    twice,
    onSettled: (token: number, error?: Error) => {
      if (settled.has(token)) twice.push(token);
      settled.set(token, error);
    },
  };
}

describe('a producer', () => {
  it('asks for a receipt for each persistent message, and for none otherwise', async () => {
    const { peer, connection } = await start();
    for (const guarantee of ['at-least-once', 'at-most-once'] as const) {
      const { settled, onSettled } = settlements();
      const producer = await connection.createProducer({ destination: destination(guarantee), onSettled });
      producer.send(Buffer.from('a\0b'), 7);
      await producer.flush();
      expect([...settled]).toEqual([[7, undefined]]);
    }
    await vi.waitFor(() => expect(peer.frames.filter(({ command }) => command === 'SEND')).toHaveLength(2), patience);
    const [confirmed, unconfirmed] = peer.frames.filter(({ command }) => command === 'SEND');
    expect(confirmed).toMatchObject({
      headers: { destination: '/queue/mqbench-wire', persistent: 'true', 'content-length': '3' },
      body: Buffer.from('a\0b'),
    });
    expect(confirmed?.headers['receipt']).toBeDefined();
    expect(unconfirmed?.headers).toEqual({ destination: '/queue/mqbench-wire', 'content-length': '3' });
  });

  it.each(['at-least-once', 'at-most-once'] as const)(
    'keeps the order of %s messages that are sent as others are settled',
    async (guarantee) => {
      const count = 6_000;
      const { peer, connection } = await start();
      let sent = 0;
      const producer = await connection.createProducer({
        destination: destination(guarantee),
        onSettled: () => {
          if (sent < count) producer.send(Buffer.from(`${sent}`), sent++);
        },
      });
      while (sent < 2_000) producer.send(Buffer.from(`${sent}`), sent++);
      const bodies = () => peer.frames.filter(({ command }) => command === 'SEND').map(({ body }) => Number(body));
      await vi.waitFor(() => expect(bodies()).toHaveLength(count), patience);
      expect(bodies()).toEqual(Array.from({ length: count }, (_, i) => i));
    },
  );

  it.each(['ends the session with an error', 'hangs up'])(
    'settles each of very many waiting messages once when the broker %s',
    async (how) => {
      let received = 0;
      const peer = await stompPeer((frame, socket) => {
        if (frame.command === 'CONNECT') socket.write(connected);
        else if (++received === 1 && how === 'hangs up') socket.end();
        else if (received === 1) socket.write('ERROR\nmessage:out of store\n\n^');
      });
      const { connection, lost } = await connectTo(peer.endpoint);
      open.push({ peer, connection });
      const { settled, twice, onSettled } = settlements();
      const producer = await connection.createProducer({ destination: destination('at-least-once'), onSettled });
      const count = 60_000;
      for (let token = 0; token < count; token++) producer.send(Buffer.alloc(100), token);
      await vi.waitFor(() => expect(settled.size).toBe(count), patience);
      // Long enough for stompit to drop what it holds; an overflow of its stack would fail the run.
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(twice).toEqual([]);
      expect([...settled.values()].filter((error) => error === undefined)).toEqual([]);
      expect(lost).toHaveLength(1);
      producer.send(Buffer.alloc(1), count);
      expect(settled.get(count)).toMatchObject({ kind: 'lost' });
      await producer.flush();
    },
  );

  it('shares its session with others, and no transaction of theirs has the same id while both are open', async () => {
    const { peer, connection } = await start();
    const { settled, onSettled } = settlements();
    const producers = await Promise.all(
      [0, 1].map(() =>
        connection.createProducer({ destination: destination('at-least-once'), onSettled, transactionSize: 2 }),
      ),
    );
    for (let token = 0; token < 8; token++) producers[token % 2]!.send(Buffer.from('x'), token);
    await Promise.all(producers.map((producer) => producer.flush()));
    expect([...settled.values()]).toEqual(Array(8).fill(undefined));
    const ids = (command: string): (string | undefined)[] =>
      peer.frames.filter((frame) => frame.command === command).map(({ headers }) => headers['transaction']);
    expect(new Set(ids('BEGIN')).size).toBe(4);
    expect(ids('COMMIT').sort()).toEqual(ids('BEGIN').sort());
    // Two of each producer's messages in each.
    expect(ids('SEND').filter((id) => id === ids('BEGIN')[0])).toHaveLength(2);
  });

  it('keeps the headers of the protocol when a message has some of the same names', async () => {
    const { peer, connection } = await start();
    const { onSettled } = settlements();
    const pattern = { kind: 'headers', durable: false, bindings: [[{ match: 'all', headers: { a: '1' } }]] } as const;
    const producer = await connection.createProducer({
      destination: { ...destination('at-least-once'), pattern },
      onSettled,
    });
    const headers = { a: '1', destination: '/queue/elsewhere', persistent: 'false', receipt: 'mine', expires: 'soon' };
    producer.send(Buffer.from('x'), 0, undefined, { headers });
    await producer.flush();
    const [sent] = peer.frames.filter(({ command }) => command === 'SEND');
    expect(sent?.headers).toMatchObject({ a: '1', destination: '/topic/mqbench-wire', persistent: 'true' });
    expect(sent?.headers['receipt']).not.toBe('mine');
    expect(sent?.headers).not.toHaveProperty('expires');
  });

  it('settles what is open when it is closed, and ignores the receipts that come after', async () => {
    let server: PeerSocket | undefined;
    const peer = await politePeer((frame, socket) => {
      server = socket;
      if (frame.command === 'SEND') delete (frame.headers as Record<string, string>)['receipt'];
    });
    const { connection, lost } = await connectTo(peer.endpoint);
    open.push({ peer, connection });
    const { settled, twice, onSettled } = settlements();
    const producer = await connection.createProducer({ destination: destination('at-least-once'), onSettled });
    producer.send(Buffer.from('x'), 1);
    await producer.close();
    expect(settled.get(1)).toBeInstanceOf(Error);
    await vi.waitFor(() => expect(peer.frames.some(({ command }) => command === 'SEND')).toBe(true), patience);
    server?.write('RECEIPT\nreceipt-id:1\n\n^');
    await connection.createDestination(destination('at-least-once'));
    expect(twice).toEqual([]);
    expect(lost).toEqual([]);
  });
});

describe('a consumer', () => {
  it('gets every body byte by byte, however the network cuts the stream', async () => {
    let server: PeerSocket | undefined;
    const { connection } = await start((_frame, socket) => (server = socket));
    const got: Buffer[] = [];
    const consumer = await connection.createConsumer(
      { destination: destination('at-most-once'), index: 0, prefetch: 10, onCancelled: () => undefined },
      ({ body }) => got.push(Buffer.from(body)),
    );
    await consumer.ready(20_000);
    const bodies = fc.array(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      { minLength: 1, maxLength: 5 },
    );
    const cuts = fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(bodies, cuts, async (sent, lengths) => {
        got.length = 0;
        const frame = (body: Buffer) =>
          Buffer.concat([
            Buffer.from(`MESSAGE\nsubscription:mqbench-1\nmessage-id:1\ncontent-length:${body.length}\n\n`),
            body,
            Buffer.from('\0\n'),
          ]);
        let stream = Buffer.concat(sent.map(frame));
        for (const length of lengths) {
          server?.write(stream.subarray(0, length));
          stream = stream.subarray(length);
          await new Promise((resolve) => setImmediate(resolve));
        }
        server?.write(stream);
        await vi.waitFor(() => expect(got).toHaveLength(sent.length), { ...patience, interval: 1 });
        expect(got.map((body) => body.toString('hex'))).toEqual(sent.map((body) => body.toString('hex')));
      }),
      { numRuns: 40 },
    );
  });

  it('reads a body that has no content-length', async () => {
    const { connection } = await start((frame, socket) => {
      if (frame.command === 'SUBSCRIBE') {
        socket.write(`MESSAGE\nsubscription:${frame.headers['id']}\nmessage-id:1\nack:1\n\ntext^`);
      }
    });
    const got: string[] = [];
    await connection.createConsumer(
      { destination: destination('at-least-once'), index: 0, prefetch: 10, onCancelled: () => undefined },
      ({ body }) => got.push(body.toString()),
    );
    await vi.waitFor(() => expect(got).toEqual(['text']), patience);
  });

  it('acknowledges once, with the id just as the server had escaped it, and not after it was closed', async () => {
    const { peer, connection } = await start((frame, socket) => {
      if (frame.command !== 'SUBSCRIBE') return;
      for (const id of ['ID\\chost-1\\\\2\\n3', 'second']) {
        socket.write(`MESSAGE\nsubscription:${frame.headers['id']}\nmessage-id:1\nack:${id}\nredelivered:true\n\n^`);
      }
    });
    const got: (() => void)[] = [];
    const consumer = await connection.createConsumer(
      { destination: destination('at-least-once'), index: 0, prefetch: 10, onCancelled: () => undefined },
      (delivery) => {
        expect(delivery.redelivered).toBe(true);
        got.push(() => delivery.acknowledge());
      },
    );
    await vi.waitFor(() => expect(got).toHaveLength(2), patience);
    got[0]?.();
    got[0]?.();
    await consumer.close();
    got[1]?.();
    await connection.close();
    const commands = peer.frames.map(({ command }) => command);
    expect(commands).toEqual(['CONNECT', 'SUBSCRIBE', 'ACK', 'UNSUBSCRIBE', 'DISCONNECT']);
    expect(peer.frames[1]?.headers).toMatchObject({ ack: 'client-individual', 'activemq.prefetchSize': '10' });
    expect(peer.frames[2]?.headers).toEqual({ id: 'ID\\chost-1\\\\2\\n3' });
  });
});
