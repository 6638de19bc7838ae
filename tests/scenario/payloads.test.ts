/** The keys `payload` and `sizes`: what they mean, and what is wrong with them before anything starts. */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScenarioError, type ScenarioIssue } from '../../src/errors.js';
import { digestOf } from '../../src/scenario/digest.js';
import { scenarioJsonSchema } from '../../src/scenario/json-schema.js';
import { adaptersOf } from '../../src/scenario/load.js';
import { applyFlags } from '../../src/scenario/overrides.js';
import { parseScenario } from '../../src/scenario/parse.js';
import { buildPlan } from '../../src/scenario/plan.js';
import { leastSize, meanSize, mostSize, type Size, sizeKey, sizeText } from '../../src/scenario/sizes.js';
import type { Scenario } from '../../src/scenario/types.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-payloads-'));
  writeFileSync(join(folder, 'orders.bin'), 'orders');
  writeFileSync(join(folder, 'same.bin'), 'orders');
  writeFileSync(join(folder, 'empty.bin'), '');
  writeFileSync(join(folder, 'huge.bin'), '');
  truncateSync(join(folder, 'huge.bin'), 65 * 1024 * 1024);
  mkdirSync(join(folder, 'inner'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = (sizes: string, payload?: string): string =>
  `name: t\ntargets: [memory]\nmessages: 10\nseed: 1\nsizes: ${sizes}\n${payload === undefined ? '' : `payload: ${payload}\n`}`;
const read = (sizes: string, payload?: string): Promise<Scenario> =>
  parseScenario(text(sizes, payload), join(folder, 'x.yaml'));
async function issuesOf(work: Promise<unknown>): Promise<readonly ScenarioIssue[]> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ScenarioError)) throw new Error(`no mistake was found: ${String(error)}`);
  return error.issues;
}

const orders = `{json: {template: '{"customer": \${customer}, "price": \${price}}', values: {customer: [Ada, Grace], price: {from: 0, to: 99}}}}`;

