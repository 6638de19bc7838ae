/** Latency by percentile on a nines axis: x = 1/(1 − p), logarithmic, so that each nine takes as much room. */
import type { TopLevelSpec } from 'vega-lite';
import { textWidth } from '../font.js';
import { histogramOf } from './decode.js';
import { formatMs, nothing } from '../format.js';
import { spreadOf } from '../model.js';
import { termsOf } from '../terms.js';
import { saturationNote } from '../wording.js';
import { pushApart } from './end-labels.js';
import { figures, tableOf, words } from './figures.js';
import { frame, type Head, headOf, panelWidth, type Plot, type Scene, type Series, sizeSuffix } from './plot.js';
import { logDomain, logTicks, tickLabel, tickLabelExpr } from './scales.js';
import { ink, paper } from './theme.js';

type Kind = 'endToEnd' | 'publish';

/** The percentiles that the axis names and that runs have dots at. */
export const namedPercentiles = [50, 90, 99, 99.9, 99.99] as const;

/** Where a percentile stands on the nines axis: 0 % at 1, 90 % at 10, 99 % at 100. */
export function ninesOf(percentile: number): number {
  return Number((100 / (100 - percentile)).toPrecision(9));
}

/** Twelve steps a nine from 20 % on (what is faster than that is in the histogram), and the named ones. */
const grid = [
  ...new Set([
    ...Array.from({ length: 4 * 12 + 1 }, (_, i) => Number((100 * (1 - 10 ** (-i / 12))).toFixed(6))),
    20,
    ...namedPercentiles,
  ]),
]
  .filter((percentile) => percentile >= 20)
  .sort((a, b) => a - b);

/** One run's latency at one percentile. */
interface Point {
  readonly percentile: number;
  readonly ms: number;
}

interface Curve {
  readonly series: Series;
  /** By run, only as far as the run has a message beyond the percentile. */
  readonly runs: readonly { readonly id: string; readonly points: readonly Point[] }[];
}

export function endToEndPlot(scene: Scene): Plot | undefined {
  const { endToEnd, endToEndNote } = termsOf(scene.models);
  return percentilePlot(scene, 'endToEnd', 'latency', endToEnd, endToEndNote);
}

export function publishPlot(scene: Scene): Plot | undefined {
  return percentilePlot(scene, 'publish', 'publish-latency', 'Publish latency', 'Confirm − intended send time.');
}

function percentilePlot(scene: Scene, kind: Kind, file: string, what: string, definition: string): Plot | undefined {
  const curves = scene.series.map((series) => curveOf(series, kind)).filter((curve) => curve.runs.length > 0);
  if (curves.length === 0) return undefined;
  const saturated = curves.some(({ series }) => series.cell.saturated);
  const titled = curves.every(({ series }) => series.cell.saturated) ? `${what} under saturation` : what;
  const several = curves.some((curve) => curve.runs.length > 1);
  const reading = `${definition} ${several ? 'Line: median at each percentile. Band: range. Dots: runs.' : ''}`;
  const head = headOf(scene, titled, reading.trim(), [...(saturated ? [saturationNote] : []), ...caveatsOf(curves)]);
  return {
    name: `${file}-${sizeSuffix(scene)}`,
    head,
    description: curves.map(describe).join(' '),
    spec: specOf(curves, head),
    table: tableOf(
      [words('Target'), ...namedPercentiles.map((p) => figures(`p${p}, ms`))],
      curves.map((curve) => [
        curve.series.name,
        ...namedPercentiles.map((p) => {
          const spread = spreadAt(curve, p);
          if (!spread) return nothing;
          const range = spread.low === spread.high ? '' : ` (${formatMs(spread.low)}–${formatMs(spread.high)})`;
          return formatMs(spread.median) + range;
        }),
      ]),
    ),
  };
}

/** Whose latency is not the broker's alone. */
function caveatsOf(curves: readonly Curve[]): string[] {
  const texts = curves.flatMap(({ series: { name, letter, cell } }) => {
    if (cell.caveat === undefined) return [];
    // Said of the target where it holds for all values of the further axes.
    const alike = curves.every(
      ({ series: other }) =>
        other.letter !== letter || other.cell.target !== cell.target || other.cell.caveat === cell.caveat,
    );
    return [`${alike ? [cell.target, letter].filter((part) => part !== undefined).join(' ') : name}: ${cell.caveat}.`];
  });
  return [...new Set(texts)];
}

function curveOf(series: Series, kind: Kind): Curve {
  return {
    series,
    runs: series.cell.counted.flatMap((run) => {
      const record = run.latency?.[kind];
      if (!record || record.count === 0) return [];
      const histogram = histogramOf(record, run);
      return [
        {
          id: run.id,
          points: grid
            .filter((p) => record.count * (1 - p / 100) >= 0.999)
            .map((percentile) => ({ percentile, ms: histogram.getValueAtPercentile(percentile) / 1e6 })),
        },
      ];
    }),
  };
}

