/** The patterns hello, fair-dispatch and confirms: how they are read, and every contradiction that they know. */
import { describe, expect, it } from 'vitest';
import { ScenarioError } from '../../src/errors.js';
import { estimateSeconds } from '../../src/scenario/estimate.js';
import { adaptersOf } from '../../src/scenario/load.js';
import { applyFlags } from '../../src/scenario/overrides.js';
import { parseScenario } from '../../src/scenario/parse.js';
import { recordOf } from '../../src/scenario/pattern.js';
import { patternSchema } from '../../src/results/pattern-schema.js';
import { definitionOf } from '../../src/scenario/pattern-schema.js';
import { buildPlan, usedTargets } from '../../src/scenario/plan.js';
import { runScenario } from '../../src/scenario/run-load.js';
import type { Scenario } from '../../src/scenario/types.js';

type Keys = Readonly<Record<string, string>>;

const textOf = (keys: Keys): string =>
  Object.entries({ name: 'a', targets: '[memory]', sizes: '[100B]', ...keys })
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
const read = (keys: Keys): Promise<Scenario> => parseScenario(textOf(keys), 'a.yaml');

async function mistakes(keys: Keys): Promise<string[]> {
  const error: unknown = await read(keys).catch((caught: unknown) => caught);
  if (!(error instanceof ScenarioError)) throw new Error(`no mistake in ${textOf(keys)}`);
  expect(error.exitCode).toBe(2);
  return error.issues.map(({ key, message, hint }) => `${key}: ${message}; ${hint}`);
}

const hello = { pattern: 'hello', messages: '3', consumers: '1' };
const fair = { pattern: '{kind: fair-dispatch, weights: {odd: 40ms, even: 1ms}}', messages: '100', consumers: '2' };
const marked = { ...fair, pattern: '{kind: fair-dispatch, weights: {each: 10ms, texts: ["a ###", "b #"]}}' };
const confirms = { pattern: 'confirms', duration: '5s' };

describe('a target', () => {
  it('is refused what its variant cannot do, and needs no server where that is all', async () => {
    const keys = { ...fair, targets: '[activemq, activemq-artemis, kafka]', prefetch: '[1, 500]' };
    const scenario = await read({ ...keys, exclude: '[{target: activemq-artemis, prefetch: 500}]' });
    const plan = buildPlan(scenario, await adaptersOf(scenario), 'auto');
    expect(plan.refused.map(({ cell, reason }) => [cell.id, reason])).toEqual([
      ['activemq-artemis/100B/prefetch=1', expect.stringContaining('by bytes')],
      ['kafka/100B/prefetch=1', expect.any(String)],
    ]);
    expect(usedTargets(plan).map(({ name }) => name)).toEqual(['activemq', 'kafka']);
  });

  it('is refused what its options do not go together with', async () => {
    const refusedOf = async (keys: Keys): Promise<string[]> => {
      const scenario = await read({ ...keys, targets: '[kafka, kafka-idempotent, kafka-acks1]' });
      return buildPlan(scenario, await adaptersOf(scenario), 'auto').refused.map(({ cell }) => cell.id);
    };
    expect(await refusedOf({ duration: '5s', guarantee: 'at-most-once' })).toEqual(['kafka-idempotent/100B']);
    expect(await refusedOf({ duration: '5s', guarantee: 'replicated' })).toEqual(['kafka-acks1/100B']);
    expect(await refusedOf({ ...confirms, pattern: '{kind: confirms, modes: [none, asynchronous]}' })).toEqual([
      'kafka-idempotent/100B/confirms=none',
    ]);
  });
});

describe('the lessons', () => {
  it.each([hello, fair, marked, confirms])('are kept in a result as they were read: $pattern', async (keys) => {
    const { pattern } = await read(keys);
    const record = recordOf(pattern);
    expect(patternSchema.parse(record)).toEqual(record);
    expect(definitionOf(pattern).text(pattern)).toMatch(pattern.kind);
  });

  it('know what their messages hold', async () => {
    const contentOf = async (keys: Keys) => {
      const scenario = await read(keys);
      const plan = buildPlan(scenario, await adaptersOf(scenario), 'auto');
      return runScenario(scenario, plan.cells[0]!).content;
    };
    expect(await contentOf(hello)).toEqual({ kind: 'texts', texts: ['Hello World!'] });
    expect(await contentOf({ ...hello, payload: 'zeros' })).toEqual({ kind: 'zeros' });
    expect(await contentOf(marked)).toEqual({ kind: 'texts', texts: ['a ###', 'b #'] });
    expect(await contentOf(fair)).toEqual({ kind: 'random' });
  });

  it('stay as long as they are in a first look, where time would make another lesson of them', async () => {
    expect(await applyFlags(await read(fair), { quick: true })).toMatchObject({
      messages: 100,
      durationSeconds: undefined,
      repetitions: 1,
    });
    expect(await applyFlags(await read(confirms), { quick: true })).toMatchObject({ durationSeconds: 2 });
  });

  it('are estimated by the work that the messages are', async () => {
    const scenario = await read({ ...fair, messages: '10_000', repetitions: '1', warmup: '0s' });
    const seconds = estimateSeconds(buildPlan(scenario, await adaptersOf(scenario), 'endpoint'));
    expect(seconds).toBeGreaterThan((10_000 * 0.0205) / 2);
  });

  it('discard no run before a hello: nobody measures it', async () => {
    const kafka = { targets: '[kafka]' };
    const runsOf = async (keys: Keys) => {
      const scenario = await read({ ...keys, ...kafka, repetitions: '1' });
      return buildPlan(scenario, await adaptersOf(scenario), 'local').runs.map((run) => run.discard);
    };
    expect(await runsOf(hello)).toEqual([false]);
    expect((await runsOf(fair))[0]).toBe(true);
  });
});

