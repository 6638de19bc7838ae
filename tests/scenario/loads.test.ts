/** Loads, works, destinations and late consumers in a scenario file: what they mean, and every way to get them wrong. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ScenarioError, type ScenarioIssue } from '../../src/errors.js';
import { packageRoot } from '../../src/root.js';
import { digestOf } from '../../src/scenario/digest.js';
import { estimateSeconds } from '../../src/scenario/estimate.js';
import { adaptersOf } from '../../src/scenario/load.js';
import { loadText } from '../../src/scenario/load-text.js';
import { applyFlags } from '../../src/scenario/overrides.js';
import { parseScenario } from '../../src/scenario/parse.js';
import { buildPlan } from '../../src/scenario/plan.js';
import { runScenario } from '../../src/scenario/run-load.js';
import type { Scenario } from '../../src/scenario/types.js';

const head = 'name: t\ntargets: [memory, kafka]\nsizes: [100B]\nseed: 1\n';
const parse = (rest: string): Promise<Scenario> => parseScenario(`${head}${rest}\n`, 'x.yaml');
async function issuesOf(work: Promise<unknown>): Promise<readonly ScenarioIssue[]> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return [];
  if (!(error instanceof ScenarioError)) throw error as Error;
  return error.issues;
}
const shipped = (name: string): Promise<Scenario> => {
  const file = join(packageRoot, 'scenarios', `${name}.yaml`);
  return parseScenario(readFileSync(file, 'utf8'), file);
};

describe('a load', () => {
  it.each([
    ['{}', { kind: 'closed', inFlight: 5_000 }],
    ['{rate: 2k/s}', { kind: 'rate', perSecond: 2_000 }],
    ['{rate: 2k/s, arrivals: constant}', { kind: 'rate', perSecond: 2_000 }],
    ['{rate: 2k/s, arrivals: poisson}', { kind: 'rate', perSecond: 2_000, arrivals: 'poisson' }],
    ['{ramp: {from: 500/s, to: 1/s, over: 5s}}', { kind: 'ramp', fromPerSecond: 500, toPerSecond: 1, overSeconds: 5 }],
    [
      '{bursts: {rate: 5k/s, on: 1s, off: 500ms}, arrivals: poisson}',
      { kind: 'bursts', perSecond: 5_000, onSeconds: 1, offSeconds: 0.5, arrivals: 'poisson' },
    ],
    ['{rates: [5/s, 10/s]}', { kind: 'walk', ratesPerSecond: [5, 10] }],
  ])('%s', async (load, meaning) => {
    const scenario = await parse(`duration: 10s\nload: ${load}`);
    expect(scenario.load).toEqual(meaning);
    expect(loadText(scenario.load)).not.toContain('undefined');
  });

  it('leaves the digest of what could be said before as it was', async () => {
    const plain = await parse('duration: 10s\nload: {rate: 5/s}');
    const same = await parse('duration: 10s\nload: {rate: 5/s, arrivals: constant}\nwork: transfer\ndestinations: 1');
    expect(digestOf(same)).toBe(digestOf(plain));
    for (const other of ['load: {rate: 5/s, arrivals: poisson}', 'load: {rate: 5/s}\nwork: backlog'])
      expect(digestOf(await parse(`duration: 10s\n${other}`))).not.toBe(digestOf(plain));
  });
});

describe('mistakes', () => {
  it.each([
    // rest of the file, line, key, message
    ['duration: 9s\nload: {rate: 5/s, ramp: {from: 1/s, to: 2/s, over: 1s}}', 6, 'load.ramp', /rate and ramp exclude/],
    ['duration: 9s\nload: {rates: [1/s, 2/s], bursts: {rate: 1/s, on: 1s, off: 1s}}', 6, 'load.rates', /exclude/],
    ['duration: 9s\nload: {mode: full-speed, rates: [1/s, 2/s]}', 6, 'load.mode', /full speed and rates exclude/],
    ['duration: 9s\nload: {inFlight: 5, ramp: {from: 1/s, to: 2/s, over: 1s}}', 6, 'load.inFlight', /no window/],
    ['duration: 9s\nload: {arrivals: poisson}', 6, 'load.arrivals', /full speed has no arrivals/],
    ['duration: 9s\nload: {rate: 5/s, arrivals: poison}', 6, 'load.arrivals', /"poison" is not valid here/],
    ['duration: 9s\nload:\n  ramp:\n    form: 1/s', 8, 'load.ramp.form', /not a known key/],
    ['duration: 9s\nload:\n  ramp:\n    from: 1', 8, 'load.ramp.from', /has no unit/],
    ['duration: 9s\nload: {ramp: {from: 1/s, to: 5/s}}', 6, 'load.ramp.over', /got nothing/],
    ['duration: 9s\nload: {ramp: {from: 5/s, to: 5/s, over: 1s}}', 6, 'load.ramp.to', /ends at the rate where/],
    ['duration: 9s\nload: {ramp: [1/s, 2/s]}', 6, 'load.ramp', /expected a map, got a list/],
    ['duration: 9s\nload: {bursts: {rate: 5/s, on: 0, off: 1s}}', 6, 'load.bursts.on', /too small/],
    ['duration: 9s\nload: {rates: [5/s]}', 6, 'load.rates', /at least/],
    ['duration: 9s\nload: {rates: 5/s}', 6, 'load.rates', /expected a list of rates/],
    ['duration: 9s\nload: {rates: [5/s, 5/s]}', 6, 'load.rates[1]', /stands here twice/],
    ['duration: 9s\nload: {rates: [10/s, 5/s]}', 6, 'load.rates[1]', /5\/s stands after 10\/s/],
    ['duration: 9s\nload: {rates: [-1/s, 5/s]}', 6, 'load.rates[0]', /too small/],
    ['messages: 10\nload: {rates: [5/s, 10/s]}', 5, 'messages', /walk over rates is measured by time/],
    ['duration: 9s\nload: {ramp: {from: 1/s, to: 5/s, over: 10s}}', 5, 'duration', /before the ramp of 10s/],
    ['messages: 29\nload: {ramp: {from: 1/s, to: 5/s, over: 10s}}', 5, 'messages', /29 messages end before/],
    ['duration: 9s\nload: {bursts: {rate: 1/s, on: 5s, off: 5s}}', 5, 'duration', /before a burst and its rest/],
    ['duration: 9s\nwork: sleep', 6, 'work', /not valid here/],
    ['duration: 9s\nwork: consume\nload: {rate: 5/s}', 7, 'load', /nothing is measured while the queue is filled/],
    ['duration: 9s\nwork: produce\nload: {rates: [5/s, 10/s]}', 7, 'load', /do not work together/],
    ['duration: 9s\ndestinations: 3', 6, 'destinations', /4 consumers cannot be spread/],
    ['duration: 9s\nproducers: 3\ndestinations: 2', 7, 'destinations', /3 producers cannot be spread/],
    ['duration: 9s\ndestinations: 0', 6, 'destinations', /too small/],
    ['duration: 9s\nlateConsumers: {count: 4, after: 1s}', 6, 'lateConsumers.count', /none from the start/],
    ['duration: 9s\nlateConsumers: {count: 1, after: 9s}', 6, 'lateConsumers.after', /the run of 9s is over/],
    ['duration: 9s\nlateConsumers: {count: 1}', 6, 'lateConsumers.after', /got nothing/],
    ['duration: 9s\nlateConsumers: {cuont: 1, after: 1s}', 6, 'lateConsumers.cuont', /not a known key/],
    ['duration: 9s\nlateConsumers: 2', 6, 'lateConsumers', /expected a map/],
    ['duration: 9s\nwork: backlog\nlateConsumers: {count: 1, after: 1s}', 7, 'lateConsumers', /all consumers start/],
  ])('%j', async (rest, line, key, message) => {
    const found = (await issuesOf(parse(rest))).find((issue) => issue.key === key && message.test(issue.message));
    expect(found, `${key}: ${message}`).toBeDefined();
    expect(found!.line).toBe(line);
    expect(found!.hint).not.toBe('');
  });

  it('are all reported at once, with the nearest key', async () => {
    const issues = await issuesOf(
      parse('duration: 9s\nwork: consume\ndestinations: 3\nload:\n  rate: 5/s\nlateConsumers: {count: 9, after: 1h}'),
    );
    expect(issues.map(({ key }) => key)).toEqual([
      'destinations',
      'load',
      'lateConsumers',
      'lateConsumers.count',
      'lateConsumers.after',
    ]);
    const inRamp = await issuesOf(parse('duration: 9s\nload:\n  ramp: {form: 1/s, to: 2/s, over: 1s}'));
    expect(inRamp.find(({ key }) => key === 'load.ramp.form')?.hint).toBe('did you mean "from"?');
  });

  it('that flags make of a good file are refused too', async () => {
    const walk = await shipped('rate-latency');
    expect(await issuesOf(applyFlags(walk, { messages: '10' }))).toMatchObject([{ key: 'messages' }]);
    const backlog = await parse('messages: 10\nwork: consume');
    expect(await issuesOf(applyFlags(backlog, { rate: '5/s' }))).toMatchObject([{ key: 'load' }]);
    const late = await shipped('late-consumer');
    expect(await issuesOf(applyFlags(late, { consumers: ['1'] }))).toMatchObject([{ key: 'lateConsumers.count' }]);
  });
});

describe('--quick', () => {
  it.each([
    'load: {ramp: {from: 1/s, to: 5/s, over: 60s}}',
    'load: {bursts: {rate: 5/s, on: 5s, off: 5s}}',
    'lateConsumers: {count: 1, after: 30s}',
    'load: {rates: [5/s, 10/s]}',
    'work: consume',
  ])('makes a first look of %s that holds together', async (rest) => {
    const quick = await applyFlags(await parse(`duration: 90s\n${rest}`), { quick: true });
    expect(quick.durationSeconds).toBeLessThanOrEqual(10);
    expect(quick.repetitions).toBe(1);
  });
});

describe('a walk over rates', () => {
  it('climbs in every repetition, all targets together, each rate with a load of its own', async () => {
    const scenario = await parse('duration: 1s\nrepetitions: 2\nload: {rates: [5/s, 10/s, 20/s], arrivals: poisson}');
    const plan = buildPlan(scenario, await adaptersOf(scenario), 'endpoint');
    expect(plan.cells.map(({ id }) => id)).toEqual(
      ['memory', 'kafka'].flatMap((target) => [5, 10, 20].map((rate) => `${target}/100B@${rate}`)),
    );
    expect(plan.runs.map(({ cell, repetition }) => [repetition, cell.ratePerSecond])).toEqual(
      [1, 2].flatMap((repetition) => [5, 5, 10, 10, 20, 20].map((rate) => [repetition, rate])),
    );
    const run = runScenario(scenario, plan.runs[2]!.cell);
    expect(run).toMatchObject({ walking: true, load: { kind: 'rate', perSecond: 10, arrivals: 'poisson' } });
    expect(estimateSeconds(plan)).toBeGreaterThan(plan.runs.length);
  });
});

describe('the shipped scenarios', () => {
  it('are what their names say', async () => {
    expect((await shipped('rate-latency')).load).toMatchObject({ kind: 'walk', arrivals: 'poisson' });
    expect(await shipped('soak')).toMatchObject({ durationSeconds: 3_600, repetitions: 1 });
    expect(await shipped('backlog')).toMatchObject({ work: 'backlog', messages: 100_000 });
    expect((await shipped('late-consumer')).lateConsumers).toEqual({ count: 1, afterSeconds: 10 });
  });
});
