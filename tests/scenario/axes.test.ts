/** Lists of values that become axes, and the cells that a scenario includes and excludes. */
import { describe, expect, it } from 'vitest';
import { ScenarioError } from '../../src/errors.js';
import { firstCellOnly } from '../../src/scenario/cells.js';
import { adaptersOf } from '../../src/scenario/load.js';
import { applyFlags, type ScenarioFlags } from '../../src/scenario/overrides.js';
import { parseScenario } from '../../src/scenario/parse.js';
import { buildPlan } from '../../src/scenario/plan.js';
import { runScenario } from '../../src/scenario/run-load.js';
import type { Plan, Scenario } from '../../src/scenario/types.js';

const head = 'name: t\ntargets: [rabbitmq, kafka]\nsizes: [100B]\nmessages: 1000\nseed: 1\n';
const read = (text: string): Promise<Scenario> => parseScenario(head + text, 't.yaml');
const plan = async (scenario: Scenario): Promise<Plan> => buildPlan(scenario, await adaptersOf(scenario), 'auto');
const idsOf = async (scenario: Scenario | Promise<Scenario>): Promise<string[]> =>
  (await plan(await scenario)).cells.map(({ id }) => id);

async function mistakes(text: string, flags: ScenarioFlags = {}): Promise<string[]> {
  try {
    await applyFlags(await read(text), flags);
  } catch (error) {
    if (error instanceof ScenarioError) return error.issues.map(({ key, message }) => `${key}: ${message}`);
    throw error;
  }
  return [];
}

describe('a list', () => {
  it('of one value is that value: the ids say nothing of it', async () => {
    const scenario = await read('consumers: [2]\nprefetch: 7');
    expect(scenario).toMatchObject({ consumers: 2, prefetch: 7 });
    expect(await idsOf(scenario)).toEqual(['rabbitmq/100B', 'kafka/100B']);
  });

  it('makes a cell of each value, and of every combination of values', async () => {
    expect(await idsOf(read('prefetch: [1, 200]\nconsumers: [1, 4]'))).toEqual(
      ['rabbitmq', 'kafka'].flatMap((target) =>
        [
          'consumers=1,prefetch=1',
          'consumers=1,prefetch=200',
          'consumers=4,prefetch=1',
          'consumers=4,prefetch=200',
        ].map((axes) => `${target}/100B/${axes}`),
      ),
    );
  });

  it('of batches makes a cell of each where messages are confirmed by the batch', async () => {
    const confirms = 'pattern: {kind: confirms, modes: [none, batches, asynchronous], batch: [10, 500]}\ntargets: ';
    const scenario = await parseScenario(head.replace('targets: ', confirms), 't.yaml');
    const { cells } = await plan(scenario);
    expect(cells.filter(({ target }) => target === 'kafka').map(({ id }) => id)).toEqual([
      'kafka/100B/confirms=none',
      'kafka/100B/confirms=batches,batch=10',
      'kafka/100B/confirms=batches,batch=500',
      'kafka/100B/confirms=asynchronous',
    ]);
    expect(cells.map((cell) => runScenario(scenario, cell).publishing?.group)).toEqual(
      [0, 1].flatMap(() => [undefined, 10, 500, undefined]),
    );
    const pattern = (rest: string) => head.replace('targets: ', `pattern: {kind: confirms, ${rest}}\ntargets: `);
    await expect(parseScenario(pattern('modes: [none], batch: [10, 20]'), 't.yaml')).rejects.toThrow();
    await expect(parseScenario(pattern('modes: [batches], batch: [10, 1]'), 't.yaml')).rejects.toThrow();
    // One value is no axis, as everywhere.
    expect((await parseScenario(pattern('modes: [batches], batch: [10]'), 't.yaml')).pattern).toEqual({
      kind: 'confirms',
      modes: ['batches'],
      batch: 10,
    });
  });

  it('is what the runs of its cells get', async () => {
    const scenario = await read('producers: [1, 2]\nguarantee: [at-most-once, at-least-once]\nprefetch: 9');
    const { cells, runs } = await plan(scenario);
    for (const cell of cells)
      expect(runScenario(scenario, cell)).toMatchObject({ ...cell.axes, prefetch: 9, consumers: 4 });
    expect(new Set(runs.map(({ cell }) => cell.axes?.guarantee))).toEqual(new Set(['at-most-once', 'at-least-once']));
  });

  it('refuses what a target cannot do cell by cell', async () => {
    const { cells, refused } = await plan(
      await parseScenario(
        'name: t\ntargets: [activemq]\nsizes: [100B]\nmessages: 9\nguarantee: [at-least-once, replicated]',
        't.yaml',
      ),
    );
    expect(cells.map(({ id }) => id)).toEqual(['activemq/100B/guarantee=at-least-once']);
    expect(refused.map(({ cell }) => cell.id)).toEqual(['activemq/100B/guarantee=replicated']);
  });

  it('goes with a walk over rates, which climbs in each combination', async () => {
    const text = head.replace('messages: 1000', 'duration: 2s') + 'load: {rates: [10/s, 20/s]}\nprefetch: [1, 2]';
    expect((await idsOf(parseScenario(text, 't.yaml'))).slice(0, 4)).toEqual([
      'rabbitmq/100B/prefetch=1@10',
      'rabbitmq/100B/prefetch=1@20',
      'rabbitmq/100B/prefetch=2@10',
      'rabbitmq/100B/prefetch=2@20',
    ]);
  });

  it.each([
    ['consumers: []', 'consumers: expected at least one of counts'],
    ['consumers: [1, 1]', 'consumers[1]: 1 stands here twice'],
    ['prefetch: [1, 99999999]', 'prefetch[1]: 99999999 is too large'],
    ['guarantee: [at-least-once, sure]', 'guarantee[1]: "sure" is not valid here'],
    ['consumers: [1, 4]\ndestinations: 4', 'destinations: 1 consumers cannot be spread evenly over 4 destinations'],
  ])('with a mistake: %s', async (text, message) => expect(await mistakes(text)).toEqual([message]));

  it('is refused where its product is absurd, and not made first', async () => {
    const many = `[${Array.from({ length: 50 }, (_, i) => i + 1).join(', ')}]`;
    const scenario = await read(`producers: ${many}\nconsumers: ${many}\ndestinations: ${many}\nprefetch: ${many}`);
    await expect(plan(scenario)).rejects.toThrow('12,500,000 runs; at most 10,000');
  });
});

