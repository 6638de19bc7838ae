/** The look at a run once a second, with a broker that takes its time. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrokerError } from '../../src/errors.js';
import { RunSampler } from '../../src/monitor/run/sampler.js';
import { joinUsage } from '../../src/monitor/run/usage.js';
import type { Source } from '../../src/monitor/sample.js';
import { brokerSampleSchema } from '../../src/results/schema.js';
import type { LiveSample } from '../../src/run/live.js';

const second = 1e9;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Answers after so long, with the count of questions as the queue's length. */
function slowSource(milliseconds: number) {
  let asked = 0;
  const source: Source = {
    refreshSeconds: 0,
    read: () =>
      new Promise((resolve) => {
        const ready = ++asked;
        const reading = {
          product: 'slow',
          source: 'test',
          nodes: [],
          counters: {},
          destinations: [{ name: 'q', kind: 'queue' as const, ready, counters: {} }],
          destinationCount: 1,
          notes: [],
        };
        setTimeout(() => resolve(reading), milliseconds);
      }),
    close: () => Promise.resolve(),
  };
  return { source, asked: () => asked };
}

async function sample(milliseconds: number) {
  const { source, asked } = slowSource(milliseconds);
  return { ...(await sampleFrom(source, milliseconds)), asked: asked() };
}

async function sampleFrom(source: Source, milliseconds: number) {
  const told: LiveSample[] = [];
  const begin = performance.now();
  const sampler = new RunSampler({
    clock: { now: () => (performance.now() - begin) * 1e6 },
    source,
    destinations: [{ name: 'q', guarantee: 'at-least-once', consumers: 1 }],
    pids: [],
    workerPids: () => [],
    askWorkers: () => Promise.resolve([]),
    listener: (one) => told.push(one),
  });
  await vi.advanceTimersByTimeAsync(8_900);
  const stopped = sampler.stop(false);
  await vi.advanceTimersByTimeAsync(milliseconds);
  await stopped;
  const times = { firstSend: 0, lastSend: 10 * second, lastConfirm: 0, firstReceipt: 1, lastReceipt: 10 * second };
  const { samples, notes } = sampler.timeline(times, 'transfer');
  return { samples, notes, told };
}

describe('a run is sampled', () => {
  it('once a second, with what the broker says', async () => {
    const { samples, told, asked } = await sample(5);
    expect(samples.map(({ t, ready }) => [t, ready])).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((t) => [t, t]));
    expect(asked).toBe(8);
    expect(told.map(({ seconds }) => seconds)).toEqual(Array(8).fill(1));
  });

  it('once a second too while the broker is slow, which is not asked again before it has answered', async () => {
    const { samples, told, asked } = await sample(2_500);
    // Asked at 1, 4 and 7 s; the answers of 3.5 and 6.5 s belong to the sample before them.
    expect(samples.map(({ t, ready }) => [t, ready])).toEqual([
      ...[1, 2].map((t) => [t, undefined]),
      [3, 1],
      ...[4, 5].map((t) => [t, undefined]),
      [6, 2],
      ...[7, 8].map((t) => [t, undefined]),
    ]);
    expect(asked).toBe(3);
    // Whoever watches is told of every second once.
    expect(told.map(({ seconds }) => seconds)).toEqual([3, 3, 2]);
  });

  it('leaves out what a broker counts below 0: a result that held it could not be read again', async () => {
    const { source } = slowSource(5);
    const read: Source['read'] = async (asked) => {
      const reading = await source.read(asked);
      const destinations = reading.destinations.map((one) => ({ ...one, ready: -1, unacknowledged: 3 }));
      return { ...reading, destinations, nodes: [{ name: 'n', running: true, memoryBytes: -2 }] };
    };
    const { samples } = await sampleFrom({ ...source, read }, 5);
    expect(samples).toHaveLength(8);
    for (const one of samples) {
      expect(brokerSampleSchema.safeParse(one).error).toBeUndefined();
      expect(one).toMatchObject({ unacknowledged: 3 });
      expect(one).not.toHaveProperty('ready');
    }
  });

  it('goes on without figures where the broker refuses, and says once what to do', async () => {
    const refused = new BrokerError('It refused the user.', 'refused', { hint: 'Give it the tag.' });
    const { source } = slowSource(5);
    const { samples, notes } = await sampleFrom({ ...source, read: () => Promise.reject(refused) }, 5);
    expect(samples).toHaveLength(8);
    expect(samples.some(({ ready }) => ready !== undefined)).toBe(false);
    expect(notes).toEqual(['It refused the user. Give it the tag. (8 times)']);
  });
});

describe('what was used', () => {
  it('over two parts is the mean over their time, and memory as it was last', () => {
    const joined = joinUsage(
      { seconds: 1, process: { cpu: 1, rssBytes: 10, diskReadBytesPerSecond: 40 }, workersCpu: undefined },
      { seconds: 3, process: { cpu: 2, rssBytes: 20 }, workersCpu: 0.4 },
    );
    expect(joined).toEqual({
      seconds: 4,
      process: { cpu: 1.75, rssBytes: 20, diskReadBytesPerSecond: 10 },
      workersCpu: expect.closeTo(0.3, 6) as number,
    });
    expect(joinUsage({ ...joined, process: undefined }, { ...joined, process: undefined }).process).toBeUndefined();
  });
});