describe('a payload', () => {
  it('is random where nothing is said, else what is said', async () => {
    expect((await read('[1KB]')).payload).toEqual({ kind: 'random' });
    for (const kind of ['random', 'zeros', 'text'] as const)
      expect((await read('[1KB]', kind)).payload).toEqual({ kind });
    expect((await read('[1KB]', orders)).payload).toEqual({
      kind: 'json',
      template: '{"customer": ${customer}, "price": ${price}}',
      values: { customer: ['Ada', 'Grace'], price: { from: 0, to: 99 } },
    });
    expect((await read('[1KB]', '{file: orders.bin}')).payload).toMatchObject({
      kind: 'file',
      file: join(folder, 'orders.bin'),
      bytes: 6,
    });
  });

  it.each([
    ['rnadom', 'payload', /"rnadom" is not valid here/, /"random"/],
    ['json', 'payload', /json needs a template/, /customer/],
    ['file', 'payload', /file needs a path/, /\{file: /],
    ['[[text]]', 'payload[0]', /expected a map/, /template/],
    ['{}', 'payload', /json or file/, /random, zeros, text/],
    ['{file: orders.bin, json: {template: "1"}}', 'payload.file', /exclude each other/, /keep one/],
    ['{fiel: orders.bin}', 'payload.fiel', /not a known key/, /"file"/],
    ['{file: missing.bin}', 'payload.file', /cannot be read: ENOENT/, /existing file/],
    ['{file: empty.bin}', 'payload.file', /empty.bin is empty/, /payload: zeros/],
    ['{file: huge.bin}', 'payload.file', /too large \(65MiB\)/, /at most 64MiB/],
    ['{file: inner}', 'payload.file', /not a regular file/, /a file on disk/],
    [
      `{json: {template: '{"a": \${b}}', values: {c: [1]}}}`,
      'payload.json.template',
      /line 1, column 7 of the template: there is no value "b"/,
      /c/,
    ],
    [
      `{json: {template: '{"a": }'}}`,
      'payload.json.template',
      /line 1, column 7 of the template: this is not JSON: expected a value, got "}"/,
      /customer/,
    ],
    [`{json: {template: '[\${a}]', values: {a: []}}}`, 'payload.json.values.a', /and here are 0/, undefined],
    [
      `{json: {template: '[\${a}]', values: {a: {from: 9, to: 1}}}}`,
      'payload.json.values.a.to',
      /1 is less than 9/,
      /smaller one/,
    ],
    [
      `{json: {template: '[\${a}]', values: {a: {from: 0.5, to: 1}}}}`,
      'payload.json.values.a.from',
      /whole number/,
      undefined,
    ],
    [`{json: {template: '[\${a}]', values: {a: [[1]]}}}`, 'payload.json.values.a[0]', /got a list/, undefined],
    [`{json: {template: '[1]', values: {a: [1]}}}`, 'payload.json.template', /"a" stands nowhere/, /remove the value/],
    [`{json: {template: 7}}`, 'payload.json.template', /expected the template's text, got 7/, undefined],
  ])('%s is refused: it says what, where and what to do', async (payload, key, message, hint) => {
    const issues = await issuesOf(read('[1KB]', payload));
    const issue = issues.find((one) => one.key === key);
    expect(issue, JSON.stringify(issues)).toBeDefined();
    expect(issue?.message).toMatch(message);
    if (hint) expect(`${issue?.hint ?? ''} ${issue?.message ?? ''}`).toMatch(hint);
    expect(issue?.line).toBe(6);
  });

  it('of a template needs bodies that its longest document fits into, flags included', async () => {
    // 40 bytes of envelope and {"customer": "Grace", "price": 99}
    expect((await read('[74B]', orders)).sizes).toEqual([74]);
    expect(await issuesOf(read('[1KB, 73B]', orders))).toMatchObject([
      {
        key: 'sizes[1]',
        line: 5,
        message: expect.stringContaining('does not fit into a body of 73B') as string,
        hint: expect.stringContaining('74B') as string,
      },
    ]);
    expect(await issuesOf(read('[{uniform: {from: 50B, to: 1KB}}]', orders))).toMatchObject([{ key: 'sizes[0]' }]);
    expect(await issuesOf(applyFlags(await read('[1KB]', orders), { size: ['60B'] }))).toMatchObject([
      { key: 'sizes[0]' },
    ]);
  });

  it('is part of the question, a file by what is in it', async () => {
    const digest = async (payload?: string): Promise<string> => digestOf(await read('[1KB]', payload));
    const all = await Promise.all([undefined, 'zeros', 'text', orders, '{file: orders.bin}'].map(digest));
    expect(new Set(all).size).toBe(5);
    expect(await digest('random')).toBe(all[0]);
    expect(await digest('{file: same.bin}')).toBe(all[4]);
  });
});

describe('a distribution of sizes', () => {
  const both =
    '[1KB, {uniform: {from: 100B, to: 1KB}}, {weighted: [{size: 10KB, share: 20}, {size: 100B, share: 180}]}]';

  it('is a cell of its own with a readable name', async () => {
    const scenario = await read(both);
    expect(scenario.sizes).toEqual([
      1_000,
      { kind: 'uniform', from: 100, to: 1_000 },
      {
        kind: 'weighted',
        sizes: [
          { size: 100, share: 9 },
          { size: 10_000, share: 1 },
        ],
      },
    ]);
    const { cells } = buildPlan(scenario, await adaptersOf(scenario), 'auto');
    expect(cells.map(({ id, sizeBytes }) => [id, sizeBytes])).toEqual([
      ['memory/1KB', 1_000],
      ['memory/100B-1KB', 550],
      ['memory/9x100B+1x10KB', 1_090],
    ]);
    expect(scenario.sizes.map(sizeText)).toEqual(['1 KB', '100 B to 1 KB', '90 % 100 B, 10 % 10 KB']);
  });

  it.each([
    ['[{uniform: {from: 10B, to: 1KB}}]', 'sizes[0].uniform.from', /too small/],
    ['[{uniform: {from: 1KB, to: 100B}}]', 'sizes[0].uniform.to', /100B is not more than 1KB/],
    ['[{uniform: {from: 1KB, to: 1KB}}]', 'sizes[0].uniform.to', /1KB is not more than 1KB/],
    ['[{uniform: {from: 1KB}}]', 'sizes[0].uniform.to', /nothing/],
    ['[{unifrom: {from: 1KB, to: 2KB}}]', 'sizes[0].unifrom', /not a known key/],
    ['[{}]', 'sizes[0]', /uniform or weighted/],
    [
      '[{uniform: {from: 1KB, to: 2KB}, weighted: [{size: 1KB, share: 1}, {size: 2KB, share: 1}]}]',
      'sizes[0].weighted',
      /exclude each other/,
    ],
    ['[{weighted: [{size: 1KB, share: 0}, {size: 2KB, share: 1}]}]', 'sizes[0].weighted[0].share', /0 is too small/],
    ['[{weighted: [{size: 1KB, share: -1}, {size: 2KB, share: 1}]}]', 'sizes[0].weighted[0].share', /too small/],
    ['[{weighted: [{size: 1KB, share: 1}]}]', 'sizes[0].weighted', /at least/],
    ['[{weighted: [{size: 1KB, share: 1}, {size: 1000B, share: 2}]}]', 'sizes[0].weighted[1]', /twice/],
    ['[{weighted: [{size: 39B, share: 1}, {size: 1KB, share: 2}]}]', 'sizes[0].weighted[0].size', /too small/],
    ['[{uniform: {from: 100B, to: 1KB}}, {uniform: {from: 0.1KB, to: 1000B}}]', 'sizes[1]', /twice/],
  ])('%s is refused', async (sizes, key, message) => {
    const issues = await issuesOf(read(sizes));
    const issue = issues.find((one) => one.key === key);
    expect(issue, JSON.stringify(issues)).toBeDefined();
    expect(issue?.message).toMatch(message);
  });

  it('is refused where its largest body is too large for every target', async () => {
    const issues = await issuesOf(
      parseScenario(
        `${text('[{uniform: {from: 1KB, to: 60MB}}]').replace('[memory]', '[kafka]')}load: {inFlight: 8}\n`,
        'x.yaml',
      ),
    );
    expect(issues).toMatchObject([
      { key: 'sizes[0]', message: expect.stringContaining('60MB is more than any') as string },
    ]);
  });

  it('has its mean between its ends, and a name that no other has', () => {
    const size = fc.integer({ min: 40, max: 1e6 });
    const distribution: fc.Arbitrary<Size> = fc.oneof(
      size,
      fc
        .tuple(size, fc.integer({ min: 1, max: 1e6 }))
        .map(([from, more]) => ({ kind: 'uniform' as const, from, to: from + more })),
    );
    fc.assert(
      fc.property(distribution, distribution, (a, b) => {
        expect(leastSize(a)).toBeLessThanOrEqual(meanSize(a));
        expect(meanSize(a)).toBeLessThanOrEqual(mostSize(a));
        expect(sizeKey(a) === sizeKey(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
        expect(sizeKey(a)).toMatch(/^[A-Za-z0-9.+-]+$/);
      }),
    );
  });
});

it('takes in the JSON Schema what the file takes', () => {
  const validate = new Ajv2020({ strict: false }).compile(scenarioJsonSchema());
  const good: [string, string?][] = [
    ['[1KB, {uniform: {from: 100B, to: 1KB}}]', 'text'],
    ['[{weighted: [{size: 1KB, share: 1}, {size: 2KB, share: 9}]}]', orders],
    ['[1KB]', '{file: orders.bin}'],
  ];
  for (const [sizes, payload] of good) expect(validate(parse(text(sizes, payload))), sizes).toBe(true);
  const bad: [string, string?][] = [
    ['[{uniform: {from: 100B}}]'],
    ['[{weighted: []}]'],
    ['[1KB]', 'rnadom'],
    ['[1KB]', '{json: {values: {}}}'],
    ['[1KB]', '{fiel: a}'],
  ];
  for (const [sizes, payload] of bad) expect(validate(parse(text(sizes, payload))), sizes).toBe(false);
});

it('is looked at in cells that are included, too', async () => {
  const included = `${text('[1KB]', orders)}include: [{size: 60B}, {size: {uniform: {from: 1KB, to: 2KB}}}]\n`;
  expect(await issuesOf(parseScenario(included, 'x.yaml'))).toMatchObject([
    { key: 'include[0].size', message: expect.stringContaining('does not fit') as string },
  ]);
  const scenario = await parseScenario(included.replace('60B', '100B'), 'x.yaml');
  const { cells } = buildPlan(scenario, await adaptersOf(scenario), 'auto');
  expect(cells.map(({ id }) => id)).toEqual(['memory/1KB', 'memory/100B', 'memory/1KB-2KB']);
});
