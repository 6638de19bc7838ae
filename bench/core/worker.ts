/**
 * One worker's core by itself in a process of its own: mqbench's own ProducerWorker or ConsumerWorker over the
 * adapter that moves nothing. Started with --expose-gc; says its figures and ends.
 */
import type { DestinationSpec } from '../../dist/brokers/adapter.js';
import { createClock, newOrigin } from '../../dist/run/clock.js';
import { ConsumerWorker } from '../../dist/run/consumer-worker.js';
import { EnvelopeWriter, phaseCode } from '../../dist/run/envelope.js';
import { payloadVariants } from '../../dist/payload/variants.js';
import { ProducerWorker } from '../../dist/run/producer-worker.js';
import type { ConnectOptions, RunOptions } from '../../dist/run/protocol.js';
import { runOptions } from '../run-options.js';
import { prefetch } from '../settings.js';
import { deliver } from './null-adapter.js';

export interface CoreAsk {
  readonly role: 'producer' | 'consumer';
  readonly sizeBytes: number;
  readonly seed: number;
  /** After so many messages in all, memory is read. */
  readonly readings: readonly [number, number];
}

export interface CoreAnswer {
  /** By block of messages, in nanoseconds of CPU time a message. */
  readonly nsPerMessage: readonly number[];
  /** Heap and external memory after a collection, in bytes, at the two readings. */
  readonly bytes: readonly [number, number];
}

const origin = newOrigin();
const clock = createClock(origin);
const destination: DestinationSpec = { name: 'mqbench-null', guarantee: 'at-least-once', consumers: 1 };
const connect: ConnectOptions = {
  adapter: new URL('./null-adapter.js', import.meta.url).href,
  endpoint: { url: 'null://localhost' },
  options: {},
  clientName: 'bench',
  timeoutMs: 1_000,
};
const events = (): void => undefined;

const run = ({ seed, sizeBytes }: CoreAsk): RunOptions => runOptions({ origin, runNumber: 1, seed, sizeBytes });

/** CPU time of this process, which neighbours on the machine do not lengthen as they do wall time. Nanoseconds. */
function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1_000;
}

function collected(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Runs blocks up to the first reading, then up to the second; each block is timed by itself. */
async function blocks(
  { readings: [first, last] }: CoreAsk,
  perBlock: number,
  block: (messages: number) => Promise<number>,
): Promise<CoreAnswer> {
  const nsPerMessage: number[] = [];
  let done = 0;
  const upTo = async (total: number): Promise<number> => {
    while (done < total) {
      const messages = Math.min(perBlock, total - done);
      nsPerMessage.push((await block(messages)) / messages);
      done += messages;
    }
    return collected();
  };
  return { bytes: [await upTo(first), await upTo(last)], nsPerMessage };
}

async function producer(ask: CoreAsk): Promise<CoreAnswer> {
  const worker = await ProducerWorker.start({ connect, run: run(ask), index: 0, destinations: [destination] }, events);
  const answer = await blocks(ask, 100_000, async (messages) => {
    const begin = cpuNs();
    await worker.send({ phase: 'measure', extent: { messages }, startAt: clock.now() });
    return cpuNs() - begin;
  });
  worker.collect();
  await worker.close();
  return answer;
}

async function consumer(ask: CoreAsk): Promise<CoreAnswer> {
  const worker = await ConsumerWorker.start(
    { connect, run: run(ask), index: 0, destination, place: 0, prefetch, late: false },
    events,
  );
  const writer = new EnvelopeWriter(1, 0);
  const payloads = payloadVariants({ kind: 'random' }, ask.sizeBytes, ask.seed);
  // As a client has them: what came in one read of the socket lies in one buffer.
  const perRead = Math.max(1, Math.floor(65_536 / ask.sizeBytes));
  const buffer = Buffer.alloc(perRead * ask.sizeBytes);
  let sequence = 0;
  const deliveries = Array.from({ length: perRead }, (_, i) => {
    const body = buffer.subarray(i * ask.sizeBytes, (i + 1) * ask.sizeBytes);
    const payload = i % payloads.length;
    payloads[payload]?.copy(body);
    return { body, payload, partition: undefined, redelivered: false, acknowledge: () => undefined };
  });
  const answer = await blocks(ask, 100_000, async (messages) => {
    let spent = 0;
    for (let left = messages; left > 0;) {
      const read = deliveries.slice(0, Math.min(left, perRead));
      left -= read.length;
      for (const { body, payload } of read) {
        const now = clock.now();
        writer.write(body, phaseCode.measure, sequence++, now, now, payload);
      }
      // Only the deliveries are timed: writing them is a producer's work.
      const begin = cpuNs();
      for (const delivery of read) deliver?.(delivery);
      spent += cpuNs() - begin;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return spent;
  });
  const record = worker.collect();
  if (record.role !== 'consumer' || record.receipts.unique !== ask.readings[1])
    throw new Error('the consumer did not count every message');
  await worker.close();
  return answer;
}

process.once('message', (ask: CoreAsk) => {
  void (ask.role === 'producer' ? producer(ask) : consumer(ask)).then((answer) => {
    process.send?.(answer, () => process.disconnect());
  });
});