describe('what contradicts a lesson is said before anything starts', () => {
  it.each<[Keys, string]>([
    [{ ...hello, consumers: '4' }, 'consumers: hello has one consumer, not 4'],
    [{ ...hello, producers: '2' }, 'producers: hello has one producer, not 2'],
    [{ ...hello, messages: '1000' }, 'messages: hello sends a few messages and shows each; 1,000 are too many'],
    [{ pattern: 'hello', consumers: '1', duration: '5s' }, 'duration: hello sends a few messages'],
    [{ ...hello, sizes: '[50B]' }, 'sizes: a body of 50B has no room for a text of 12 bytes; at least 52B'],
    [{ ...hello, pattern: '{kind: hello, text: "a\\u0007"}' }, 'pattern.text: the text has line breaks'],
    [{ ...hello, pattern: '{kind: hello, text: " a"}' }, 'pattern.text: the text begins or ends with a space'],
    [{ ...fair, pattern: '{kind: fair-dispatch, weights: {odd: 1h, even: 1ms}}' }, 'allowed: 0s to 1m'],
    [{ ...fair, pattern: '{kind: fair-dispatch, weights: {odd: 40ms}}' }, 'pattern.weights.even: is missing'],
    [{ ...fair, pattern: '{kind: fair-dispatch}' }, 'pattern.weights: expected a map'],
    [{ ...fair, pattern: 'fair-dispatch' }, 'pattern.weights: expected a map'],
    [{ ...fair, pattern: '{kind: fair-dispatch, weights: {odd: 1s, even: 1s}}' }, 'all messages weigh the same'],
    [
      { ...fair, pattern: '{kind: fair-dispatch, weights: {odd: 1s, even: 0, mark: "#"}}' },
      'pattern.weights.mark: a weight by turn and mark exclude each other',
    ],
    [
      { ...fair, pattern: '{kind: fair-dispatch, weights: {each: 30s, texts: ["###", "#"]}}' },
      'a message weighs 1.5m; at most 1m',
    ],
    [
      { ...fair, pattern: '{kind: fair-dispatch, weights: {each: 1s, mark: "*", texts: ["###", "#"]}}' },
      'pattern.weights.mark: "*" is not valid here',
    ],
    [{ ...fair, pattern: '{kind: fair-dispatch, weights: {heavy: 1s}}' }, 'pattern.weights.heavy: is not a known key'],
    [{ ...fair, guarantee: 'at-most-once' }, 'guarantee: under at-most-once nothing is acknowledged'],
    [{ ...fair, consumers: '1' }, 'consumers: one worker shares with nobody'],
    [{ ...fair, work: 'backlog' }, 'work: with work: backlog workers do not work while messages are sent'],
    [{ ...fair, messages: '1M' }, 'messages: the work of these 1,000,000 messages takes 2 workers'],
    [
      { pattern: fair.pattern, consumers: '2', duration: '30m', load: '{rate: 5000/s}' },
      'duration: the work of these 9,000,000 messages takes 2 workers',
    ],
    [{ pattern: fair.pattern, consumers: '2', duration: '5s' }, 'duration: at full speed more work is sent'],
    [{ ...fair, pattern: '{kind: fair-dispatch, weights: {odd: 5s, even: 0}}', drain: '5s' }, 'drain: after 5s'],
    [{ ...marked, payload: 'zeros' }, 'payload: the pattern says what the messages hold'],
    [{ ...confirms, guarantee: 'at-most-once' }, 'guarantee: under at-most-once nothing is confirmed'],
    [{ ...confirms, load: '{rate: 100/s}' }, 'load: at a fixed rate nobody waits for confirms'],
    [{ ...confirms, work: 'consume' }, 'work: with work: consume nothing is measured while messages are confirmed'],
    [{ ...confirms, load: '{inFlight: 1}' }, 'load.inFlight: with 1 message in flight asynchronous is one by one'],
    [
      { ...confirms, sizes: '[1MB]', load: '{inFlight: 100}', pattern: '{kind: confirms, batch: 100000}' },
      'pattern.batch: 100,000 bodies of 1MB in flight are more than the 512MiB that a producer may hold',
    ],
    [{ ...confirms, pattern: '{kind: confirms, batch: 1}' }, 'pattern.batch: a batch of 1 is one by one'],
    [{ ...confirms, pattern: '{kind: confirms, modes: [none, sync]}' }, 'pattern.modes[1]: "sync" is not valid here'],
    [{ ...confirms, pattern: '{kind: confirms, modes: []}' }, 'pattern.modes: expected at least one of modes'],
    [{ ...confirms, pattern: '{kind: confirms, modes: [none, none]}' }, 'pattern.modes[1]: "none" stands here twice'],
  ])('%j', async (keys, message) => {
    const found = await mistakes(keys);
    expect(found.join('\n')).toContain(message);
  });
});