describe('include and exclude', () => {
  it('take out every cell that has what is named', async () => {
    const text =
      'consumers: [1, 4]\nprefetch: [1, 200]\nexclude:\n  - {target: kafka, prefetch: 1}\n  - {consumers: 1}';
    expect(await idsOf(read(text))).toEqual([
      'rabbitmq/100B/consumers=4,prefetch=1',
      'rabbitmq/100B/consumers=4,prefetch=200',
      'kafka/100B/consumers=4,prefetch=200',
    ]);
  });

  it('lets an excluded cell be free of a contradiction', async () => {
    expect(await mistakes('consumers: [1, 4]\ndestinations: 4\nexclude: [{consumers: 1}]')).toEqual([]);
  });

  it('add cells, with every value of what is left open', async () => {
    expect(await idsOf(read('include: [{size: 100KB}]'))).toEqual([
      'rabbitmq/100B',
      'kafka/100B',
      'rabbitmq/100KB',
      'kafka/100KB',
    ]);
    expect(await idsOf(read('include: [{target: kafka, consumers: 8}]'))).toEqual([
      'rabbitmq/100B/consumers=4',
      'kafka/100B/consumers=4',
      'kafka/100B/consumers=8',
    ]);
  });

  it.each([
    ['exclude: [{}]', 'exclude[0]: a map that names nothing means every cell'],
    ['exclude: [{consumers: 3}]', 'exclude[0]: no cell is like that, so nothing is excluded'],
    ['exclude: [{target: kafak}]', 'exclude[0].target: no target "kafak" is in this scenario'],
    ['exclude: [{target: kafka}, {target: rabbitmq}]', 'exclude: every cell is excluded'],
    ['include: [{rate: 5/s}]', 'include[0].rate: only the cells of a walk over rates have a rate'],
    ['include: [{consumer: 5}]', 'include[0].consumer: is not a known key'],
    ['include: {size: 100KB}', 'include: expected a list of cells, got a map'],
  ])('with a mistake: %s', async (text, message) => expect(await mistakes(text)).toEqual([message]));
});

