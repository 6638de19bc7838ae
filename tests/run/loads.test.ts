/** Loads, works, destinations and late consumers as whole runs on the embedded broker. */
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../src/report/model.js';
import { walksOf } from '../../src/report/walk.js';
import type { Result, RunRecord } from '../../src/results/schema.js';
import { adaptersOf } from '../../src/scenario/load.js';
import { buildPlan } from '../../src/scenario/plan.js';
import type { Scenario } from '../../src/scenario/types.js';
import { memoryServer } from '../fixtures/memory-server.js';
import { planOf } from '../fixtures/plan.js';
import { sessionsOf } from '../fixtures/run-session.js';

const sessions = sessionsOf('loads');
const memory = memoryServer();

async function run(change: Partial<Scenario>): Promise<Result> {
  const { scenario } = planOf(change);
  const plan = buildPlan(scenario, await adaptersOf(scenario), 'local');
  const { result, error } = await sessions.run(plan, memory());
  expect(error).toBeUndefined();
  return result;
}
async function one(change: Partial<Scenario>): Promise<RunRecord> {
  const { runs } = await run(change);
  expect(runs).toHaveLength(1);
  return runs[0]!;
}
const whole = (messages: number) => ({
  sent: messages,
  confirmed: messages,
  unique: messages,
  lost: 0,
  duplicates: 0,
  corrupt: 0,
  foreign: 0,
});

describe('open loops', () => {
  it('send what a ramp and bursts have due, over several producers', async () => {
    const timed = { producers: 3, messages: undefined, durationSeconds: 1 };
    const ramp = { kind: 'ramp', fromPerSecond: 200, toPerSecond: 1_000, overSeconds: 1 } as const;
    const climbed = await one({ ...timed, load: ramp });
    expect(climbed.delivery).toMatchObject(whole(600));
    expect(climbed.figures!.targetRate).toBeCloseTo(600, -1);
    const bursts = { kind: 'bursts', perSecond: 1_200, onSeconds: 0.25, offSeconds: 0.25 } as const;
    const burst = await one({ ...timed, load: bursts });
    expect(burst.delivery).toMatchObject(whole(600));
    // The rate is judged by the schedule's own mean, rests included, so that nothing seems late that is not.
    expect(burst.figures!.targetRate).toBeLessThan(900);
  });

  it('have the same Poisson arrivals in a repetition whenever it is run, and others in the next', async () => {
    const load = { kind: 'rate', perSecond: 400, arrivals: 'poisson' } as const;
    const timed: Partial<Scenario> = {
      load,
      messages: undefined,
      durationSeconds: 1,
      repetitions: 2,
      warmupSeconds: 0,
    };
    const counts = (result: Result) => result.runs.map((r) => r.delivery!.sent);
    const first = counts(await run(timed));
    expect(counts(await run(timed))).toEqual(first);
    const [a = 0, b = 0] = first;
    expect(Math.abs(a - 400)).toBeLessThan(120);
    expect(a).not.toBe(b);
  });
});

describe('a walk over rates', () => {
  it('ends where the target falls behind, names what was sustained and skips the rest', async () => {
    const ratesPerSecond = [5, 300_000, 1_500_000];
    const result = await run({
      load: { kind: 'walk', ratesPerSecond },
      messages: undefined,
      durationSeconds: 1,
      warmupSeconds: 0,
    });
    const ends = result.runs.findIndex((r) => r.rate?.kept === false);
    expect(ends).toBe(result.runs.length - 1);
    // Five messages a second is what any broker keeps: only a machine that let the generator wait misses them.
    if (ends === 0) expect(result.runs[0]!.rate!.why).toContain('the generator missed its schedule');
    const behind = result.runs[ends]!;
    const at = ratesPerSecond[ends]!;
    expect(result.runs.map((r) => r.cell)).toEqual(ratesPerSecond.slice(0, ends + 1).map((r) => `memory/100B@${r}`));
    // Falling behind is what the walk looks for: the run stands, and every message of it is accounted for.
    expect(behind.verdict.status).toBe('ok');
    expect(behind.delivery).toMatchObject(whole(at));
    expect(result.skipped).toEqual(
      ratesPerSecond.slice(ends + 1).map((rate) => ({
        cell: `memory/100B@${rate}`,
        repetition: 1,
        reason: `it fell behind at ${at.toLocaleString('en-US')} messages/s`,
      })),
    );
    const [walk] = walksOf(buildModel(result));
    expect(walk?.fellBehind?.ratePerSecond).toBe(at);
    expect(walk?.sustained?.ratePerSecond).toBe(ratesPerSecond[ends - 1]);
  });
});

