/** What kafkajs' own events come to, beside what was really sent, fetched and left on a real broker. */
import { afterEach, describe, expect, inject, it } from 'vitest';
import type { ClientMetrics } from '../../../src/brokers/adapter.js';
import { loadAdapter } from '../../../src/brokers/registry.js';
import { Bench, eventually, patienceMs } from '../../../src/contract/bench.js';

const server = inject('servers').kafka;

describe.skipIf('missing' in server)('what a Kafka client counts', () => {
  let bench: Bench;
  afterEach(() => bench?.cleanUp());

  it('is what was sent, in how many requests, what was fetched, and how far behind the log end that is', async () => {
    if ('missing' in server) throw new Error(server.missing);
    bench = new Bench(await loadAdapter('kafka'), server.endpoint);
    const spec = await bench.destination(1);
    const outbox = await bench.producer(spec);
    const [count, size] = [40, 100_000];
    const begin = performance.now();
    for (let i = 0; i < count; i++) outbox.send(Buffer.alloc(size));
    await outbox.producer.flush();
    const tookMs = performance.now() - begin;
    const sent = outbox.connection.clientMetrics!();
    expect(sent).toMatchObject({ records: count, produceBytes: count * size, fetches: 0, fetched: 0, lagMax: 0 });
    // 1 MiB a request at most, and a single partition: a request is a batch.
    expect(sent.produceRequests).toBeGreaterThanOrEqual((count * size) / 2 ** 20);
    expect(sent.produceRequests).toBeLessThanOrEqual(count);
    expect(sent.batches).toBe(sent.produceRequests);
    // kafkajs takes times in whole milliseconds.
    expect(sent.produceMs).toBeGreaterThan(0);
    expect(sent.produceMs / sent.produceRequests).toBeLessThanOrEqual(tookMs + 1);

    // 1 MiB a fetch at most: the first ones leave messages behind.
    const { connection } = await bench.open();
    const seen: ClientMetrics[] = [];
    const subscribed = performance.now();
    const consumer = await connection.createConsumer(
      { destination: spec, index: 0, prefetch: 50, onCancelled: (reason) => expect.fail(reason) },
      (delivery) => {
        seen.push(connection.clientMetrics!());
        delivery.acknowledge();
      },
    );
    await consumer.ready(patienceMs);
    await eventually('all is fetched', () => seen.length === count);
    expect(seen[0]?.lagMax).toBeGreaterThanOrEqual(count - Math.ceil(2 ** 20 / size));
    for (const { fetched, lagMax } of seen) expect(fetched + lagMax).toBe(count);
    const last = connection.clientMetrics!();
    expect(last).toMatchObject({ fetched: count, lagMax: 0, records: 0, produceRequests: 0 });
    expect(last.fetches).toBeGreaterThanOrEqual((count * size) / 2 ** 20);
    // One broker, hence one fetch at a time.
    expect(last.fetchMs).toBeGreaterThan(0);
    expect(last.fetchMs).toBeLessThanOrEqual(performance.now() - subscribed + last.fetches);
  });
});
