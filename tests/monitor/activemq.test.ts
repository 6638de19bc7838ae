/**
 * What ActiveMQ alone tells, or does not: what its memory and its store hold, whom flow control holds up, and what waits
 * for the subscribers of a topic.
 */
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { DestinationSpec } from '../../src/brokers/adapter.js';
import type { Pattern } from '../../src/brokers/pattern.js';
import { loadAdapter } from '../../src/brokers/registry.js';
import { Bench, eventually, Inbox } from '../../src/contract/bench.js';
import { activemqSource } from '../../src/monitor/activemq/index.js';
import type { DestinationReading, Source } from '../../src/monitor/sample.js';
import type { SupervisedServer } from '../../src/servers/supervised/start.js';
import { edited, startChanged } from '../fixtures/changed-server.js';

const shared = inject('servers').activemq;

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

const isLong = process.env['MQBENCH_TEST_LONG'] === '1';

// A broker of its own, with little memory.
describe.skipIf(!isLong || 'missing' in shared || shared.provider !== 'local')('flow control of ActiveMQ', () => {
  let server: SupervisedServer | undefined;
  beforeAll(async () => {
    server = await startChanged('activemq', (launch) => ({
      files: edited(launch, 'conf/activemq.xml', /memoryLimit="128mb"/g, 'memoryLimit="1mb"'),
    }));
  });
  afterAll(() => server?.stop());

  /** Two of them are more than a destination may have in memory. */
  const large = Buffer.alloc(600_000);

  const open = async (): Promise<{ bench: Bench; source: Source; another: Source }> => {
    const { endpoint } = server!;
    const bench = new Bench(await loadAdapter('stomp'), endpoint);
    const [source, another] = [activemqSource(endpoint), activemqSource(endpoint)];
    cleanUp.push(
      () => bench.cleanUp(),
      () => source.close(),
      () => another.close(),
    );
    return { bench, source, another };
  };
  const heldUp = async (by: Source, spec: DestinationSpec) => (await by.read({ exactly: [spec] })).heldUp;

  it.each<[string, Pattern | undefined]>([
    ['queue', undefined],
    ['topic', { kind: 'pub-sub', durable: false }],
  ])('is told while it lasts, of who sends to a %s and waits for receipts', async (_kind, pattern) => {
    const { bench, source, another } = await open();
    const spec = await bench.destination(1, 'at-least-once', pattern);
    const inbox = new Inbox(false);
    // A topic keeps messages for who is there.
    if (pattern !== undefined) await bench.consumers(spec, inbox, 1);
    expect(await heldUp(source, spec)).toBe(0);
    const outbox = await bench.producer(spec);
    for (let i = 0; i < 6; i++) outbox.send(large);
    await eventually('it is held up', async () => (await heldUp(source, spec)) === 1);
    // Also to who comes now.
    expect(await heldUp(another, spec)).toBe(1);
    expect(outbox.settled).toBeLessThan(6);
    // What makes room lets it go on.
    if (pattern === undefined) await bench.consumers(spec, inbox, 1);
    for (let done = 0; done < 6; done++) {
      await inbox.has(done + 1);
      inbox.all[done]!.acknowledge();
    }
    await eventually('it is not any more', async () => (await heldUp(source, spec)) === 0);
    expect(await heldUp(another, spec)).toBe(0);
  });

  it('is told when it was in between, and not for ever after', async () => {
    const { bench, source, another } = await open();
    const spec = await bench.destination(1, 'at-most-once');
    expect(await heldUp(source, spec)).toBe(0);
    // Without receipts its connection stands still until the queue has moved to disk what nobody fetches.
    const outbox = await bench.producer(spec);
    for (let i = 0; i < 6; i++) outbox.send(large);
    await eventually('it was held up', async () => (await heldUp(source, spec)) === 1);
    await eventually('it is not any more', async () => (await heldUp(source, spec)) === 0);
    await eventually('all of it is there', async () => {
      return (await another.read({ exactly: [spec] })).destinations[0]?.counters.in === 6;
    });
    expect(await heldUp(another, spec)).toBe(0);
  });
});

