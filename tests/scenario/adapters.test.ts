import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadAdapter } from '../../src/brokers/registry.js';
import { type ScenarioError, UsageError } from '../../src/errors.js';
import { digestOf } from '../../src/scenario/digest.js';
import { applyFlags } from '../../src/scenario/overrides.js';
import { parseScenario } from '../../src/scenario/parse.js';
import { knownTargets } from '../../src/scenario/targets.js';
import { externalAdapters } from '../fixtures/external-adapter.js';

const folder = externalAdapters();
afterAll(() => rmSync(folder, { recursive: true }));
const mine = pathToFileURL(join(folder, 'mine.js')).href;

const scenario = (targets: string): string => `name: s\ntargets: ${targets}\nmessages: 1000\nsizes: [100B]\n`;
const parse = (targets: string) => parseScenario(scenario(targets), join(folder, 's.yaml'));

describe('somebody else’s adapter in a scenario', () => {
  it('is named by a path from the scenario’s folder, or by package, and has no server of mqbench’s', async () => {
    const { targets } = await parse(
      '[{name: a, adapter: ./mine.js, url: "x://h:1"}, {name: b, adapter: mqbench-theirs}]',
    );
    expect(targets).toMatchObject([
      { name: 'a', adapter: mine, server: undefined, url: 'x://h:1' },
      { name: 'b', server: undefined, url: undefined },
    ]);
  });

  it.each([
    ['{name: a, adapter: ./none.js}', 'targets[0].adapter', /no adapter file/],
    ['{name: a, adapter: ./empty.js}', 'targets[0].adapter', /no adapter/],
    ['{name: a, adapter: ./mine.js, base: kafka}', 'targets[0].adapter', /exclude each other/],
    ['{name: a}', 'targets[0].base', /missing/],
    ['{name: a, adapter: 7}', 'targets[0].adapter', /expected a file or a package/],
    ['{name: a, adapter: ./mine.js, options: {nope: 1}}', 'targets[0].options.nope', /not a known key/],
  ])('that is wrong is reported at its key: %s', async (target, key, message) => {
    const error = (await parse(`[${target}]`).catch((reason: unknown) => reason)) as ScenarioError;
    expect(error.issues).toEqual([
      expect.objectContaining({ key, line: 2, message: expect.stringMatching(message) as string }),
    ]);
  });

  it('leaves the digest alone when it is installed elsewhere', async () => {
    const here = await parse('[{name: a, adapter: ./mine.js}]');
    const there = { ...here, targets: here.targets.map((target) => ({ ...target, adapter: 'file:///other/mine.js' })) };
    expect(digestOf(there)).toBe(digestOf({ ...here }));
  });
});

describe('--adapter', () => {
  it('makes a target of the adapter’s id, which joins the scenario’s own', async () => {
    const known = await knownTargets([join(folder, 'mine.js')]);
    const own = await parse('[memory]');
    expect((await applyFlags(own, {}, loadAdapter, known)).targets.map(({ name }) => name)).toEqual(['memory', 'mine']);
    const { targets } = await applyFlags(own, { target: ['mine'] }, loadAdapter, known);
    expect(targets).toMatchObject([{ name: 'mine', adapter: mine, server: undefined }]);
  });

  it('can be a base in the scenario', async () => {
    const known = await knownTargets([join(folder, 'mine.js')]);
    const { targets } = await parseScenario(scenario('[mine, {name: b, base: mine}]'), 's.yaml', loadAdapter, known);
    expect(targets.map(({ name, adapter }) => [name, adapter])).toEqual([
      ['mine', mine],
      ['b', mine],
    ]);
  });

  it('cannot take a built-in target’s name', async () => {
    await expect(knownTargets([join(folder, 'kafka.js')])).rejects.toBeInstanceOf(UsageError);
  });
});
