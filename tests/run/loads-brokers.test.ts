/**
 * Loads, works, destinations and late consumers as short whole runs on the real brokers: a backlog on RabbitMQ by
 * default, with MQBENCH_TEST_LONG=1 all of them on each. Each has to deliver everything, and to have had the shape that was asked for.
 */
import { describe, expect, inject, it } from 'vitest';
import { buildModel } from '../../src/report/model.js';
import { walksOf } from '../../src/report/walk.js';
import type { Result, RunRecord } from '../../src/results/schema.js';
import { type OpenLoad, timeOf } from '../../src/run/arrivals/curve.js';
import { mix, schedule } from '../../src/run/arrivals/schedule.js';
import { phaseCode } from '../../src/run/envelope.js';
import { adaptersOf } from '../../src/scenario/load.js';
import { buildPlan } from '../../src/scenario/plan.js';
import { resolveTarget } from '../../src/scenario/targets.js';
import type { Scenario } from '../../src/scenario/types.js';
import { asEndpoint } from '../fixtures/as-endpoint.js';
import { planOf } from '../fixtures/plan.js';
import { sessionsOf } from '../fixtures/run-session.js';

const isLong = process.env['MQBENCH_TEST_LONG'] === '1';
const shared = inject('servers');
const sessions = sessionsOf('loads-brokers');

const ids = ['rabbitmq', 'kafka', 'activemq'] as const;
type Id = (typeof ids)[number];

/** Far beyond what the broker takes on any machine of today, and not so many that what piles up takes minutes. */
const tooFast: Readonly<Record<Id, number>> = { rabbitmq: 60_000, kafka: 150_000, activemq: 20_000 };
/** Where even that is kept. */
const farTooFast = 400_000;

/** A message more or less, where an interval's edge falls between two. */
const edge = 0.02;

function whole(record: RunRecord, messages: number): void {
  const all = { sent: messages, confirmed: messages, unique: messages, lost: 0, corrupt: 0, foreign: 0 };
  expect(record.delivery).toMatchObject(all);
}

/** Messages sent in the intervals that lie between these seconds of the measured part with all their width. */
function sentBetween({ samples }: RunRecord, from: number, to: number): number {
  return samples.filter(({ t, seconds }) => t >= from && t + seconds <= to).reduce((sum, { sent }) => sum + sent, 0);
}

/** How late messages were sent at most, in seconds. */
function latest({ workers }: RunRecord): number {
  return Math.max(...workers.map(({ scheduleSlipMaxMs = 0 }) => scheduleSlipMaxMs)) / 1e3 + edge;
}

/** How many messages are due in the first so many seconds, evenly spaced. */
function dueBy(load: OpenLoad, seconds: number): number {
  const at = timeOf(load);
  let due = 0;
  while (at(due) < seconds * 1e9) due++;
  return due;
}

/** How many messages Poisson arrivals are, drawn as the scenario says. */
function drawn(load: OpenLoad, { seed, durationSeconds = 0 }: Scenario, repetition: number): number {
  const next = schedule(load, { index: 0, producers: 1 }, mix(mix(seed, repetition), phaseCode.measure));
  let count = 0;
  while (next() < durationSeconds * 1e9) count++;
  return count;
}

type Run = (change: Partial<Scenario>) => Promise<{ readonly result: Result; readonly scenario: Scenario }>;
type One = (change: Partial<Scenario>) => Promise<RunRecord>;

interface Case {
  readonly name: string;
  readonly check: (one: One, run: Run, id: Id) => Promise<void>;
  /** Where it runs without MQBENCH_TEST_LONG, too. */
  readonly always?: readonly Id[];
}

const timed = (durationSeconds: number): Partial<Scenario> => ({ messages: undefined, durationSeconds });

