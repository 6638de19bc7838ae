import { describe, expect, it } from 'vitest';
import { ScenarioError } from '../../src/errors.js';
import { applyFlags, firstLookMark, type ScenarioFlags } from '../../src/scenario/overrides.js';
import { parseScenario } from '../../src/scenario/parse.js';

const scenario = await parseScenario(
  `name: t
description: What it is.
targets:
  - rabbitmq
  - {name: kafka-big, base: kafka, options: {batchSize: 5000}}
sizes: [100B]
messages: 1000
seed: 7
`,
  't.yaml',
);

async function mistakesIn(flags: ScenarioFlags): Promise<(string | undefined)[][]> {
  const error: unknown = await applyFlags(scenario, flags).catch((reason: unknown) => reason);
  if (!(error instanceof ScenarioError)) throw new Error('the flags were taken');
  expect(error.exitCode).toBe(2);
  return error.issues.map(({ key, message, hint }) => [key, message, hint]);
}

describe('flags', () => {
  it('change nothing when there are none', async () => expect(await applyFlags(scenario, {})).toEqual(scenario));

  it('each change what they name', async () => {
    const changed = await applyFlags(scenario, {
      size: ['0.1KB,1KiB', '2MB'],
      messages: '20k',
      producers: ['2'],
      consumers: ['8'],
      repetitions: '5',
      rate: '2k/s',
      guarantee: ['at-most-once'],
      warmup: '500ms',
      seed: '99',
    });
    expect(changed).toEqual({
      ...scenario,
      sizes: [100, 1024, 2_000_000],
      messages: 20_000,
      producers: 2,
      consumers: 8,
      repetitions: 5,
      load: { kind: 'rate', perSecond: 2000 },
      guarantee: 'at-most-once',
      warmupSeconds: 0.5,
      seed: 99,
    });
  });

  it('--duration replaces messages and --messages replaces duration', async () => {
    const timed = await applyFlags(scenario, { duration: '30s' });
    expect(timed).toMatchObject({ messages: undefined, durationSeconds: 30 });
    expect(await applyFlags(timed, { messages: '5' })).toMatchObject({ messages: 5, durationSeconds: undefined });
  });

  it('--target chooses variants of the scenario and adds built-ins', async () => {
    const { targets } = await applyFlags(scenario, { target: ['kafka-big,activemq', 'kafka'] });
    expect(targets.map(({ name, adapter }) => [name, adapter])).toEqual([
      ['kafka-big', 'kafka'],
      ['activemq', 'stomp'],
      ['kafka', 'kafka'],
    ]);
    expect(targets[0]?.options).toMatchObject({ batchSize: 5000 });
    expect(targets[2]?.options).toMatchObject({ batchSize: 1000 });
  });

  it('--quick is one short repetition that says so, and other flags win over it', async () => {
    const quick = await applyFlags(scenario, { quick: true });
    expect(quick).toMatchObject({ repetitions: 1, messages: undefined, warmupSeconds: 1, pauseSeconds: 0 });
    expect(quick.durationSeconds).toBeGreaterThanOrEqual(2);
    expect(quick.load).toEqual({ kind: 'closed', inFlight: 2_000 });
    expect(quick.description).toBe(`${firstLookMark} What it is.`);
    expect(await applyFlags(scenario, { quick: true, messages: '7', repetitions: '2', warmup: '2s' })).toMatchObject({
      messages: 7,
      durationSeconds: undefined,
      repetitions: 2,
      warmupSeconds: 2,
    });
  });

  it('report every mistake at once, by the name of the flag', async () => {
    expect(
      await mistakesIn({
        target: ['rabitmq', 'kafka-bigg'],
        size: ['10B,1KB', '1KB'],
        messages: '0',
        duration: '8d',
        consumers: ['four'],
        rate: '5',
        guarantee: ['replicate'],
        seed: '-1',
      }),
    ).toEqual([
      ['--duration', '--messages and --duration exclude each other', 'keep one of them'],
      ['--size', '"10B" is too small', expect.any(String)],
      ['--size', '"1KB" stands here twice', undefined],
      ['--messages', '"0" is too small', 'allowed: 1 to 1,000,000,000'],
      ['--duration', '"8d" is too large', 'allowed: 1s to 7d'],
      ['--consumers', '"four" is not a whole number', expect.any(String)],
      ['--rate', '"5" has no unit', 'write for example 5/s'],
      ['--guarantee', '"replicate" is not valid here', 'did you mean "replicated"?'],
      ['--seed', '"-1" is too small', 'allowed: 0 to 4,294,967,295'],
      ['--target', 'there is no target "rabitmq"', 'did you mean "rabbitmq"?'],
      ['--target', 'there is no target "kafka-bigg"', 'did you mean "kafka-big"?'],
    ]);
  });
});
