import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ScenarioError, type ScenarioIssue } from '../../src/errors.js';
import { packageRoot } from '../../src/root.js';
import { parseScenario } from '../../src/scenario/parse.js';

const good = `name: t
targets: [rabbitmq]
sizes: [100B]
messages: 10
`;

async function issuesOf(text: string): Promise<readonly ScenarioIssue[]> {
  const error: unknown = await parseScenario(text, 'x.yaml').then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return [];
  if (!(error instanceof ScenarioError)) throw error as Error;
  expect(error.exitCode).toBe(2);
  return error.issues;
}

describe('a good scenario', () => {
  it('has the stated defaults', async () => {
    expect(await parseScenario(good, 'x.yaml')).toMatchObject({
      name: 't',
      description: '',
      pattern: { kind: 'work-queue' },
      producers: 1,
      consumers: 4,
      messages: 10,
      durationSeconds: undefined,
      sizes: [100],
      guarantee: 'at-least-once',
      load: { kind: 'closed', inFlight: 5000 },
      prefetch: 200,
      repetitions: 3,
      warmupSeconds: 5,
      drainSeconds: 60,
      pauseSeconds: 1,
    });
  });

  it('draws a seed where none is given', async () => {
    const seeds = await Promise.all([1, 2, 3].map(async () => (await parseScenario(good, 'x.yaml')).seed));
    expect(new Set(seeds).size).toBeGreaterThan(1);
  });

  it('completes a variant with the defaults of its adapter', async () => {
    const { targets } = await parseScenario(
      good.replace(
        '[rabbitmq]',
        '\n  - kafka\n  - {name: big, base: kafka, options: {batchSize: 5000}, url: "kafka://a:1,b:2"}',
      ),
      'x.yaml',
    );
    const [plain, big] = targets;
    expect(plain).toMatchObject({ name: 'kafka', adapter: 'kafka', server: 'kafka', url: undefined });
    expect(big).toMatchObject({ name: 'big', adapter: 'kafka', server: 'kafka', url: 'kafka://a:1,b:2' });
    expect(big?.options).toEqual({ ...plain?.options, batchSize: 5000 });
  });

  it('reads what the assignment asks from the shipped round-robin', async () => {
    const file = join(packageRoot, 'scenarios', 'round-robin.yaml');
    const scenario = await parseScenario(readFileSync(file, 'utf8'), file);
    expect(scenario).toMatchObject({
      sizes: [100, 500, 1000],
      producers: 1,
      consumers: 4,
      messages: 100_000,
      repetitions: 3,
      guarantee: 'at-least-once',
    });
    expect(scenario.targets.map(({ name, adapter }) => [name, adapter])).toEqual([
      ['rabbitmq', 'rabbitmq'],
      ['kafka', 'kafka'],
      ['activemq', 'stomp'],
    ]);
  });

  it('offers the shipped latency scenario to all targets at one rate', async () => {
    const file = join(packageRoot, 'scenarios', 'latency.yaml');
    const scenario = await parseScenario(readFileSync(file, 'utf8'), file);
    expect(scenario.load).toEqual({ kind: 'rate', perSecond: 300 });
    expect(scenario.durationSeconds).toBe(20);
    expect(scenario.targets.find((target) => target.name === 'kafka')?.options).toMatchObject({ lingerMs: 1 });
  });
});

