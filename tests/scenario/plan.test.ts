import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Capabilities } from '../../src/brokers/adapter.js';
import { canonicalJson } from '../../src/scenario/canonical-json.js';
import { digestOf } from '../../src/scenario/digest.js';
import { estimateSeconds } from '../../src/scenario/estimate.js';
import { adaptersOf } from '../../src/scenario/load.js';
import { parseScenario } from '../../src/scenario/parse.js';
import { buildPlan, type PlannedAdapter } from '../../src/scenario/plan.js';
import type { Plan, Scenario } from '../../src/scenario/types.js';

const base = await parseScenario(
  'name: t\ntargets: [rabbitmq, kafka, activemq]\nsizes: [100B, 500B, 1KB]\nmessages: 1000\nseed: 1',
  't.yaml',
);
const adapters = await adaptersOf(base);
const planOf = (change: Partial<Scenario> = {}): Plan => buildPlan({ ...base, ...change }, adapters, 'auto');
const orderOf = (plan: Plan): string[] => plan.runs.map(({ cell, repetition }) => `${cell.id}#${repetition}`);

const targets = fc.subarray([...base.targets], { minLength: 1 });
const sizes = fc.uniqueArray(fc.integer({ min: 40, max: 100_000 }), { minLength: 1, maxLength: 6 });
const seed = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe('the order of the runs', () => {
  it('has every cell exactly once in each repetition, one block after another', () => {
    fc.assert(
      fc.property(targets, sizes, fc.integer({ min: 1, max: 8 }), seed, (targets, sizes, repetitions, seed) => {
        const plan = planOf({ targets, sizes, repetitions, seed });
        expect(plan.cells).toHaveLength(targets.length * sizes.length);
        expect(plan.runs.map((run) => run.order)).toEqual(plan.runs.map((_, index) => index + 1));
        const counted = plan.runs.filter((run) => !run.discard);
        const ids = plan.cells.map((cell) => cell.id).sort();
        expect(new Set(ids).size).toBe(ids.length);
        for (let block = 0; block < repetitions; block++) {
          const runs = counted.slice(block * ids.length, (block + 1) * ids.length);
          expect(runs.map((run) => run.cell.id).sort()).toEqual(ids);
          expect(runs.every((run) => run.repetition === block + 1)).toBe(true);
        }
        expect(counted).toHaveLength(repetitions * ids.length);
      }),
    );
  });

  it('is the same for the same seed, and drawn anew for another', () => {
    fc.assert(
      fc.property(seed, (seed) => {
        expect(planOf({ seed })).toEqual(planOf({ seed }));
      }),
    );
    const orders = new Set([1, 2, 3, 4, 5].map((seed) => orderOf(planOf({ seed })).join()));
    expect(orders.size).toBeGreaterThan(3);
    // Blocks differ among themselves too.
    const runs = orderOf(planOf({ repetitions: 2 })).slice(2);
    expect(runs.slice(0, 9).map((run) => run.replace('#1', ''))).not.toEqual(
      runs.slice(9).map((run) => run.replace('#2', '')),
    );
  });

  it('gives every cell every place over many seeds', () => {
    const first = new Set(
      Array.from({ length: 200 }, (_, seed) => planOf({ seed }).runs.find((run) => !run.discard)?.cell.id),
    );
    expect(first.size).toBe(9);
  });
});

describe('discarded runs', () => {
  it('stand first, one for each server that is a JVM', () => {
    const discarded = planOf().runs.filter((run) => run.discard);
    expect(discarded.map((run) => [run.order, run.cell.target])).toEqual([
      [1, 'kafka'],
      [2, 'activemq'],
    ]);
  });

  it('are left out where nothing is started', () => {
    expect(buildPlan(base, adapters, 'endpoint').runs.some((run) => run.discard)).toBe(false);
    const named = base.targets.map((target) => ({ ...target, url: `${target.adapter}://host:1` }));
    expect(planOf({ targets: named }).runs.some((run) => run.discard)).toBe(false);
  });
});

