/** Walks over rates as tables and as a plot. */
import { describe, expect, it } from 'vitest';
import { composeReport } from '../../src/report/compose.js';
import { buildModel } from '../../src/report/model.js';
import { plotGroups } from '../../src/report/plots/index.js';
import { loadRenderer } from '../../src/report/render.js';
import { walksOf } from '../../src/report/walk.js';
import { resultSchema } from '../../src/results/schema.js';
import { makeFailed, makeResult } from './fixtures.js';

const rates = [1_000, 2_000, 4_000, 8_000, 16_000];
const load = { kind: 'walk', ratesPerSecond: rates } as const;
const result = makeResult({ sizes: [1_000], load: { ...load, ratesPerSecond: [...rates] } });
const model = buildModel(result);

describe('a walk', () => {
  it('ends below the capacity of each target: the highest rate kept in every repetition', () => {
    expect(resultSchema.safeParse(result).success).toBe(true);
    const found = walksOf(model).map(({ target, sustained, fellBehind }) => [
      target,
      sustained?.ratePerSecond,
      fellBehind?.ratePerSecond,
    ]);
    // Capacities at 1 KB are some 10,800, 25,000 and 4,700 a second.
    expect(found).toEqual([
      ['rabbitmq', 8_000, 16_000],
      ['kafka', 16_000, undefined],
      ['activemq', 4_000, 8_000],
    ]);
    expect(result.skipped?.every(({ cell }) => cell === 'activemq/1000B@16000')).toBe(true);
  });

  it('does not sustain a rate that one repetition fell behind at, or any above it', () => {
    const spoilt = makeResult({
      sizes: [1_000],
      load: { ...load, ratesPerSecond: [...rates] },
      alterRun: (run) =>
        run.id === 'kafka/1000B@4000#2' ? { ...makeFailed(run), rate: { kept: false, why: 'lost messages' } } : run,
    });
    const walk = walksOf(buildModel(spoilt)).find(({ target }) => target === 'kafka');
    expect(walk?.sustained?.ratePerSecond).toBe(2_000);
    expect(walk?.best?.ratePerSecond).toBe(16_000);
    expect(walk?.fellBehind?.ratePerSecond).toBe(4_000);
  });

  it('is the first table after the summary, and every row elsewhere names its rate', () => {
    const { sections } = composeReport([model], 'full');
    const [summary, first] = sections;
    expect(summary?.id).toBe('summary');
    expect(first?.id).toBe('rate-latency');
    if (first?.block.kind !== 'table') throw new Error('not a table');
    expect(first.block.rows.map((row) => row[2]?.text)).toEqual(['8,000', '16,000', '4,000']);
    const throughput = sections.find(({ id }) => id === 'throughput');
    if (throughput?.block.kind !== 'table') throw new Error('not a table');
    expect(throughput.block.columns.map(({ label }) => label)).toContain('Offered/s');
    expect(throughput.block.rows).toHaveLength(15);
  });
});

describe('the plot of latency against rate', () => {
  it('is the only one of a walk, draws every run and compiles without a warning', async () => {
    const plots = plotGroups([model]).flatMap((group) => group.plots);
    expect(plots.map(({ name }) => name)).toEqual(['rate-latency-1KB']);
    const [plot] = plots;
    expect((await (await loadRenderer()).svg(plot!)).whole).toContain('<svg role="img"');
    const text = JSON.stringify(plot!.spec);
    for (const run of result.runs) expect(text).toContain(`"run":"${run.id}"`);
    expect(plot!.head.notes.join(' ')).toContain('kafka 16,000/s; activemq 4,000/s');
    expect(plot!.table.rows).toHaveLength(15);
  });

  it('lays two results over each other', async () => {
    const other = makeResult({ id: 'b', seed: 5, sizes: [1_000], load: { ...load, ratesPerSecond: [...rates] } });
    const [plot] = plotGroups([model, buildModel(other)]).flatMap((group) => group.plots);
    expect((await (await loadRenderer()).svg(plot!)).whole).toContain('kafka B');
  });
});