describe('mistakes', () => {
  it('are all reported at once, each with its place and a way out', async () => {
    const issues = await issuesOf(`name: bad name!
produsers: 2
targets:
  - rabitmq
  - name: big
    base: kafka
    options:
      batchsize: 5
      lingerMs: soon
    optoins: {}
  - name: big
    base: activemq
sizes: [10B, 1KB, 1000B, 3XB]
messages: 0
duration: 5
load:
  rate: 100/s
  inFlight: 3
warmup: -1s
guarantee: at-least-twice
repetitions: 3.5
`);
    const brief = issues.map(({ line, column, key, message, hint }) => [line, column, key, message, hint]);
    expect(brief).toEqual([
      [1, 7, 'name', '"bad name!" cannot be a name', expect.stringContaining('letters, digits')],
      [2, 1, 'produsers', 'is not a known key', 'did you mean "producers"?'],
      [4, 5, 'targets[0]', 'there is no target "rabitmq"', 'did you mean "rabbitmq"?'],
      [8, 7, 'targets[1].options.batchsize', 'is not a known key', 'did you mean "batchSize"?'],
      [9, 17, 'targets[1].options.lingerMs', 'expected number, received string', undefined],
      [10, 5, 'targets[1].optoins', 'is not a known key', 'did you mean "options"?'],
      [13, 9, 'sizes[0]', '"10B" is too small', expect.stringContaining('40 bytes')],
      [13, 19, 'sizes[2]', '"1000B" stands here twice', undefined],
      [13, 26, 'sizes[3]', '"3XB" is not a size: there is no unit "XB"', expect.stringContaining('did you mean')],
      [14, 11, 'messages', '0 is too small', 'allowed: 1 to 1,000,000,000'],
      [15, 1, 'duration', 'messages and duration exclude each other', expect.any(String)],
      [15, 11, 'duration', '5 has no unit', 'write for example 5s'],
      [18, 13, 'load.inFlight', expect.stringContaining('belongs to full speed'), expect.any(String)],
      [19, 9, 'warmup', '"-1s" is too small', 'allowed: 0s to 1h'],
      [20, 12, 'guarantee', '"at-least-twice" is not valid here', 'did you mean "at-least-once"?'],
      [21, 14, 'repetitions', '3.5 is not a whole number', expect.any(String)],
    ]);
  });

  it.each([
    ['messages: 10', 'messages: 1e10', 'too large'],
    ['messages: 10', 'duration: 8d', 'too large'],
    ['messages: 10', 'messages: 10\nconsumers: 257', 'too large'],
    ['messages: 10', 'messages: 10\nproducers: 0', 'too small'],
    ['messages: 10', 'messages: 10\nprefetch: 65536', 'too large'],
    ['messages: 10', 'messages: 10\nload: {rate: 0/s}', 'too small'],
    ['messages: 10', 'messages: 10\nload: fast', 'expected a map'],
    ['messages: 10', 'messages: 10\nload: {mode: full-sped}', 'not valid here'],
    ['messages: 10', 'messages: 10\npattern: [work-queue]', 'holds one value for all cells, and here is a list'],
    ['messages: 10', 'messages:', 'got nothing'],
    ['[100B]', '[65MiB]', 'too large'],
    ['[100B]', '[]', 'at least one'],
    ['[100B]', '100B', 'expected a list of sizes'],
    ['[rabbitmq]', '[3]', 'expected a map, got 3'],
    ['[rabbitmq]', '[rabbitmq, rabbitmq]', 'twice'],
    ['[rabbitmq]', '[constructor]', 'there is no target'],
    ['[rabbitmq]', '[{name: a}]', 'is missing'],
    ['[rabbitmq]', '[{name: a, base: kafka, options: [1]}]', 'expected a map of options'],
    ['[rabbitmq]', '[{name: ../x, base: kafka}]', 'cannot be a name'],
    ['name: t', 'name: 5', 'expected a name, got 5'],
    ['name: t', 'name: t\n__proto__: 3', 'not a known key'],
    ['name: t', 'name: t\nname: u', 'twice'],
  ])('%s → %s: %s', async (from, to, message) => {
    const issues = await issuesOf(good.replace(from, to));
    expect(issues).toHaveLength(1);
    expect(issues[0]?.message).toContain(message);
    expect(issues[0]?.line).toBeGreaterThan(0);
  });

  // Each with its line, its key, the value as it is written, and the limit or the way to write it.
  it.each<readonly [line: string, key: string, message: string, hint: string]>([
    ['messages: 1e12', 'messages', '1e12 is too large', 'allowed: 1 to 1,000,000,000'],
    ['messages: 0', 'messages', '0 is too small', 'allowed: 1 to 1,000,000,000'],
    ['messages: -1', 'messages', '-1 is too small', 'allowed: 1 to 1,000,000,000'],
    ['messages: many', 'messages', '"many" is not a whole number', 'for example 100_000 or 100k'],
    ['messages: .inf', 'messages', '.inf is not a whole number', 'for example 100_000 or 100k'],
    ['messages: 1e400', 'messages', '1e400 is not a whole number', 'for example 100_000 or 100k'],
    ['messages: .nan', 'messages', '.nan is not a whole number', 'for example 100_000 or 100k'],
    ['messages: 0.5', 'messages', '0.5 is not a whole number', 'for example 100_000 or 100k'],
    ['messages: true', 'messages', 'expected a whole number, got true', 'for example 100_000 or 100k'],
    ['duration: 100d', 'duration', '"100d" is too large', 'allowed: 1s to 7d'],
    ['duration: 0', 'duration', '0 is too small', 'allowed: 1s to 7d'],
    ['duration: -20s', 'duration', '"-20s" is too small', 'allowed: 1s to 7d'],
    ['duration: long', 'duration', '"long" is not a duration', 'for example 500ms, 30s or 5m'],
    ['sizes: [2GB]', 'sizes[0]', '"2GB" is too large', 'allowed: 40B to 64MiB'],
    ['sizes: [100B, 2e9]', 'sizes[1]', '2e9 is too large', 'allowed: 40B to 64MiB'],
    ['sizes: [-1KB]', 'sizes[0]', '"-1KB" is too small', 'a body carries 40 bytes'],
    ['sizes: [0]', 'sizes[0]', '0 is too small', 'allowed: 40B to 64MiB'],
    ['sizes: [big]', 'sizes[0]', '"big" is not a size', 'for example 100B'],
    ['consumers: 10_000', 'consumers', '"10_000" is too large', 'allowed: 1 to 256'],
    ['consumers: 10000', 'consumers', '10000 is too large', 'allowed: 1 to 256'],
    ['consumers: [4, 10000]', 'consumers[1]', '10000 is too large', 'allowed: 1 to 256'],
    ['consumers: 0', 'consumers', '0 is too small', 'allowed: 1 to 256'],
    ['producers: -1', 'producers', '-1 is too small', 'allowed: 1 to 256'],
    ['producers: 1e9', 'producers', '1e9 is too large', 'allowed: 1 to 256'],
    ['destinations: 1M', 'destinations', '"1M" is too large', 'allowed: 1 to 256'],
    ['prefetch: lots', 'prefetch', '"lots" is not a whole number', 'for example 100_000 or 100k'],
    ['prefetch: -5', 'prefetch', '-5 is too small', 'allowed: 1 to 65,535'],
    ['load: {inFlight: 1e12}', 'load.inFlight', '1e12 is too large', 'allowed: 1 to 1,000,000'],
    ['load: {rate: 1e12/s}', 'load.rate', '"1e12/s" is too large', 'allowed: 1/s to 10,000,000/s'],
    ['load: {rate: -1/s}', 'load.rate', '"-1/s" is too small', 'allowed: 1/s to 10,000,000/s'],
    ['load: {rate: fast}', 'load.rate', '"fast" is not a rate', 'for example'],
    ['repetitions: 1e6', 'repetitions', '1e6 is too large', 'allowed: 1 to 1,000'],
    ['repetitions: 0', 'repetitions', '0 is too small', 'allowed: 1 to 1,000'],
    ['warmup: 1000h', 'warmup', '"1000h" is too large', 'allowed: 0s to 1h'],
    ['drain: 0', 'drain', '0 is too small', 'allowed: 1s to 1h'],
    ['pause: -1s', 'pause', '"-1s" is too small', 'allowed: 0s to 1h'],
    ['seed: -1', 'seed', '-1 is too small', 'allowed: 0 to 4,294,967,295'],
    [
      'targets: [{name: k, base: kafka, options: {batchSize: 1e15}}]',
      'targets[0].options.batchSize',
      'is too large',
      'allowed: at most 100,000',
    ],
    [
      'targets: [{name: k, base: kafka, options: {lingerMs: -1}}]',
      'targets[0].options.lingerMs',
      'is too small',
      'allowed: at least 0',
    ],
  ])('%s is refused with its line, its key and the limit', async (entry, key, message, hint) => {
    const [field = ''] = entry.split(':', 1);
    const base = ['name: t', 'targets: [rabbitmq]', 'sizes: [100B]', 'messages: 10'];
    const replaced = field === 'duration' ? 'messages' : field;
    const at = base.findIndex((line) => line.startsWith(`${replaced}:`));
    const lines = at === -1 ? [...base, entry] : base.with(at, entry);
    const issues = await issuesOf(`${lines.join('\n')}\n`);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatchObject({ line: lines.indexOf(entry) + 1, key });
    expect(issues[0]?.message.split(':')[0]).toBe(message);
    expect(issues[0]?.hint).toContain(hint);
  });

  it('names what is missing', async () => {
    expect((await issuesOf('description: nothing else')).map(({ key, line }) => [key, line])).toEqual([
      ['name', undefined],
      ['targets', undefined],
      ['sizes', undefined],
      ['messages', undefined],
    ]);
  });

  it('refuses a size that no target carries, and leaves the rest to the plan', async () => {
    const large = `${good.replace('100B', '20MiB')}load: {inFlight: 10}\n`;
    const [issue] = await issuesOf(large.replace('[rabbitmq]', '[kafka]'));
    expect(issue).toMatchObject({ key: 'sizes[0]', line: 3 });
    expect(await issuesOf(large.replace('[rabbitmq]', '[kafka, rabbitmq]'))).toEqual([]);
  });

  it('refuses more bodies in flight than a producer may hold, and says how many would fit', async () => {
    expect(await issuesOf(good.replace('100B', '100KB'))).toEqual([]);
    expect(await issuesOf(good.replace('[100B]', '[100B, 1MB]'))).toEqual([
      {
        key: 'load.inFlight',
        message: '5,000 bodies of 1MB in flight are more than the 512MiB that a producer may hold',
        hint: 'write load: {inFlight: 536} or less, smaller sizes, or a rate',
      },
    ]);
    const load = (value: string): string => `${good.replace('100B', '1MB')}load: ${value}\n`;
    expect(await issuesOf(load('{inFlight: 536}'))).toEqual([]);
    expect(await issuesOf(load('{inFlight: 537}'))).toMatchObject([{ key: 'load.inFlight', line: 5 }]);
    expect(await issuesOf(load('{rate: 100/s}'))).toEqual([]);
    // All producers share the machine's memory.
    expect(await issuesOf(`${load('{inFlight: 500}')}producers: 8\n`)).toEqual([]);
    expect(await issuesOf(`${load('{inFlight: 500}')}producers: 9\n`)).toMatchObject([
      {
        key: 'load.inFlight',
        message: '500 bodies of 1MB in flight for each of 9 producers are more than the 4GiB that all may hold',
        hint: 'write load: {inFlight: 477} or less, smaller sizes, or a rate',
      },
    ]);
  });

  it('keeps a password that strayed into the file out of the message', async () => {
    for (const url of ['amqp://me:hunter2@host', 'me:hunter2@host', 'amqp://me:hunt/er2@host']) {
      const issues = await issuesOf(good.replace('[rabbitmq]', `[{name: a, base: rabbitmq, url: "${url}"}]`));
      expect(issues).toHaveLength(1);
      expect(JSON.stringify(issues)).not.toContain('er2');
    }
  });
});

