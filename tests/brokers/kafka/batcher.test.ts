import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batcher, type BatcherSpec, type OutgoingMessage } from '../../../src/brokers/kafka/batcher.js';

/** A batcher whose writes are answered by hand, and what it did. */
function bench(overrides: Partial<BatcherSpec> = {}) {
  const writes: {
    messages: OutgoingMessage[];
    taken: () => void;
    answer: (error?: Error) => void;
    inFlight: number;
  }[] = [];
  const settled = new Map<number, Error | undefined>();
  const twice: number[] = [];
  let inFlight = 0;
  const batcher = new Batcher({
    batchSize: 10,
    batchBytes: 1_000_000,
    maxInFlight: 2,
    lingerMs: 0,
    overheadBytes: 0,
    write: (messages, taken) => {
      inFlight += 1;
      return new Promise((resolve, reject) => {
        const answer = (error?: Error) => {
          inFlight -= 1;
          if (error) reject(error);
          else resolve();
        };
        writes.push({ messages, taken, answer, inFlight });
      });
    },
    settle: (token, error) => {
      if (settled.has(token)) twice.push(token);
      settled.set(token, error);
    },
    ...overrides,
  });
  return { batcher, writes, settled, twice };
}

const body = (text: string | number) => Buffer.from(String(text));
const until = async (check: () => boolean) => {
  while (!check()) await sleep(1);
};