describe('refused cells', () => {
  const limited = (change: Partial<Capabilities>): ReadonlyMap<string, PlannedAdapter> =>
    new Map(
      [...adapters].map(
        ([id, { capabilities }]) =>
          [id, { capabilities: id === 'stomp' ? { ...capabilities, ...change } : capabilities }] as const,
      ),
    );

  it('carry the reason that the adapter gives and are not run', () => {
    const able = limited({
      guarantees: { 'at-most-once': true, 'at-least-once': { reason: 'no promises here' }, replicated: true },
    });
    const plan = buildPlan(base, able, 'auto');
    expect(plan.refused.map(({ cell, reason }) => [cell.id, reason])).toEqual([
      ['activemq/100B', 'no promises here'],
      ['activemq/500B', 'no promises here'],
      ['activemq/1KB', 'no promises here'],
    ]);
    expect(plan.runs.some((run) => run.cell.target === 'activemq')).toBe(false);
    expect(plan.cells).toHaveLength(6);
  });

  it('are those whose body is too large, and no others', () => {
    const plan = buildPlan(base, limited({ maxBodyBytes: 500 }), 'auto');
    expect(plan.refused.map(({ cell }) => cell.id)).toEqual(['activemq/1KB']);
    expect(plan.refused[0]?.reason).toContain('500B');
    expect(plan.runs.filter((run) => run.cell.target === 'activemq' && !run.discard)).toHaveLength(6);
  });
});

describe('the digest', () => {
  it('ignores what does not change the question', () => {
    const same: Partial<Scenario>[] = [
      { seed: 9 },
      { name: 'other', description: 'other' },
      { repetitions: 9 },
      { pauseSeconds: 0, drainSeconds: 9 },
      { sizes: [1000, 100, 500] },
      { targets: [...base.targets].reverse() },
      { targets: base.targets.map((target) => ({ ...target, url: 'x://y' })) },
    ];
    for (const change of same) expect(digestOf({ ...base, ...change })).toBe(digestOf(base));
  });

  it('tells every other change apart', () => {
    const changes: Partial<Scenario>[] = [
      {},
      { producers: 2 },
      { consumers: 5 },
      { messages: 1001 },
      { messages: undefined, durationSeconds: 1000 },
      { sizes: [100] },
      { guarantee: 'at-most-once' },
      { load: { kind: 'closed', inFlight: 1 } },
      { load: { kind: 'rate', perSecond: 5000 } },
      { prefetch: 1 },
      { warmupSeconds: 0 },
      { targets: base.targets.slice(1) },
      { targets: base.targets.map((target) => ({ ...target, options: { ...target.options, x: 1 } })) },
    ];
    const digests = changes.map((change) => digestOf({ ...base, ...change }));
    expect(new Set(digests).size).toBe(changes.length);
    expect(digests.every((digest) => /^[0-9a-f]{64}$/.test(digest))).toBe(true);
  });

  it('does not depend on the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: 1, c: undefined }], a: null })).toBe('{"a":null,"b":[1,{"d":1}]}');
  });
});

describe('the estimate', () => {
  it('grows with what is asked and counts a fixed rate by its clock', () => {
    const whole = estimateSeconds(planOf());
    expect(estimateSeconds(planOf({ repetitions: 6 }))).toBeGreaterThan(whole);
    expect(estimateSeconds(planOf({ messages: 1_000_000 }))).toBeGreaterThan(whole);
    const rabbit = base.targets.slice(0, 1);
    const timed = { targets: rabbit, sizes: [100], repetitions: 1, messages: undefined };
    const long = estimateSeconds(planOf({ ...timed, durationSeconds: 110 }));
    expect(long - estimateSeconds(planOf({ ...timed, durationSeconds: 10 }))).toBeCloseTo(100);
  });
});