describe('flags', () => {
  it('take lists too', async () => {
    const scenario = await applyFlags(await read(''), { consumers: ['1,2', '4'], target: ['kafka'] });
    expect(await idsOf(scenario)).toEqual([1, 2, 4].map((n) => `kafka/100B/consumers=${n}`));
  });

  it('replace a list, and included cells that name the same key', async () => {
    const text = 'consumers: [1, 4]\ninclude: [{consumers: 8}, {size: 100KB}]';
    expect(await idsOf(applyFlags(await read(text), { consumers: ['2'], target: ['kafka'] }))).toEqual([
      'kafka/100B',
      'kafka/100KB',
    ]);
  });

  it('are told when what they ask for is excluded', async () => {
    const text = 'consumers: [1, 4]\nexclude: [{target: kafka, consumers: 1}]';
    await expect(mistakes(text, { target: ['kafka'], consumers: ['1'] })).rejects.toThrow('Nothing is left');
    await expect(mistakes(text, { target: ['kafka'], consumers: ['1,4'] })).resolves.toEqual([]);
    await expect(mistakes('exclude: [{target: kafka}]', { target: ['kafka'] })).rejects.toThrow('Nothing is left');
  });
});

describe('the digest', () => {
  const digest = async (text: string): Promise<string> => (await plan(await read(text))).digest;

  it('does not depend on the order of a list, and does on its values', async () => {
    expect(await digest('prefetch: [1, 200]')).toBe(await digest('prefetch: [200, 1]'));
    expect(await digest('prefetch: [1, 200]')).not.toBe(await digest('prefetch: [1, 100]'));
    expect(await digest('prefetch: [200]')).toBe(await digest('prefetch: 200'));
    expect(await digest('prefetch: [1, 200]\nexclude: [{target: kafka, prefetch: 1}]')).not.toBe(
      await digest('prefetch: [1, 200]'),
    );
  });
});

it('a gate measures the first cell of each target, under its own name', async () => {
  const scenario = firstCellOnly(await read('prefetch: [1, 200]\ninclude: [{size: 100KB}]'));
  expect(await idsOf(scenario)).toEqual(['rabbitmq/100B/prefetch=1', 'kafka/100B/prefetch=1']);
});

it('a gate measures the first rate of a walk', async () => {
  const walk = `${head.replace('messages: 1000', 'duration: 5s')}load: {rates: [100/s, 200/s]}\n`;
  const gated = async (text: string): Promise<string[]> => idsOf(firstCellOnly(await parseScenario(text, 't.yaml')));
  expect(await gated(walk)).toEqual(['rabbitmq/100B@100', 'kafka/100B@100']);
  expect(await gated(`${walk}consumers: [2, 4]`)).toEqual([
    'rabbitmq/100B/consumers=2@100',
    'kafka/100B/consumers=2@100',
  ]);
});

it.each([
  ['{kind: confirms, modes: [none, batches], batch: [10, 500]}', '', 'confirms=none'],
  ['{kind: confirms, modes: [batches, none], batch: [10, 500]}', '', 'confirms=batches,batch=10'],
  ['{kind: confirms, modes: [batches, none], batch: 50}', 'consumers: [2, 4]', 'consumers=2,confirms=batches'],
])('a gate measures one way to confirm of %s', async (pattern, more, axes) => {
  const scenario = firstCellOnly(
    await parseScenario(`${head.replace('targets: ', `pattern: ${pattern}\ntargets: `)}${more}`, 't.yaml'),
  );
  expect(await idsOf(scenario)).toEqual([`rabbitmq/100B/${axes}`, `kafka/100B/${axes}`]);
});