describe('the batcher', () => {
  it('lets a full batch leave without lingering, and one that is not full when the linger is over', async () => {
    const { batcher, writes } = bench({ lingerMs: 30, maxInFlight: 5 });
    for (let i = 0; i < 13; i += 1) batcher.add(body(i), i, 0);
    await until(() => writes.length === 1);
    expect(writes[0]!.messages).toHaveLength(10);
    writes[0]!.answer();
    await until(() => writes.length === 2);
    expect(writes[1]!.messages.map(({ value }) => value.toString())).toEqual(['10', '11', '12']);
    batcher.end(new Error('over'));
  });

  it('goes on gathering while no request may leave', async () => {
    const { batcher, writes } = bench({ lingerMs: 1, maxInFlight: 1 });
    batcher.add(body(0), 0, 0);
    await until(() => writes.length === 1);
    for (let i = 1; i < 8; i += 1) {
      batcher.add(body(i), i, 0);
      await sleep(3);
    }
    expect(writes).toHaveLength(1);
    writes[0]!.answer();
    await until(() => writes.length === 2);
    expect(writes[1]!.messages).toHaveLength(7);
    batcher.end(new Error('over'));
  });

  it('sends a body above the limit alone', async () => {
    const { batcher, writes } = bench({ batchBytes: 100, maxInFlight: 5 });
    for (const [token, size] of [40, 40, 500, 40].entries()) batcher.add(Buffer.alloc(size), token, 0);
    await until(() => writes.length === 1);
    writes[0]!.answer();
    await until(() => writes.length === 3);
    expect(writes.map(({ messages }) => messages.map(({ value }) => value.length))).toEqual([[40, 40], [500], [40]]);
    batcher.end(new Error('over'));
  });

  it('lets a batch with a partition not written before travel alone', async () => {
    const { batcher, writes } = bench({ batchSize: 1, maxInFlight: 5 });
    for (const [token, partition] of [0, 0, 0, 1, 0, 1].entries()) batcher.add(body(token), token, partition);
    await sleep(20);
    expect(writes).toHaveLength(1);
    writes[0]!.answer();
    await until(() => writes.length === 3);
    await sleep(20);
    expect(writes).toHaveLength(3);
    writes[1]!.answer();
    writes[2]!.answer();
    await until(() => writes.length === 4);
    await sleep(20);
    expect(writes).toHaveLength(4);
    writes[3]!.answer();
    await until(() => writes.length === 6);
    batcher.end(new Error('over'));
  });

  it('lets batches leave in one turn only when each has messages for every partition', async () => {
    const { batcher, writes } = bench({ batchSize: 2, maxInFlight: 10 });
    let token = 0;
    const add = (...partitions: number[]) =>
      partitions.forEach((partition) => batcher.add(body(token), token++, partition));
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    add(0, 1);
    await until(() => writes.length === 1);
    writes[0]!.answer();
    await sleep(5);
    // Three that kafkajs takes equally long over, then one that could overtake the last of them.
    add(0, 1, 1, 0, 0, 1, 1, 1);
    let inOneTurn = 0;
    setImmediate(() => {
      for (let i = 1; i < writes.length; i += 1) writes[i]!.taken();
      inOneTurn = writes.length;
    });
    await turn();
    expect(inOneTurn).toBe(4);
    await turn();
    expect(writes).toHaveLength(5);
    batcher.end(new Error('over'));
  });

  it('lets the next batch leave in one turn only when the client has taken the one before', async () => {
    const { batcher, writes } = bench({ batchSize: 1, maxInFlight: 10 });
    batcher.add(body(0), 0, 0);
    await until(() => writes.length === 1);
    writes[0]!.answer();
    await sleep(5);
    for (let token = 1; token <= 3; token += 1) batcher.add(body(token), token, 0);
    await new Promise<void>((resolve) =>
      setImmediate(() => {
        expect(writes).toHaveLength(2);
        writes[1]!.taken();
        expect(writes).toHaveLength(3);
        resolve();
      }),
    );
    await until(() => writes.length === 4);
    batcher.end(new Error('over'));
  });

  it('settles what is gathered, waiting and in flight with the error when it ends, once, and refuses more', async () => {
    const { batcher, writes, settled, twice } = bench({ maxInFlight: 1, lingerMs: 10_000 });
    for (let i = 0; i < 25; i += 1) batcher.add(body(i), i, 0);
    await until(() => writes.length === 1);
    const flushed = batcher.flush();
    const error = new Error('over');
    batcher.end(error);
    await flushed;
    batcher.add(body('late'), 25, 0);
    writes[0]!.answer();
    await sleep(10);
    expect([...settled.values()]).toEqual(Array.from({ length: 26 }, () => error));
    expect(twice).toEqual([]);
    expect(writes).toHaveLength(1);
  });

  it('keeps every promise under any traffic', async () => {
    const traffic = fc.record({
      batchSize: fc.integer({ min: 1, max: 8 }),
      batchBytes: fc.integer({ min: 1, max: 60 }),
      maxInFlight: fc.integer({ min: 1, max: 4 }),
      lingerMs: fc.constantFrom(0, 1),
      messages: fc.array(
        fc.record({ partition: fc.nat(2), size: fc.nat(40), pause: fc.boolean(), fails: fc.boolean() }),
        { minLength: 1, maxLength: 60 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(traffic, async ({ messages, ...limits }) => {
        const written: number[] = [];
        const failed = new Set<number>();
        const settled = new Map<number, Error | undefined>();
        const wrong: string[] = [];
        let inFlight = 0;
        const tokens = new Map<Buffer, number>();
        const batcher = new Batcher({
          ...limits,
          overheadBytes: 3,
          write: async (batch) => {
            inFlight += 1;
            const ids = batch.map(({ value }) => tokens.get(value)!);
            const bytes = batch.reduce((sum, { value }) => sum + value.length + 3, 0);
            if (inFlight > limits.maxInFlight) wrong.push(`${inFlight} in flight`);
            if (batch.length > limits.batchSize) wrong.push(`${batch.length} in a batch`);
            if (batch.length > 1 && bytes > limits.batchBytes) wrong.push(`${bytes} bytes`);
            written.push(...ids);
            const fails = ids.some((id) => messages[id]!.fails);
            // Answers come in any order.
            await sleep(ids[0]! % 3);
            inFlight -= 1;
            if (!fails) return;
            for (const id of ids) failed.add(id);
            throw new Error('refused');
          },
          settle: (token, error) => {
            if (settled.has(token)) wrong.push(`${token} twice`);
            settled.set(token, error);
          },
        });
        for (const [token, { partition, size, pause }] of messages.entries()) {
          const value = Buffer.alloc(size);
          tokens.set(value, token);
          batcher.add(value, token, partition);
          if (pause) await sleep(1);
        }
        await batcher.flush();
        expect(wrong).toEqual([]);
        // Written in the order of sending, each once, and settled as the write ended.
        expect(written).toEqual(messages.map((_, token) => token));
        expect(settled.size).toBe(messages.length);
        for (const [token, error] of settled) expect(error !== undefined).toBe(failed.has(token));
      }),
      { numRuns: 60 },
    );
  });
});