const cases: readonly Case[] = [
  {
    name: 'full speed: everything arrives in order',
    always: ids,
    check: async (one) => {
      // More than twice what is in flight, so that batches wait for one another.
      const record = await one({ consumers: 4, messages: 12_000, load: { kind: 'closed', inFlight: 5_000 } });
      whole(record, 12_000);
      expect(record.delivery).toMatchObject({ outOfOrder: 0, duplicates: 0 });
    },
  },
  {
    name: 'a backlog: filled at its rate, then drained',
    always: ['rabbitmq'],
    check: async (one) => {
      const record = await one({
        work: 'backlog',
        consumers: 1,
        load: { kind: 'rate', perSecond: 1_000 },
        messages: 600,
      });
      whole(record, 600);
      const { figures, latency, samples } = record;
      // Slower on a busy machine, never faster.
      expect(figures!.publishRate).toBeLessThan(1_100);
      expect(figures!.throughput).toBeCloseTo(600 / figures!.measuredSeconds, 6);
      expect(latency!.publish.count).toBe(600);
      const lastSent = samples.findLastIndex(({ sent }) => sent > 0);
      expect(lastSent).toBeGreaterThan(0);
      // What is received while the queue fills stands for nobody.
      expect(samples.slice(0, lastSent).every(({ received }) => received === 0)).toBe(true);
    },
  },
  {
    name: 'producers alone: what they left is counted',
    check: async (one) => {
      const record = await one({ work: 'produce', messages: 3_000 });
      whole(record, 3_000);
      const { figures, latency, samples } = record;
      expect(figures!.throughput).toBe(figures!.publishRate);
      expect([latency!.publish.count, latency!.endToEnd.count]).toEqual([3_000, 0]);
      expect(samples.some(({ received }) => received > 0)).toBe(false);
    },
  },
  {
    name: 'consumers alone: of a queue that was filled before',
    check: async (one) => {
      const record = await one({ work: 'consume', messages: 5_000 });
      whole(record, 5_000);
      const { figures, latency, samples } = record;
      expect(figures!.throughput).toBeCloseTo(5_000 / figures!.measuredSeconds, 6);
      expect([latency!.publish.count, latency!.endToEnd.count]).toEqual([0, 0]);
      expect(samples.filter(({ phase }) => phase === 'measure').every(({ sent }) => sent === 0)).toBe(true);
    },
  },
  {
    name: 'several producers and destinations, each with its part',
    check: async (one) => {
      const record = await one({ producers: 2, destinations: 2, consumers: 4, messages: 4_000 });
      whole(record, 4_000);
      expect(record.delivery).toMatchObject({ outOfOrder: 0, duplicates: 0 });
      const shares = record.share!.perConsumer;
      // Consumer i works on destination i mod 2.
      expect([shares[0]! + shares[2]!, shares[1]! + shares[3]!]).toEqual([2_000, 2_000]);
    },
  },
  {
    name: 'a consumer that joins late and takes its share from then on',
    check: async (one) => {
      const record = await one({
        load: { kind: 'rate', perSecond: 300 },
        ...timed(8),
        lateConsumers: { count: 1, afterSeconds: 0.5 },
      });
      whole(record, 2_400);
      const [joined] = record.joined!;
      expect(joined!.consumer).toBe(1);
      expect(joined!.askedSeconds).toBeGreaterThan(0.45);
      expect(joined!.firstMessageSeconds).toBeGreaterThanOrEqual(joined!.askedSeconds);
      const [first = 0, late = 0] = record.share!.perConsumer;
      expect(late).toBeGreaterThan(0);
      expect(first).toBeGreaterThan(late);
      const before = record.samples.filter(({ t, seconds }) => t + seconds <= joined!.askedSeconds);
      expect(before.every(({ perConsumer }) => perConsumer[1] === 0)).toBe(true);
    },
  },
  {
    name: 'a ramp',
    check: async (one) => {
      const load = { kind: 'ramp', fromPerSecond: 100, toPerSecond: 500, overSeconds: 2 } as const;
      const record = await one({ load, ...timed(2) });
      whole(record, 600);
      // Nothing is early: at an even rate half of it would have gone by then.
      const half = 1;
      const [until, bound] = [sentBetween(record, 0, half), dueBy(load, half + latest(record))];
      expect(until).toBeGreaterThan(0);
      expect(until).toBeLessThanOrEqual(bound);
    },
  },
  {
    name: 'bursts, and rests between them',
    check: async (one) => {
      const load = { kind: 'bursts', perSecond: 400, onSeconds: 0.5, offSeconds: 1 } as const;
      const record = await one({ load, ...timed(3) });
      whole(record, 400);
      const late = latest(record);
      expect(sentBetween(record, 0.5 + late, 1.5 - late)).toBe(0);
    },
  },
  {
    name: 'Poisson arrivals, the very ones that were drawn',
    check: async (_, run) => {
      const load = { kind: 'rate', perSecond: 300, arrivals: 'poisson' } as const;
      const { result, scenario } = await run({ load, ...timed(1.5), repetitions: 2 });
      const expected = [1, 2].map((repetition) => drawn(load, scenario, repetition));
      expect(expected).not.toContain(450);
      expect(result.runs).toHaveLength(2);
      for (const record of result.runs) whole(record, expected[record.repetition - 1]!);
    },
  },
  {
    name: 'a walk that ends where the broker falls behind',
    check: async (_, run, id) => {
      const ratesPerSecond = [5, tooFast[id], farTooFast];
      const { result } = await run({ load: { kind: 'walk', ratesPerSecond }, ...timed(1), drainSeconds: 60 });
      const ends = result.runs.findIndex(({ rate }) => rate?.kept === false);
      const rates = result.runs.map(({ rate }) => rate);
      expect(ends, JSON.stringify(rates)).toBe(result.runs.length - 1);
      // Five messages a second is what any broker keeps: only a machine that let the generator wait misses them.
      if (ends === 0) expect(rates[0]!.why).toContain('the generator missed its schedule');
      result.runs.forEach((record, i) => whole(record, ratesPerSecond[i]!));
      expect(result.skipped?.length ?? 0).toBe(ratesPerSecond.length - 1 - ends);
      const [walk] = walksOf(buildModel(result));
      expect(walk?.fellBehind?.ratePerSecond).toBe(ratesPerSecond[ends]);
      expect(walk?.sustained?.ratePerSecond).toBe(ratesPerSecond[ends - 1]);
    },
  },
];

describe.each(ids)('%s runs', (id) => {
  for (const { name, check, always = [] } of cases)
    it(name, async ({ skip }) => {
      const server = shared[id];
      if (!('endpoint' in server)) {
        expect(process.env['CI'] !== undefined && 'failed' in server, server.missing).toBe(false);
        return;
      }
      skip(!always.includes(id) && !isLong, 'only with MQBENCH_TEST_LONG=1');
      const run: Run = async (change) => {
        const { scenario } = planOf({
          targets: [await resolveTarget(id)],
          warmupSeconds: 0,
          drainSeconds: 20,
          ...change,
        });
        const plan = buildPlan(scenario, await adaptersOf(scenario), 'endpoint');
        const { result, error } = await sessions.run(plan, asEndpoint(id, server.endpoint));
        expect(error).toBeUndefined();
        return { result, scenario };
      };
      await check(
        async (change) => {
          const { result } = await run(change);
          expect(result.runs).toHaveLength(1);
          return result.runs[0]!;
        },
        run,
        id,
      );
    });
});