// A broker of its own: what it holds is what is sent here, below limits that are set here.
describe.skipIf('missing' in shared || shared.provider !== 'local')('memory and store of ActiveMQ', () => {
  const memoryLimitBytes = 64 * 1024 * 1024;
  const storeLimitBytes = 256 * 1024 * 1024;
  let server: SupervisedServer | undefined;
  beforeAll(async () => {
    server = await startChanged('activemq', (launch) => {
      const files = edited(launch, 'conf/activemq.xml', 'percentOfJvmHeap="60"', 'limit="64 mb"');
      return { files: edited({ ...launch, files }, 'conf/activemq.xml', 'limit="4 gb"', 'limit="256 mb"') };
    });
  });
  afterAll(() => server?.stop());

  it('grow by the persistent messages that are held, and memory shrinks when they are done, by both interfaces', async () => {
    const { endpoint } = server!;
    const { url, username = '', password = '' } = endpoint;
    const bench = new Bench(await loadAdapter('stomp'), endpoint);
    const [jolokia, plugin] = [activemqSource(endpoint), activemqSource({ url, username, password })];
    cleanUp.push(
      () => bench.cleanUp(),
      () => jolokia.close(),
      () => plugin.close(),
    );
    const spec = await bench.destination(1);
    const look = async (source: Source) => {
      const { nodes, destinations } = await source.read({ exactly: [spec] });
      return { node: nodes[0]!, queue: destinations[0] };
    };
    const before = { jolokia: await look(jolokia), plugin: await look(plugin) };
    for (const { node } of [before.jolokia, before.plugin])
      expect(node).toMatchObject({ memoryLimitBytes, storeLimitBytes, memoryShare: 0 });

    const [count, size] = [200, 100_000];
    const outbox = await bench.producer(spec);
    for (let i = 0; i < count; i++) outbox.send(Buffer.alloc(size));
    await eventually('all are confirmed', () => outbox.confirmed.length === count);
    const held = { jolokia: await look(jolokia), plugin: await look(plugin) };
    // A message has properties beside its body; ActiveMQ counts some hundred bytes for them.
    const [least, most] = [count * size, count * (size + 5_000)];
    for (const [by, { node, queue }] of Object.entries(held)) {
      const told = `${by}: ${JSON.stringify({ node, queue })}`;
      expect(queue?.memoryBytes, told).toBeGreaterThanOrEqual(least);
      expect(queue?.memoryBytes, told).toBeLessThanOrEqual(most);
      // Whole percents.
      expect(node.memoryShare, told).toBeGreaterThanOrEqual(least / memoryLimitBytes - 0.01);
      expect(node.memoryShare, told).toBeLessThanOrEqual(most / memoryLimitBytes + 0.01);
      const { storeShare: was = NaN } = by === 'jolokia' ? before.jolokia.node : before.plugin.node;
      expect(node.storeShare! - was, told).toBeGreaterThanOrEqual(least / storeLimitBytes - 0.01);
    }
    const { node: told } = held.plugin;
    expect(told.memoryBytes).toBeGreaterThanOrEqual(least);
    expect(told.memoryBytes).toBeLessThanOrEqual(most);
    expect(told.storeBytes! - before.plugin.node.storeBytes!).toBeGreaterThanOrEqual(least);

    const inbox = new Inbox(true);
    await bench.consumers(spec, inbox, 10);
    await inbox.has(count);
    for (const source of [jolokia, plugin])
      await eventually('memory is free again', async () => {
        const { node, queue } = await look(source);
        return node.memoryShare === 0 && (queue?.memoryBytes ?? 0) === 0;
      });
  });
});

describe.skipIf('missing' in shared)('topics of ActiveMQ', () => {
  const open = async (): Promise<{ bench: Bench; jolokia: Source; plugin: Source }> => {
    if ('missing' in shared) throw new Error(shared.missing);
    const { url, username = '', password = '' } = shared.endpoint;
    const bench = new Bench(await loadAdapter('stomp'), shared.endpoint);
    const [jolokia, plugin] = [activemqSource(shared.endpoint), activemqSource({ url, username, password })];
    cleanUp.push(
      () => bench.cleanUp(),
      () => jolokia.close(),
      () => plugin.close(),
    );
    return { bench, jolokia, plugin };
  };
  const seen = async (source: Source, spec: DestinationSpec): Promise<DestinationReading | undefined> =>
    (await source.read({ exactly: [spec] })).destinations[0];

  it('tell what waits for each subscriber, by Jolokia alone', async () => {
    const { bench, jolokia, plugin } = await open();
    const spec = await bench.destination(2, 'at-least-once', { kind: 'pub-sub', durable: false });
    const inbox = new Inbox(false);
    await bench.consumers(spec, inbox, 3);
    await (await bench.producer(spec)).sendAll(10);
    await inbox.has(6);
    const told = {
      kind: 'topic',
      unacknowledged: 6,
      consumers: 2,
      counters: { in: 10, delivered: 6, acknowledged: 0 },
    };
    await eventually('all of it is counted', async () => (await seen(jolokia, spec))?.unacknowledged === 6);
    expect(await seen(jolokia, spec)).toMatchObject({ ...told, ready: 14, total: 20 });
    const byPlugin = await seen(plugin, spec);
    expect(byPlugin).toMatchObject(told);
    // It says 0, whatever waits.
    expect([byPlugin?.ready, byPlugin?.total]).toEqual([undefined, undefined]);
    for (const delivery of inbox.all.slice(0, 2)) delivery.acknowledge();
    await inbox.has(8);
    await eventually('what follows is counted', async () => (await seen(jolokia, spec))?.ready === 12);
    expect(await seen(jolokia, spec)).toMatchObject({ unacknowledged: 6, total: 18, counters: { acknowledged: 2 } });
  });

  it('tell what waits for durable subscribers that are away', async () => {
    const { bench, jolokia, plugin } = await open();
    const spec = await bench.destination(2, 'at-least-once', { kind: 'pub-sub', durable: true });
    await (await bench.producer(spec)).sendAll(10);
    await eventually('all of it is counted', async () => (await seen(jolokia, spec))?.counters.in === 10);
    expect(await seen(jolokia, spec)).toMatchObject({ ready: 20, unacknowledged: 0, total: 20 });
    expect((await seen(plugin, spec))?.ready).toBeUndefined();
    const inbox = new Inbox(false);
    await bench.subscriber(spec, 0, inbox, 4);
    await inbox.has(4);
    await eventually('it is seen', async () => (await seen(jolokia, spec))?.unacknowledged === 4);
    expect(await seen(jolokia, spec)).toMatchObject({ ready: 16, total: 20 });
  });

  it('tell nothing of what waits where a subscription is to several of them', async () => {
    const { bench, jolokia } = await open();
    const spec = await bench.destination(1, 'at-least-once', {
      kind: 'routing',
      durable: false,
      keys: ['a', 'b'],
      bindings: [['a', 'b']],
    });
    const inbox = new Inbox(false);
    await bench.consumers(spec, inbox, 1);
    const outbox = await bench.producer(spec);
    outbox.send('x', undefined, { key: 'a' });
    outbox.send('y', undefined, { key: 'a' });
    await inbox.has(1);
    await eventually('both are counted', async () => (await seen(jolokia, spec))?.counters.in === 2);
    expect((await seen(jolokia, spec))?.ready).toBeUndefined();
  });
});
