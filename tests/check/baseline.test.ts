import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readBaseline, saveBaseline } from '../../src/check/baseline.js';
import {
  type Asked,
  type CellNoise,
  type FoundMargins,
  readMarginsFile,
  writeMargins,
} from '../../src/check/margins-file.js';
import { questionDigest } from '../../src/compare/comparability.js';
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

  it('that cannot be written there says so', async () => {
    expect(await exitOf(saveBaseline(good, folder, at))).toBe(6);
    const file = join(folder, 'a-file');
    await saveBaseline(good, file, at);
    expect(await exitOf(saveBaseline(good, join(file, 'b.json'), at))).toBe(6);
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
  const { scenario } = made();
  const noiseOf = (cell: string, throughput: number, of = scenario): CellNoise => ({
    scenario: of.name,
    question: questionDigest(of),
    cell,
    madeAt: at.toISOString(),
    pairs: 10,
    margins: { throughput },
    sd: { throughput: throughput / 2 },
  });
  const read = (change: Partial<Asked> = {}, warnings: string[] = []): Promise<FoundMargins> =>
    readMarginsFile(
      { fingerprint: 'here', scenario, cells: ['rabbitmq/100B'], ...change },
      (text) => void warnings.push(text),
      file,
    );

  it('that cannot be written say so', async () => {
    expect(await exitOf(writeMargins('here', [noiseOf('rabbitmq/100B', 0.2)], folder))).toBe(6);
  });

  it('count there and nowhere else', async () => {
    const warnings: string[] = [];
    expect(await read({}, warnings)).toMatchObject({ margins: defaultMargins, sds: {}, unknown: ['rabbitmq/100B'] });
    await writeMargins('here', [noiseOf('rabbitmq/100B', 0.2)], file);
    const found = await read({}, warnings);
    expect(found).toMatchObject({
      margins: { ...defaultMargins, throughput: 0.2 },
      sds: { throughput: 0.1 },
      unknown: [],
    });
    expect(found.originOf('throughput')).toMatch(/^20 % \(noise of rabbitmq\/100B, 10 pairs of \d{4}-\d\d-\d\d\)$/);
    expect(found.originOf('p50')).toBe('15 % (default)');
    expect(warnings).toEqual([]);
    expect((await read({ fingerprint: 'elsewhere' }, warnings)).margins).toEqual(defaultMargins);
    expect(warnings).toHaveLength(1);
  });

  it('of one cell rule no other, nor another scenario; what two may differ in does not matter', async () => {
    await writeMargins('here', [noiseOf('rabbitmq/100B', 0.2)], file);
    expect(await read({ cells: ['kafka/100B'] })).toMatchObject({ margins: defaultMargins, unknown: ['kafka/100B'] });
    expect((await read({ scenario: { ...scenario, consumers: 9 } })).margins).toEqual(defaultMargins);
    const alike = { ...scenario, name: 'x', digest: 'y', prefetch: 7, repetitions: 1, sizes: [1, 2] };
    expect((await read({ scenario: alike })).margins.throughput).toBe(0.2);
  });

  it('stay what they are when another cell or scenario is asked for its noise; the widest of a gate counts', async () => {
    const other = { ...scenario, consumers: 9 };
    await writeMargins('here', [noiseOf('rabbitmq/100B', 0.2)], file);
    await writeMargins('here', [noiseOf('kafka/100B', 0.3), noiseOf('rabbitmq/100B', 0.5, other)], file);
    expect((await read()).margins.throughput).toBe(0.2);
    expect((await read({ cells: ['rabbitmq/100B', 'kafka/100B'] })).margins.throughput).toBe(0.3);
    expect((await read({ scenario: other })).margins.throughput).toBe(0.5);
    await writeMargins('here', [noiseOf('rabbitmq/100B', 0.25)], file);
    expect((await read()).margins.throughput).toBe(0.25);
    await writeMargins('elsewhere', [noiseOf('kafka/100B', 0.4)], file);
    expect((await read({ fingerprint: 'elsewhere' })).unknown).toEqual(['rabbitmq/100B']);
  });

  it('that cannot be read are no reason to judge by others', async () => {
    writeFileSync(file, '{"margins": 3}');
    expect(await exitOf(read())).toBe(5);
  });
});
