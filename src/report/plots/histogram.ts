/** How end-to-end latencies are spread: share of messages by latency, every run a line, a panel a target. */
import { JsHistogram } from 'hdr-histogram-js';
import type { TopLevelSpec } from 'vega-lite';
import { histogramOf } from './decode.js';
import type { RunRecord } from '../../results/schema.js';
import { formatMs, formatShare } from '../format.js';
import { saturationNote } from '../wording.js';
import { figures, tableOf } from './figures.js';
import { caveatNotes, dashNotes, panelDash, panelsOf, panelTitle } from './panels.js';
import { frame, type Head, headOf, panelWidth, type Plot, type Scene, type Series, sizeSuffix } from './plot.js';
import { linearTicks, logDomain, logTicks, tickLabelExpr } from './scales.js';
import { ink } from './theme.js';

/** Bins per factor of ten. */
const binsPerDecade = 20;

interface RunBins {
  readonly series: Series;
  readonly run: RunRecord;
  /** Share of the run's messages by bin number; a bin begins at 10^(number / binsPerDecade) ms. */
  readonly shares: ReadonlyMap<number, number>;
}

export function histogramPlot(scene: Scene): Plot | undefined {
  const runs = scene.series.flatMap(binRuns);
  if (runs.length === 0) return undefined;
  const saturated = runs.some(({ series }) => series.cell.saturated);
  const what = runs.every(({ series }) => series.cell.saturated)
    ? 'Spread of end-to-end latency under saturation'
    : 'Spread of end-to-end latency';
  const reading = 'Share of messages by latency; each run is a line. Dashed: median p50 and p99.';
  const bins = range(runs);
  const head = headOf(scene, what, reading, saturated ? [saturationNote] : []);
  return {
    name: `latency-histogram-${sizeSuffix(scene)}`,
    head,
    description: scene.series.flatMap((s) => describe(s)).join(' '),
    spec: specOf(scene, runs, head),
    table: tableOf(
      [figures('From, ms'), ...runs.map(({ series, run }) => figures(`${series.name} ${run.repetition}`))],
      bins.map((bin) => [formatMs(edge(bin)), ...runs.map(({ shares }) => formatShare(shares.get(bin) ?? 0))]),
    ),
  };
}

function describe({ name, cell }: Series): string[] {
  const latency = cell.latency?.endToEnd;
  return latency
    ? [
        `${name}: half of the messages within ${formatMs(latency.p50Ms.median)} ms, 99 % within ${formatMs(latency.p99Ms.median)} ms.`,
      ]
    : [];
}

function binRuns(series: Series): RunBins[] {
  return series.cell.counted.flatMap((run): RunBins[] => {
    const record = run.latency?.endToEnd;
    if (!record || record.count === 0) return [];
    const histogram = histogramOf(record, run);
    if (!(histogram instanceof JsHistogram)) return [];
    const shares = new Map<number, number>();
    const iterator = histogram.recordedValuesIterator;
    iterator.resetIterator(histogram);
    iterator.reset();
    while (iterator.hasNext()) {
      const { valueIteratedTo, countAddedInThisIterationStep } = iterator.next();
      const bin = Math.floor(Math.log10(valueIteratedTo / 1e6) * binsPerDecade);
      shares.set(bin, (shares.get(bin) ?? 0) + countAddedInThisIterationStep / record.count);
    }
    return [{ series, run, shares }];
  });
}

function edge(bin: number): number {
  return Number((10 ** (bin / binsPerDecade)).toPrecision(6));
}

/** All bins from the first to the last that holds anything, and one more, in which each line comes down to nothing. */
function range(runs: readonly RunBins[]): number[] {
  const used = runs.flatMap(({ shares }) => [...shares.keys()]);
  const [first, last] = [Math.min(...used), Math.max(...used)];
  return Array.from({ length: last - first + 2 }, (_, i) => first + i);
}

function specOf(scene: Scene, runs: readonly RunBins[], head: Head): TopLevelSpec {
  const bins = range(runs);
  const domain = logDomain(edge(bins[0] ?? 0), edge(bins.at(-1) ?? 1));
  const highest = Math.max(...runs.flatMap(({ shares }) => [...shares.values()]));
  const ticks = linearTicks(highest * 100).filter((_, i) => i % 2 === 0);
  const upwards: [number, number] = [0, Math.max(highest * 128, ticks.at(-1) ?? 1)];
  const panels = panelsOf(scene).filter((panel) => runs.some((run) => panel.series.includes(run.series)));
  const width = panelWidth(ticks.map((tick) => `${tick} %`));
  return {
    ...frame(head),
    spacing: 14,
    vconcat: panels.map((panel, i) => {
      const own = runs.filter((run) => panel.series.includes(run.series));
      const x = {
        field: 'ms',
        type: 'quantitative',
        scale: { type: 'log', domain, nice: false },
        axis: {
          title: i === panels.length - 1 ? 'Milliseconds' : null,
          values: logTicks(...domain),
          labelExpr: tickLabelExpr,
          labels: i === panels.length - 1,
        },
      } as const;
      const y = {
        field: 'percent',
        type: 'quantitative',
        scale: { domain: upwards, nice: false },
        axis: {
          title: i === Math.floor((panels.length - 1) / 2) ? 'Share of messages' : null,
          values: ticks,
          labelExpr: "format(datum.value, '~r') + ' %'",
          domain: false,
          ticks: false,
        },
      } as const;
      return {
        title: panelTitle(panel, width, [...caveatNotes(panel), ...dashNotes(panel)]),
        width,
        height: 96,
        layer: [
          ...own.flatMap(({ series, run, shares }) => {
            const values = bins.map((bin) => ({
              run: run.id,
              ms: edge(bin),
              percent: Number(((shares.get(bin) ?? 0) * 100).toPrecision(6)),
            }));
            return [
              {
                data: { values },
                mark: {
                  type: 'area' as const,
                  interpolate: 'step-after' as const,
                  color: series.channel.color,
                  fillOpacity: 0.16,
                  line: {
                    color: series.channel.color,
                    interpolate: 'step-after' as const,
                    strokeWidth: 1.4,
                    strokeDash: panelDash(series),
                  },
                },
                encoding: { x, y },
              },
            ];
          }),
          {
            data: { values: panel.series.flatMap((s) => markers(s, upwards[1])) },
            encoding: { x, y: { ...y, field: 'top' } },
            layer: [
              {
                mark: { type: 'rule' as const, color: ink, strokeWidth: 1, strokeDash: [3, 2] },
                encoding: { y2: { datum: 0 } },
              },
              ...(['right', 'left'] as const).map((align) => ({
                transform: [{ filter: { field: 'align', equal: align } }],
                mark: {
                  type: 'text' as const,
                  align,
                  baseline: 'top' as const,
                  dx: align === 'left' ? 4 : -4,
                  dy: 1,
                  fontSize: 11,
                  color: ink,
                },
                encoding: { text: { field: 'label' } },
              })),
            ],
          },
        ],
      };
    }),
  };
}

function markers({ cell, letter }: Series, top: number): object[] {
  const latency = cell.latency?.endToEnd;
  // In an overlay there would be several pairs in one panel, on top of each other.
  if (!latency || letter !== undefined) return [];
  return [
    { ms: latency.p50Ms.median, top, align: 'right', label: `p50 ${formatMs(latency.p50Ms.median)}` },
    { ms: latency.p99Ms.median, top, align: 'left', label: `p99 ${formatMs(latency.p99Ms.median)}` },
  ];
}