describe('works', () => {
  it('produce: measures the producers and counts what they left by draining it', async () => {
    const { figures, delivery, latency, samples } = await one({ work: 'produce', messages: 20_000 });
    expect(delivery).toMatchObject(whole(20_000));
    expect(figures!.throughput).toBe(figures!.publishRate);
    expect(latency!.publish.count).toBe(20_000);
    expect(latency!.endToEnd.count).toBe(0);
    expect(samples.some((s) => s.received > 0)).toBe(false);
  });

  it('consume: fills first, unmeasured, then measures the consumers', async () => {
    // As many as fill several of the intervals that a sample stands for, however fast the machine.
    const messages = 500_000;
    const { figures, delivery, latency, samples } = await one({ work: 'consume', messages });
    expect(delivery).toMatchObject(whole(messages));
    expect(figures!.throughput).toBeCloseTo(messages / figures!.measuredSeconds, 6);
    expect([latency!.publish.count, latency!.endToEnd.count]).toEqual([0, 0]);
    const filling = samples.filter((s) => s.phase === 'fill');
    expect(filling.reduce((sum, s) => sum + s.sent, 0)).toBeGreaterThan(10_000);
    // What is received there is the warm-up, which stands in front of the queue.
    expect(filling.every((s) => s.t < 0)).toBe(true);
  });

  it('backlog: measures the filling at its rate, and the drain', async () => {
    const { figures, delivery, latency } = await one({
      work: 'backlog',
      load: { kind: 'rate', perSecond: 2_000 },
      messages: 4_000,
    });
    expect(delivery).toMatchObject(whole(4_000));
    expect(figures!.publishRate).toBeLessThan(2_200);
    expect(figures!.targetRate).toBe(2_000);
    expect(figures!.throughput).toBeCloseTo(4_000 / figures!.measuredSeconds, 6);
    expect(latency!.publish.count).toBe(4_000);
  });
});

describe('several destinations', () => {
  it.each([
    [4, 2],
    [1, 2],
    [2, 4],
  ])(
    'are fed evenly by %i producers on %i destinations, and every message is accounted for',
    async (producers, destinations) => {
      const record = await one({ producers, destinations, consumers: 4, messages: 10_000 });
      expect(record.delivery).toMatchObject({ ...whole(10_000), outOfOrder: 0 });
      // Consumers are dealt out in turn: consumer i works on destination i mod destinations.
      const shares = record.share!.perConsumer;
      const each = Array.from({ length: destinations }, (_, d) =>
        shares.filter((_, i) => i % destinations === d).reduce((a, b) => a + b, 0),
      );
      expect(each).toEqual(each.map(() => 10_000 / destinations));
    },
  );
});

describe('late consumers', () => {
  it('join in the measured part and take their share from then on', async () => {
    const record = await one({
      load: { kind: 'rate', perSecond: 500 },
      messages: undefined,
      durationSeconds: 2,
      lateConsumers: { count: 1, afterSeconds: 0.5 },
    });
    expect(record.delivery).toMatchObject(whole(1_000));
    const [joined] = record.joined!;
    expect(joined!.consumer).toBe(1);
    expect(joined!.askedSeconds).toBeGreaterThan(0.45);
    expect(joined!.readySeconds).toBeGreaterThanOrEqual(joined!.askedSeconds);
    expect(joined!.firstMessageSeconds).toBeGreaterThanOrEqual(joined!.askedSeconds);
    const shares = record.share!.perConsumer;
    expect(shares).toHaveLength(2);
    expect(shares[1]).toBeGreaterThan(0);
    expect(shares[1]).toBeLessThan(shares[0]!);
  });

  it('that never came are said to have been missing', async () => {
    const record = await one({ messages: 20_000, lateConsumers: { count: 1, afterSeconds: 60 } });
    expect(record.delivery).toMatchObject(whole(20_000));
    expect(record.joined).toBeUndefined();
    expect(record.verdict.warnings.join()).toMatch(/before the late consumers joined/);
  });
});
