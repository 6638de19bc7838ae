/** What tables and plots say of fair dispatch, confirms and hello. */
import { describe, expect, it } from 'vitest';
import { composeReport } from '../../src/report/compose.js';
import { buildModel } from '../../src/report/model.js';
import { plotGroups } from '../../src/report/plots/index.js';
import { loadRenderer } from '../../src/report/render.js';
import { renderTerminal } from '../../src/report/table.js';
import { resultSchema, type Result } from '../../src/results/schema.js';
import { makeConfirms, makeFairDispatch, makeHello } from './lessons.js';

const documentOf = (result: Result) => composeReport([buildModel(result)], 'full');
const sectionOf = (result: Result, id: string): string[][] | undefined => {
  const section = documentOf(result).sections.find((s) => s.id === id);
  return section?.block.kind === 'table' ? section.block.rows.map((row) => row.map(({ text }) => text)) : undefined;
};
const plotsOf = (...results: Result[]) => plotGroups(results.map(buildModel)).flatMap(({ plots }) => plots);
const find = (name: string, ...results: Result[]) => {
  const plot = plotsOf(...results).find((p) => p.name === name);
  if (!plot)
    throw new Error(
      `no plot ${name}: ${plotsOf(...results)
        .map((p) => p.name)
        .join()}`,
    );
  return plot;
};

describe('results of lessons', () => {
  it.each([makeFairDispatch(), makeConfirms(), makeHello()])('are results: $scenario.name', (result) => {
    expect(resultSchema.parse(result)).toEqual(result);
  });

  it.each([
    [[makeFairDispatch()]],
    [[makeConfirms()]],
    [[makeHello()]],
    [[makeFairDispatch(), { ...makeFairDispatch(), id: 'b' }]],
    [[makeConfirms(), { ...makeConfirms(), id: 'b' }]],
  ])('compile without a warning', async (results) => {
    const renderer = await loadRenderer();
    for (const plot of plotsOf(...results)) {
      // The renderer turns every warning of Vega and Vega-Lite into an error.
      expect((await renderer.svg(plot)).whole).toContain('<svg role="img"');
      expect(plot.table.rows.every((row) => row.length === plot.table.columns.length)).toBe(true);
    }
  });
});

describe('fair dispatch', () => {
  it('shows completion and busy shares by prefetch, the busiest worker first, whoever that was', () => {
    const rows = sectionOf(makeFairDispatch(), 'tasks')!;
    const [first, second] = rows.filter((row) => row[1]?.startsWith('rabbitmq'));
    expect(first).toEqual(['100 B', 'rabbitmq †', '1', '2.17', '2.13', '98.0 %, 98.0 %', '50, 50', '1', 'dynamic']);
    expect(second).toEqual(['100 B', 'rabbitmq †', '200', '4.07', '2.13', '99.5 %, 7.0 %', '50, 50', '50', 'dynamic']);
  });

  it('is one picture with every target and prefetch, and why a cell was refused', () => {
    const plots = plotsOf(makeFairDispatch()).filter(({ name }) => name.startsWith('busy'));
    expect(plots).toHaveLength(1);
    const [plot] = plots;
    expect(plot!.description).toContain('kafka, by partition: done after 4.07 s, evenly it would be 2.13 s');
    expect(JSON.stringify(plot!.spec)).toContain('refused: Kafka has no prefetch');
    expect(plot!.head.notes.join(' ')).toContain('Dispatch on kafka is static');
    // Three targets with two prefetches each: what is refused has one lane.
    const { params } = plot!.spec as { readonly params: readonly { readonly name: string; readonly value: unknown }[] };
    expect(params.find(({ name }) => name === 'places')?.value).toHaveLength(6);
  });
});

describe('confirms', () => {
  it('shows rate, time to a confirm and the guarantee of each mode', () => {
    const rows = sectionOf(makeConfirms(), 'confirms')!.filter((row) => row[1] === 'activemq');
    expect(rows.map((row) => [row[2], row[3]])).toEqual([
      ['none', 'at-most-once'],
      ['one-by-one', 'at-least-once'],
      ['batches', 'at-least-once'],
      ['transactions', 'at-least-once'],
      ['asynchronous', 'at-least-once'],
    ]);
    expect(rows.map((row) => row[4])).toEqual(['8,320', '83.2', '1,872', '1,664', '4,160']);
    // Nothing is confirmed, so nothing took any time.
    expect(rows[0]!.slice(5, 7)).toEqual(['–', '–']);
  });

  it('is one picture with the guarantee beside each mode, and why a cell was refused', () => {
    const plot = find('confirms-1KB', makeConfirms());
    expect(JSON.stringify(plot.spec)).toContain('none (at-most-once)');
    expect(JSON.stringify(plot.spec)).toContain('refused: kafka has no transactions here');
    expect(plot.description).toContain('none (at-most-once), activemq: 8,320 messages per second.');
    expect(plot.description).toMatch(/one-by-one \(at-least-once\), kafka: 416 messages per second, a confirm after/);
  });
});

describe('hello', () => {
  it('says what came through and nothing of speed', () => {
    const text = renderTerminal(documentOf(makeHello()), { columns: 120, color: false });
    expect(text).toContain('3 of 3 messages came through');
    expect(text).not.toContain('Throughput');
    expect(text).not.toContain('no run counts');
    expect(plotsOf(makeHello())).toEqual([]);
  });
});
