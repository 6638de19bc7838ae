import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { Connection, Delivery, DestinationSpec } from '../../../src/brokers/adapter.js';
import { startMemoryBroker, type MemoryBroker } from '../../../src/brokers/memory/broker/broker.js';
import { memory } from '../../../src/brokers/memory/index.js';

const entry = fileURLToPath(new URL('../../../dist/brokers/memory/server.js', import.meta.url));
const destination: DestinationSpec = { name: 'mqbench-test', guarantee: 'at-least-once', consumers: 1 };

const violations: string[] = [];
const anyone = { port: 0, credentials: undefined, onViolation: (what: string) => violations.push(what) };

const until = async (what: string, check: () => boolean): Promise<void> => {
  for (const deadline = Date.now() + 30_000; !check(); await new Promise((resolve) => setTimeout(resolve, 10))) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
  }
};

describe('the broker', () => {
  let broker: MemoryBroker | undefined;
  const connections: Connection[] = [];
  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
    await broker?.close();
    broker = undefined;
  });
  const open = async (port: number, blocked: boolean[] = []): Promise<Connection> => {
    const connection = await memory.connect(
      { url: `memory://127.0.0.1:${port}` },
      {},
      {
        clientName: 'test',
        timeoutMs: 30_000,
        events: { onLost: () => undefined, onRetry: () => undefined, onBlocked: (now) => blocked.push(now) },
      },
    );
    connections.push(connection);
    return connection;
  };

  it('stops reading from publishers when it holds too much, says so, and goes on when that is gone', async () => {
    broker = await startMemoryBroker({ ...anyone, maxHeldBytes: 1_000_000 });
    const blocked: boolean[] = [];
    const publishing = await open(broker.port, blocked);
    const consuming = await open(broker.port);
    await consuming.createDestination(destination);
    let settled = 0;
    const producer = await publishing.createProducer({
      destination,
      onSettled: (_, error) => !error && (settled += 1),
    });
    const count = 5_000;
    for (let i = 0; i < count; i += 1) producer.send(Buffer.alloc(10_000), i);
    await until('the publisher is blocked', () => blocked.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(settled).toBeLessThan(count);
    const { ready } = await consuming.stats(destination);
    // One chunk from a socket may come on top of the most, not the other 49 MB.
    expect(ready! * 10_000).toBeLessThan(2_000_000);

    let received = 0;
    const onMessage = (delivery: Delivery): void => {
      received += 1;
      delivery.acknowledge();
    };
    const consumer = await consuming.createConsumer(
      { destination, index: 0, prefetch: 20, onCancelled: () => undefined },
      onMessage,
    );
    await consumer.ready(30_000);
    await until('everything has arrived', () => received === count);
    await producer.flush();
    expect(settled).toBe(count);
    expect(blocked.slice(0, 2)).toEqual([true, false]);
    expect(blocked.at(-1)).toBe(false);
  });

  it('rejects what is published to a deleted destination, and keeps the rest of the connection', async () => {
    broker = await startMemoryBroker(anyone);
    const connection = await open(broker.port);
    await connection.createDestination(destination);
    const outcomes: (string | undefined)[] = [];
    const producer = await connection.createProducer({
      destination,
      onSettled: (token, error) => (outcomes[token] = error?.message ?? 'confirmed'),
    });
    producer.send(Buffer.from('kept'), 0);
    await producer.flush();
    await connection.deleteDestination(destination);
    for (const token of [1, 2]) producer.send(Buffer.from('gone'), token);
    await producer.flush();
    expect(outcomes[0]).toBe('confirmed');
    expect(outcomes[1]).toContain('does not exist any more');
    expect(outcomes).toHaveLength(3);
    await expect(connection.stats(destination)).rejects.toThrow('there is no queue');
    await connection.createDestination(destination);
    expect((await connection.stats(destination)).ready).toBe(0);
  });

  it('hangs up on strangers and lives on', async () => {
    broker = await startMemoryBroker(anyone);
    const stranger = connectSocket(broker.port, '127.0.0.1');
    stranger.on('error', () => undefined).resume();
    const closed = once(stranger, 'close');
    // A frame of a sensible length and an unknown type, before any greeting.
    stranger.write(Buffer.from([0, 0, 0, 5, 2, 0, 0, 0, 0]));
    await closed;
    expect(violations).toEqual(['the first frame is not a greeting']);
    expect((await (await open(broker.port)).serverInfo()).nodes).toBe(1);
  });
});

describe('the broker as a process', () => {
  const start = async (): Promise<{ child: ChildProcess; port: number }> => {
    const child = spawn(process.execPath, [entry, '--port', '0'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, port: (JSON.parse(line.toString()) as { port: number }).port };
  };

  it.each(['its stdin closes', 'SIGTERM comes'])('says where it listens and ends when %s', async (how) => {
    const { child, port } = await start();
    expect(port).toBeGreaterThan(0);
    const exit = once(child, 'exit');
    if (how === 'SIGTERM comes') child.kill('SIGTERM');
    else child.stdin!.end();
    expect(await exit).toEqual([0, null]);
  });

  it('says why it cannot listen', async () => {
    const { child, port } = await start();
    const second = spawn(process.execPath, [entry, '--port', String(port)], { stdio: ['pipe', 'pipe', 'pipe'] });
    const [[text], exit] = await Promise.all([once(second.stderr, 'data') as Promise<[Buffer]>, once(second, 'exit')]);
    expect(text.toString()).toContain('EADDRINUSE');
    expect(exit).toEqual([6, null]);
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
});
