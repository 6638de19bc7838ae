/** Lists of loads, payloads, weights and options: what stands in a cell is a word for a map. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readUrls } from '../../src/commands/run-flags.js';
import { ScenarioError } from '../../src/errors.js';
import { loadKey, payloadKey, weightsKey } from '../../src/scenario/axis-keys.js';
import { firstCellOnly } from '../../src/scenario/cells.js';
import { adaptersOf } from '../../src/scenario/load.js';
import { scenarioJsonSchema } from '../../src/scenario/json-schema.js';
import { applyFlags, type ScenarioFlags } from '../../src/scenario/overrides.js';
import { parseScenario } from '../../src/scenario/parse.js';
import { buildPlan } from '../../src/scenario/plan.js';
import { runScenario } from '../../src/scenario/run-load.js';
import type { Plan, Scenario } from '../../src/scenario/types.js';
import { namedServer } from '../../src/servers/endpoint/index.js';

const head = 'name: t\ntargets: [kafka]\nsizes: [100B]\nmessages: 1000\nseed: 1\n';
const read = (text: string): Promise<Scenario> => parseScenario(head + text, 't.yaml');
const withTargets = (targets: string, text = ''): Promise<Scenario> =>
  parseScenario(head.replace('targets: [kafka]', `targets:\n${targets}`) + text, 't.yaml');
const plan = async (scenario: Scenario): Promise<Plan> => buildPlan(scenario, await adaptersOf(scenario), 'auto');
const idsOf = async (scenario: Scenario | Promise<Scenario>): Promise<string[]> =>
  (await plan(await scenario)).cells.map(({ id }) => id);
const digestOf = async (text: string): Promise<string> => (await plan(await read(text))).digest;

async function mistakes(reading: Promise<Scenario>, flags: ScenarioFlags = {}): Promise<string[]> {
  try {
    await applyFlags(await reading, flags);
  } catch (error) {
    if (error instanceof ScenarioError)
      return error.issues.map(({ line, key, message }) => `${line === undefined ? '' : `${line} `}${key}: ${message}`);
    throw error;
  }
  return [];
}

const weighed = (weights: string, more = ''): string => `pattern: {kind: fair-dispatch, weights: ${weights}}\n${more}`;

describe('words', () => {
  it('say what they stand for, and are the same for the same', () => {
    expect(loadKey({ kind: 'closed', inFlight: 5000 })).toBe('in-flight-5000');
    expect(loadKey({ kind: 'rate', perSecond: 2000, arrivals: 'poisson' })).toBe('2000-per-second-poisson');
    expect(loadKey({ kind: 'ramp', fromPerSecond: 1, toPerSecond: 2, overSeconds: 60 })).toBe(
      '1-to-2-per-second-in-1m',
    );
    expect(loadKey({ kind: 'bursts', perSecond: 9, onSeconds: 0.5, offSeconds: 4 })).toBe(
      '9-per-second-500ms-on-4s-off',
    );
    expect(weightsKey({ by: 'turn', oddSeconds: 0.08, evenSeconds: 0.0005 })).toBe('odd-80ms-even-0.0005s');
    expect(payloadKey({ kind: 'json', template: '{"a": ${a}, "b": 1}', values: { a: ['x'] } })).toMatch(
      /^json-[0-9a-f]{8}$/,
    );
    const texts = (text: string) => weightsKey({ by: 'marks', mark: '#', eachSeconds: 0.02, texts: ['#', text] });
    expect(texts('##')).toMatch(/^20ms-per-mark-/);
    expect(texts('##')).not.toBe(texts('###'));
  });
});

describe('a list of loads', () => {
  const loads = 'load: [{inFlight: 100}, {rate: 2000/s}, {rate: 2000/s, arrivals: poisson}]\n';

  it('makes a cell of each, which runs with its own', async () => {
    const scenario = await read(loads);
    const { cells } = await plan(scenario);
    expect(cells.map(({ id }) => id)).toEqual([
      'kafka/100B/load=in-flight-100',
      'kafka/100B/load=2000-per-second',
      'kafka/100B/load=2000-per-second-poisson',
    ]);
    expect(cells.map((cell) => runScenario(scenario, cell).load)).toEqual([
      { kind: 'closed', inFlight: 100 },
      { kind: 'rate', perSecond: 2000 },
      { kind: 'rate', perSecond: 2000, arrivals: 'poisson' },
    ]);
  });

  it('of one is that load', async () => {
    expect(await digestOf('load: [{rate: 5/s}]')).toBe(await digestOf('load: {rate: 5/s}'));
  });

  it('has a digest that follows from its values and not from their order', async () => {
    const [a, b] = ['{rate: 5/s}', '{rate: 9/s}'];
    expect(await digestOf(`load: [${a}, ${b}]`)).toBe(await digestOf(`load: [${b}, ${a}]`));
    expect(await digestOf(`load: [${a}, ${b}]`)).not.toBe(await digestOf(`load: [${a}, {rate: 8/s}]`));
  });

  it('is excluded and included by value', async () => {
    expect(await idsOf(read(`${loads}exclude: [{load: {rate: 2000/s}}]`))).toHaveLength(2);
    const scenario = await read('load: {inFlight: 100}\ninclude: [{load: {rate: 7/s}, consumers: 2}]');
    const { cells } = await plan(scenario);
    expect(cells.map(({ id }) => id)).toEqual([
      'kafka/100B/consumers=4,load=in-flight-100',
      'kafka/100B/consumers=2,load=7-per-second',
    ]);
    expect(runScenario(scenario, cells[1]!)).toMatchObject({ consumers: 2, load: { kind: 'rate', perSecond: 7 } });
  });

  it('gives way to a flag, and with it included cells that name a load', async () => {
    const text = 'load: [{inFlight: 1}, {inFlight: 2}]\ninclude: [{load: {rate: 7/s}}]';
    const scenario = await applyFlags(await read(text), { rate: '9/s' });
    expect(await idsOf(scenario)).toEqual(['kafka/100B']);
    expect(scenario.load).toEqual({ kind: 'rate', perSecond: 9 });
  });

  it('is hurried by a first look, whatever its cells are called', async () => {
    const text = 'load: [{ramp: {from: 1/s, to: 9/s, over: 20s}}, {bursts: {rate: 5/s, on: 1s, off: 4s}}]';
    const scenario = await applyFlags(
      await parseScenario(`${head.replace('messages: 1000', 'duration: 30s')}${text}`, 't.yaml'),
      { quick: true },
    );
    const [ramp] = (await plan(scenario)).cells;
    expect(scenario.durationSeconds).toBe(5);
    expect(runScenario(scenario, ramp!).load).toMatchObject({ kind: 'ramp', overSeconds: 2 });
  });

  it('lets a gate measure the first', async () => {
    const scenario = firstCellOnly(await read(loads));
    const { cells } = await plan(scenario);
    expect(cells.map(({ id }) => id)).toEqual(['kafka/100B/load=in-flight-100']);
    expect(runScenario(scenario, cells[0]!).load).toEqual({ kind: 'closed', inFlight: 100 });
  });

  it.each([
    [
      'load: [{rates: [1/s, 2/s]}, {rate: 5/s}]',
      '6 load[0].rates: a walk over rates makes a cell of each by itself and stands alone',
    ],
    ['load:\n  - {rate: 5/s}\n  - {rat: 5/s}', '8 load[1].rat: is not a known key'],
    ['load: [{rate: 5/s}, {rate: 5/s}]', '6 load[1]: "5-per-second" stands here twice'],
    ['load: []', '6 load: expected at least one of loads'],
  ])('with a mistake: %s', async (text, message) => expect(await mistakes(read(text))).toEqual([message]));

  it('may contradict the rest in one of its cells', async () => {
    const text = `${head.replace('100B', '1MB')}load: [{rate: 5/s}, {inFlight: 1M}]`;
    expect(await mistakes(parseScenario(text, 't.yaml'))).toEqual([
      expect.stringMatching(/^6 load\.inFlight: 1,000,000 bodies of 1MB in flight/),
    ]);
  });

  it('does not go with a walk that an included cell has left', async () => {
    const walk = `${head.replace('messages: 1000', 'duration: 5s')}load: {rates: [1/s, 2/s]}\n`;
    expect(await mistakes(parseScenario(`${walk}include: [{load: {rate: 5/s}}]`, 't.yaml'))).toEqual([
      '7 include[0].load: the cells of a walk over rates have a rate and no load',
    ]);
  });
});

describe('a list of payloads', () => {
  it('makes a cell of each, which has its own bodies', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-axes-'));
    writeFileSync(join(folder, 'orders.bin'), 'orders');
    const json = '{json: {template: \'{"a": ${a}}\', values: {a: [x]}}}';
    const text = `${head}payload: [random, ${json}, {file: orders.bin}]\nexclude: [{payload: random, target: kafka}]`;
    const scenario = await parseScenario(text, join(folder, 't.yaml'));
    rmSync(folder, { recursive: true });
    const { cells } = await plan(scenario);
    expect(cells.map(({ id }) => id)).toEqual([
      expect.stringMatching(/^kafka\/100B\/payload=json-/),
      expect.stringMatching(/^kafka\/100B\/payload=file-/),
    ]);
    expect(cells.map((cell) => runScenario(scenario, cell).content.kind)).toEqual(['json', 'file']);
    expect(await digestOf('payload: [zeros, text]')).toBe(await digestOf('payload: [text, zeros]'));
    expect(await digestOf('payload: [zeros, text]')).not.toBe(await digestOf('payload: zeros'));
  });

  it('looks at the documents of the cells that have them', async () => {
    const json = '{json: {template: \'{"a": ${a}}\', values: {a: [xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]}}}';
    const small = head.replace('100B', '60B, 1KB');
    const text = `${small}payload: [zeros, ${json}]\n`;
    expect(await mistakes(parseScenario(text, 't.yaml'))).toEqual([
      expect.stringMatching(/^3 sizes\[0\]: the template's longest document does not fit/),
    ]);
    expect(await mistakes(parseScenario(`${text}exclude: [{payload: ${json}, size: 60B}]`, 't.yaml'))).toEqual([]);
  });

  it.each([
    ['payload: [random, zero]', '6 payload[1]: "zero" is not valid here'],
    ['payload: [zeros, zeros]', '6 payload[1]: "zeros" stands here twice'],
    ['payload:\n  - zeros\n  - {file: nowhere.bin}', '8 payload[1].file: '],
    ['payload: {file: nowhere.bin}', '6 payload.file: '],
    ['payload:\n  - zeros\n  - {jsn: 1}', '8 payload[1].jsn: is not a known key'],
    ['exclude: [{payload: text}]', '6 exclude[0]: no cell is like that, so nothing is excluded'],
  ])('with a mistake: %s', async (text, message) =>
    expect(await mistakes(read(text))).toContainEqual(expect.stringContaining(message)),
  );
});

describe('a list of weights', () => {
  const turns = '[{odd: 80ms, even: 5ms}, {odd: 40ms, even: 20ms}]';
  const patterned = (text: string): Promise<Scenario> =>
    parseScenario(`${head.replace('kafka', 'rabbitmq')}${text}`, 't.yaml');

  it('makes a cell of each, whose messages weigh so much', async () => {
    const scenario = await patterned(weighed(turns));
    const { cells } = await plan(scenario);
    expect(cells.map(({ id }) => id)).toEqual([
      'rabbitmq/100B/weights=odd-80ms-even-5ms',
      'rabbitmq/100B/weights=odd-40ms-even-20ms',
    ]);
    expect(cells.map((cell) => runScenario(scenario, cell).weights)).toEqual([
      { by: 'turn', oddSeconds: 0.08, evenSeconds: 0.005 },
      { by: 'turn', oddSeconds: 0.04, evenSeconds: 0.02 },
    ]);
    expect(await idsOf(firstCellOnly(scenario))).toEqual(['rabbitmq/100B/weights=odd-80ms-even-5ms']);
  });

  it('has a digest without order, and is excluded by value', async () => {
    const other = '[{odd: 40ms, even: 20ms}, {odd: 80ms, even: 5ms}]';
    const digest = async (weights: string) => (await plan(await patterned(weighed(weights)))).digest;
    expect(await digest(turns)).toBe(await digest(other));
    expect(await digest(turns)).not.toBe(await digest('{odd: 80ms, even: 5ms}'));
    expect(await idsOf(patterned(weighed(turns, 'exclude: [{weights: {odd: 80ms, even: 5ms}}]')))).toEqual([
      'rabbitmq/100B/weights=odd-40ms-even-20ms',
    ]);
  });

  it('is judged weight by weight', async () => {
    // 1,000 messages, 500 of them of a minute, on 4 workers: 2 hours.
    expect(await mistakes(patterned(weighed('[{odd: 1ms, even: 2ms}, {odd: 59s, even: 1ms}]')))).toEqual([
      expect.stringMatching(/^4 messages: the work of these 1,000 messages takes 4 workers/),
    ]);
    expect(await mistakes(patterned(weighed(turns, 'include: [{weights: {odd: 1s, even: 2s}}]')))).toEqual([
      '7 include[0].weights: no such weights are among those that the pattern fair-dispatch lists',
    ]);
    expect(await mistakes(patterned(weighed('[{odd: 1ms, evn: 2ms}, {odd: 9ms, even: 1ms}]')))).toContain(
      '6 pattern.weights[0].evn: is not a known key',
    );
  });
});

describe('options of a target that hold lists', () => {
  const queues = '  - {name: rabbit, base: rabbitmq, options: {queueType: [classic, quorum]}}\n';

  it('are a target for each value, named after it', async () => {
    const scenario = await withTargets(queues);
    expect(scenario.targets.map(({ name, options }) => [name, options['queueType']])).toEqual([
      ['rabbit-queueType-classic', 'classic'],
      ['rabbit-queueType-quorum', 'quorum'],
    ]);
    expect(await idsOf(scenario)).toEqual(['rabbit-queueType-classic/100B', 'rabbit-queueType-quorum/100B']);
  });

  it('are every combination of several', async () => {
    const scenario = await withTargets(
      '  - {name: k, base: kafka, options: {batchSize: [200, 2000], lingerMs: [0, 5]}}\n',
    );
    expect(scenario.targets.map(({ name }) => name)).toEqual([
      'k-batchSize-200-lingerMs-0',
      'k-batchSize-200-lingerMs-5',
      'k-batchSize-2000-lingerMs-0',
      'k-batchSize-2000-lingerMs-5',
    ]);
  });

  it('of one value are that value', async () => {
    const [target] = (await withTargets('  - {name: rabbit, base: rabbitmq, options: {queueType: [quorum]}}\n'))
      .targets;
    expect(target).toMatchObject({ name: 'rabbit', options: { queueType: 'quorum' } });
  });

  it('are meant all by the name in the file, and one by its own', async () => {
    const text = 'sizes: [100B, 1KB]\nexclude: [{target: rabbit, size: 1KB}]';
    const two = head.replace('targets: [kafka]', `targets:\n${queues}  - kafka`).replace('sizes: [100B]\n', '');
    const scenario = await parseScenario(`${two}${text}`, 't.yaml');
    expect(await idsOf(scenario)).toEqual([
      'rabbit-queueType-classic/100B',
      'rabbit-queueType-quorum/100B',
      'kafka/100B',
      'kafka/1KB',
    ]);
    const chosen = async (target: string) => idsOf(applyFlags(scenario, { target: [target] }));
    expect(await chosen('rabbit')).toEqual(['rabbit-queueType-classic/100B', 'rabbit-queueType-quorum/100B']);
    expect(await chosen('rabbit-queueType-quorum')).toEqual(['rabbit-queueType-quorum/100B']);
  });

  it('have one server, whose address is named once', async () => {
    const { targets } = await withTargets(queues);
    expect(readUrls(['rabbit=amqp://host:1'], { targets }, 'auto').get('rabbit')).toBe('amqp://host:1');
    const url = (env: Record<string, string>) => targets.map((target) => namedServer(target, env)?.endpoint.url);
    expect(url({ MQBENCH_RABBIT_URL: 'amqp://host:1' })).toEqual(['amqp://host:1', 'amqp://host:1']);
    expect(url({ MQBENCH_RABBIT_QUEUETYPE_QUORUM_URL: 'amqp://host:2' })).toEqual([undefined, 'amqp://host:2']);
  });

  it.each([
    ['{queueType: [classic, quorm]}', '3 targets[0].options.queueType[1]: '],
    ['{queueType: []}', '3 targets[0].options.queueType: a list here makes a target of each value, and has 0'],
    ['{queueType: [classic, classic]}', '3 targets[0].options.queueType[1]: "classic" stands here twice'],
    ['{queueType: [classic, {a: 1}]}', '3 targets[0].options.queueType[1]: expected a word, a number, true or false'],
    ['{queueTyp: [classic, quorum]}', '3 targets[0].options.queueTyp: is not a known key'],
  ])('with a mistake: %s', async (options, message) => {
    const found = await mistakes(withTargets(`  - {name: rabbit, base: rabbitmq, options: ${options}}\n`));
    expect(found).toEqual([expect.stringContaining(message)]);
  });

  it('make no name that is there already', async () => {
    expect(await mistakes(withTargets(`${queues}  - {name: rabbit-queueType-quorum, base: rabbitmq}\n`))).toEqual([
      expect.stringContaining('targets[1]: '),
    ]);
  });
});

it.each([
  ['repetitions: [1, 2]', 'lists make cells in targets, sizes, producers'],
  ['seed: [1, 2]', 'lists make cells in'],
  ['name: [a]', 'lists make cells in'],
  ['pattern: [work-queue, rpc]', 'write a scenario for each'],
  ['work: [transfer, produce]', 'write a scenario for each'],
  ['messages: [1, 2]', 'write a scenario for each'],
])('a key that holds one value says so: %s', async (text, hint) => {
  const [key = ''] = text.split(':');
  const rest = head.split('\n').filter((line) => !line.startsWith(`${key}:`));
  const error = await parseScenario([...rest, text].join('\n'), 't.yaml').catch((thrown: unknown) => thrown);
  expect((error as ScenarioError).issues).toEqual([
    expect.objectContaining({
      key,
      line: expect.any(Number) as number,
      message: 'holds one value for all cells, and here is a list',
      hint: expect.stringContaining(hint) as string,
    }),
  ]);
});

it('the JSON Schema takes a list of each, and no walk in one', () => {
  const { properties = {} } = scenarioJsonSchema();
  for (const key of ['load', 'payload'])
    expect((properties[key] as { anyOf: object[] }).anyOf).toContainEqual(
      expect.objectContaining({ type: 'array', uniqueItems: true }),
    );
  const [one, several] = (properties['load'] as { anyOf: { properties?: object; items?: { properties: object } }[] })
    .anyOf;
  expect(Object.keys(one?.properties ?? {})).toContain('rates');
  expect(Object.keys(several?.items?.properties ?? {})).toEqual(expect.arrayContaining(['rate', 'inFlight']));
  expect(Object.keys(several?.items?.properties ?? {})).not.toContain('rates');
});