/** Over the runs that reach this percentile; nothing where not all do, so that the line stays one of all runs. */
function spreadAt(curve: Curve, percentile: number) {
  const values = curve.runs.flatMap(({ points }) => points.find((p) => p.percentile === percentile)?.ms ?? []);
  return values.length === curve.runs.length ? spreadOf(values) : undefined;
}

function describe(curve: Curve): string {
  const at = [50, 99, 99.9].flatMap((p) => {
    const spread = spreadAt(curve, p);
    return spread ? [`p${p} ${formatMs(spread.median)} ms`] : [];
  });
  const { name, cell } = curve.series;
  return `${name}: ${at.join(', ')}${cell.caveat === undefined ? '' : `; ${cell.caveat}`}.`;
}

function specOf(curves: readonly Curve[], head: Head): TopLevelSpec {
  const rows = curves.flatMap((curve) =>
    grid.flatMap((percentile) => {
      const spread = spreadAt(curve, percentile);
      return spread
        ? [
            {
              ...key(curve.series),
              percentile,
              nines: ninesOf(percentile),
              median: spread.median,
              low: spread.low,
              high: spread.high,
            },
          ]
        : [];
    }),
  );
  const dots = curves.flatMap((curve) =>
    curve.runs.flatMap(({ id, points }) =>
      points
        .filter(({ percentile }) => namedPercentiles.some((named) => named === percentile))
        .map(({ percentile, ms }) => ({ ...key(curve.series), run: id, percentile, nines: ninesOf(percentile), ms })),
    ),
  );
  const values = [...rows.flatMap((row) => [row.low, row.high]), ...dots.map((dot) => dot.ms)].filter((ms) => ms > 0);
  const domain = logDomain(Math.min(...values), Math.max(...values));
  const ticks = logTicks(...domain);
  const reach: [number, number] = [ninesOf(20), Math.max(ninesOf(90), ...rows.map((row) => row.nines))];
  const names = curves.map(({ series }) => series.name);
  const scaleOf = <T>(range: T[]) => ({ domain: names, range });
  const channel = { field: 'series', type: 'nominal' } as const;
  const color = { ...channel, scale: scaleOf(curves.map(({ series }) => series.channel.color)), legend: null } as const;
  const shape = { ...channel, scale: scaleOf(curves.map(({ series }) => series.channel.shape)), legend: null } as const;
  // The dash is the target's own; where results are laid over each other it tells them apart instead.
  const dashOf = ({ letter, channel: c, resultIndex }: Series) =>
    letter === undefined ? [...c.dash] : ([[], [6, 3], [2, 3], [9, 3, 2, 3]][resultIndex % 4] ?? []);
  const strokeDash = { ...channel, scale: scaleOf(curves.map(({ series }) => dashOf(series))), legend: null } as const;
  const x = {
    field: 'nines',
    type: 'quantitative',
    scale: { type: 'log', domain: reach, nice: false },
    axis: {
      title: 'Percentile',
      values: namedPercentiles.map(ninesOf).filter((at) => at <= reach[1] * 1.000001),
      labelExpr: "format(1 - 1 / datum.value, '.6~%')",
      labelOverlap: false,
      labelBound: false,
      labelFlush: false,
    },
  } as const;
  const y = {
    field: 'median',
    type: 'quantitative',
    scale: { type: 'log', domain, nice: false },
    axis: { title: 'Milliseconds', values: ticks, labelExpr: tickLabelExpr, domain: false, ticks: false },
  } as const;
  return {
    ...frame(head),
    width: panelWidth(ticks.map(tickLabel)) - Math.max(...names.map((name) => textWidth(name, 12))) - 10,
    height,
    layer: [
      {
        data: { values: rows },
        layer: [
          {
            mark: { type: 'area', opacity: 0.16 },
            encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
          },
          { mark: { type: 'line', strokeWidth: 2.2 }, encoding: { x, y, color, strokeDash } },
        ],
      },
      {
        data: { values: dots },
        mark: { type: 'point', filled: true, size: 46, opacity: 1, stroke: paper, strokeWidth: 0.8 },
        encoding: { x, y: { ...y, field: 'ms' }, color, shape },
      },
      {
        data: { values: endLabels(rows, domain) },
        mark: { type: 'text', align: 'left', baseline: 'middle', dx: 9, fontSize: 12, color: ink },
        encoding: { x, y: { ...y, field: 'at' }, text: { field: 'series' } },
      },
    ],
  };
}

/** Height of the panel in pixels. */
const height = 320;

/** A name at the end of each line, pushed apart where lines end close to each other. */
function endLabels(
  rows: readonly { readonly series: string; readonly nines: number; readonly median: number }[],
  [low, high]: readonly [number, number],
): object[] {
  const perPixel = Math.log(high / low) / height;
  const ends = [...new Map(rows.map((row) => [row.series, row])).values()].map((row) => ({
    series: row.series,
    nines: row.nines,
    pixel: Math.log(row.median / low) / perPixel,
  }));
  return pushApart(ends, height).map(({ series, nines, pixel }) => ({
    series,
    nines,
    at: low * Math.exp(pixel * perPixel),
  }));
}

function key({ name }: Series): { series: string } {
  return { series: name };
}
