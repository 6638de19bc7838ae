import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readBaseline, saveBaseline } from '../../src/check/baseline.js';
import { readMarginsFile, writeMargins } from '../../src/check/margins-file.js';
import { defaultMargins } from '../../src/compare/metrics.js';
import { MqbenchError } from '../../src/errors.js';
import { made } from '../compare/fixtures.js';
import { makeFailed, makeInvalid, makePartialResult } from '../report/fixtures.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-baseline-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = new Date('2026-11-21T10:00:00Z');
const good = made({ repetitions: 3 });
const exitOf = async (work: Promise<unknown>): Promise<number> =>
  work.then(
    () => 0,
    (error: unknown) => (error instanceof MqbenchError ? error.exitCode : 1),
  );

describe('a baseline', () => {
  it('is read as it was saved, without samples', async () => {
    const file = join(folder, 'deep', 'b.json');
    await saveBaseline(good, file, at);
    const { result, savedAt } = await readBaseline(file);
    expect(savedAt).toBe(at.toISOString());
    expect(result.runs.map((run) => run.figures)).toEqual(good.runs.map((run) => run.figures));
    expect(result.runs.every((run) => run.samples.length === 0)).toBe(true);
  });

  it.each([
    ['partial', makePartialResult()],
    ['with a failed run', { ...good, runs: good.runs.map((run, i) => (i === 0 ? makeFailed(run) : run)) }],
    ['with two usable runs', { ...good, runs: good.runs.map((run, i) => (i === 0 ? makeInvalid(run) : run)) }],
    ['without cells', { ...good, cells: [], runs: [] }],
  ])('is not made of a result %s', async (_, result) => {
    expect(await exitOf(saveBaseline(result, join(folder, 'no.json'), at))).toBe(2);
  });

  it('that is missing, cut off, something else, of another format or edited is refused with 5', async () => {
    const file = join(folder, 'c.json');
    await saveBaseline(good, file, at);
    const text = readFileSync(file, 'utf8');
    const edited = JSON.parse(text) as { result: typeof good; version: number };
    edited.result.runs[0]!.figures!.throughput *= 0.5;
    for (const bad of [
      text.slice(0, 500),
      '{}',
      '[]',
      '',
      JSON.stringify({ ...edited, version: 2 }),
      JSON.stringify(edited),
      JSON.stringify({ ...(JSON.parse(text) as object), extra: 1 }),
    ]) {
      writeFileSync(file, bad);
      expect(await exitOf(readBaseline(file)), bad.slice(0, 60)).toBe(5);
    }
    expect(await exitOf(readBaseline(join(folder, 'none.json')))).toBe(5);
    expect(await exitOf(readBaseline(folder))).toBe(5);
  });
});

describe('the margins of a machine', () => {
  const file = join(folder, 'm', 'margins.json');
  const found = {
    schema: 'mqbench.margins',
    version: 1,
    madeAt: at.toISOString(),
    fingerprint: 'here',
    pairs: 10,
    margins: { ...defaultMargins, throughput: 0.2 },
    sd: { throughput: 0.1, p50: 0.1, p99: 0.1 },
  } as const;

  it('count there and nowhere else', async () => {
    const warnings: string[] = [];
    const warn = (text: string): void => void warnings.push(text);
    expect((await readMarginsFile('here', warn, file)).margins).toEqual(defaultMargins);
    await writeMargins(found, file);
    expect((await readMarginsFile('here', warn, file)).margins.throughput).toBe(0.2);
    expect(warnings).toEqual([]);
    expect((await readMarginsFile('elsewhere', warn, file)).margins).toEqual(defaultMargins);
    expect(warnings).toHaveLength(1);
  });

  it('that cannot be read are no reason to judge by others', async () => {
    writeFileSync(file, '{"margins": 3}');
    expect(await exitOf(readMarginsFile('here', () => undefined, file))).toBe(5);
  });
});