describe('what is no scenario at all', () => {
  it.each([
    ['', 'the file is empty'],
    ['# only a comment', 'the file is empty'],
    ['just words', 'expected a map'],
    ['- a\n- b', 'expected a map'],
    ['name: [', 'not valid YAML'],
    ['name: "x', 'not valid YAML'],
    ['a: b: c', 'not valid YAML'],
    ['name: x\n---\nname: y', 'more than one document'],
    ['name: !mine x', 'not valid YAML'],
    ['? [a, b]\n: c', 'not valid YAML'],
    ['a: &a\n  b: *a', 'aliases'],
    ['a: &a [*a, *a]', 'aliases'],
    [`${'['.repeat(50_000)}${']'.repeat(50_000)}`, 'nested too deeply'],
  ])('%.40j', async (text, message) => {
    const issues = await issuesOf(text);
    expect(issues.map((issue) => issue.message).join('\n')).toContain(message);
  });

  it('an alias bomb is refused at once', async () => {
    const bomb = Array.from({ length: 30 }, (_, n) =>
      n === 0 ? 'a0: &a0 [x, x]' : `a${n}: &a${n} [*a${n - 1}, *a${n - 1}]`,
    ).join('\n');
    expect((await issuesOf(bomb))[0]?.message).toContain('aliases');
  });
});
