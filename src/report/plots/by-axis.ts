/** A figure against an axis of the matrix: a line a target, a panel for each value of the other axes. */
import type { TopLevelSpec } from 'vega-lite';
import {
  type AxisName,
  axesOf,
  axisColumn,
  type AxisPoint,
  axisValueText,
  pointId,
  pointText,
} from '../../scenario/axes.js';
import { sameSize } from '../../scenario/sizes.js';
import type { RunRecord } from '../../results/schema.js';
import { textWidth } from '../font.js';
import { formatMs, formatRate, nothing } from '../format.js';
import { type CellModel, counts, pointOf, type Spread } from '../model.js';
import { resultLetter, saturationNote } from '../wording.js';
import { pushApart } from './end-labels.js';
import { figures, tableOf, words } from './figures.js';
import {
  distinctPoints,
  frame,
  type Head,
  headOf,
  panelWidth,
  type Plot,
  type Scene,
  type Series,
  sizeSuffix,
} from './plot.js';
import { type Terms, termsOf } from '../terms.js';
import { linearTicks, logDomain, logTicks, tickLabel, tickLabelExpr } from './scales.js';
import { channelOf, ink, paper } from './theme.js';

/** What is drawn upwards. */
interface Measure {
  readonly file: string;
  readonly what: string;
  readonly unit: string;
  readonly scale: 'linear' | 'log';
  readonly column: string;
  of(cell: CellModel): Spread | undefined;
  ofRun(run: RunRecord): number | undefined;
  format(value: number): string;
}

const throughput = (terms: Terms): Measure => ({
  file: 'throughput',
  what: terms.throughput,
  unit: terms.rateAxis,
  scale: 'linear',
  column: `Median, ${terms.perSecond.toLowerCase()}`,
  of: (cell) => cell.throughput,
  ofRun: (run) => run.figures?.throughput,
  format: formatRate,
});

const latency = (terms: Terms): Measure => ({
  file: 'latency',
  what: `99th percentile of ${terms.endToEnd.toLowerCase()}`,
  unit: 'Milliseconds',
  scale: 'log',
  column: 'Median p99, ms',
  of: (cell) => cell.latency?.endToEnd?.p99Ms,
  ofRun: (run) => (run.latency && run.latency.endToEnd.count > 0 ? run.latency.endToEnd.p99Ms : undefined),
  format: formatMs,
});

/** Undefined where no number varies. */
export function throughputByAxisPlot(scene: Scene): Plot | undefined {
  return byAxisPlot(scene, throughput(termsOf(scene.models)));
}

/** Undefined where no number varies. */
export function latencyByAxisPlot(scene: Scene): Plot | undefined {
  return byAxisPlot(scene, latency(termsOf(scene.models)));
}

/** A cell and where it stands. */
interface Spot {
  readonly series: Series;
  readonly at: number;
  /** The values of the other axes: which panel. */
  readonly others: AxisPoint;
}

function byAxisPlot(scene: Scene, measure: Measure): Plot | undefined {
  // All cells of the size are in one picture, however many scenes they are.
  if (!scene.leads) return undefined;
  const cells = scene.models.flatMap(({ cells: all }) =>
    all.filter((cell) => sameSize(cell.size, scene.size) && cell.ratePerSecond === undefined),
  );
  const axis = widestAxis(cells);
  if (axis === undefined) return undefined;
  const spots = spotsOf(scene, axis).filter(({ series }) => measure.of(series.cell) !== undefined);
  if (spots.length === 0) return undefined;
  const whole = { ...scene, point: {}, series: spots.map(({ series }) => series) };
  const saturated = measure.scale === 'log' && spots.some(({ series }) => series.cell.saturated);
  const caveats = new Set(
    spots.flatMap(({ series: { name, cell } }) => (cell.caveat === undefined ? [] : [`${name}: ${cell.caveat}`])),
  );
  const head = headOf(
    whole,
    `${measure.what} by ${axisColumn(axis).toLowerCase()}`,
    'Line: median. Band: range. Dots: runs.',
    [...(saturated ? [saturationNote] : []), ...(caveats.size === 0 ? [] : [`${[...caveats].join('; ')}.`])],
  );
  return {
    name: `${measure.file}-by-${axis}-${sizeSuffix(whole)}`,
    head,
    description: spots.map((spot) => describe(spot, axis, measure)).join(' '),
    spec: specOf(spots, axis, measure, head),
    table: tableOf(
      [
        words('Target'),
        figures(axisColumn(axis)),
        ...(spots.some(({ others }) => pointId(others) !== '') ? [words('With')] : []),
        figures(measure.column),
        figures('Lowest'),
        figures('Highest'),
      ],
      spots.map(({ series, at, others }) => {
        const spread = measure.of(series.cell);
        return [
          series.name,
          axisValueText({ [axis]: at }, axis),
          ...(spots.some((spot) => pointId(spot.others) !== '') ? [pointText(others)] : []),
          ...[spread?.median, spread?.low, spread?.high].map((value) =>
            value === undefined ? nothing : measure.format(value),
          ),
        ];
      }),
      2,
    ),
  };
}

/** The axis of numbers with the most values; the first of several. */
function widestAxis(cells: readonly CellModel[]): AxisName | undefined {
  const values = (name: AxisName): number => new Set(cells.map(({ axes }) => axes[name])).size;
  return axesOf(cells.map(({ axes }) => axes))
    .filter((name) => cells.some(({ axes }) => typeof axes[name] === 'number') && values(name) > 1)
    .sort((a, b) => values(b) - values(a))[0];
}

function spotsOf({ models, size, overlay }: Scene, axis: AxisName): Spot[] {
  const names = [...new Set(models.flatMap((model) => model.targets.map(({ name }) => name)))];
  return models.flatMap((model, resultIndex) =>
    model.cells.flatMap((cell): Spot[] => {
      const { [axis]: at, ...others } = { ...cell.axes, [axis]: pointOf(model.result, cell)[axis] };
      if (!sameSize(cell.size, size) || cell.ratePerSecond !== undefined || typeof at !== 'number') return [];
      const letter = overlay ? resultLetter(resultIndex) : undefined;
      const label = model.targets.find(({ name }) => name === cell.target)?.label ?? cell.target;
      const name = letter === undefined ? label : `${label} ${letter}`;
      const channel = channelOf(names.indexOf(cell.target));
      return [{ series: { model, cell, label, name, letter, channel, resultIndex }, at, others }];
    }),
  );
}

function describe({ series, at, others }: Spot, axis: AxisName, measure: Measure): string {
  const where = [`${axis} ${at}`, pointText(others)].filter((part) => part !== '').join(', ');
  return `${series.name}, ${where}: ${measure.format(measure.of(series.cell)?.median ?? 0)} ${measure.unit.toLowerCase()}.`;
}

/** Height of a panel in pixels: less where there are many. */
const panelHeight = (panels: number): number => (panels === 1 ? 300 : panels === 2 ? 210 : 160);

function specOf(spots: readonly Spot[], axis: AxisName, measure: Measure, head: Head): TopLevelSpec {
  const panels = distinctPoints(spots.map(({ others }) => ({ axes: others })));
  const height = panelHeight(panels.length);
  const values = [...new Set(spots.map(({ at }) => at))].sort((a, b) => a - b);
  const [least, most] = [values[0] ?? 1, values.at(-1) ?? 1];
  const margin = (most / least) ** 0.04;
  const reach: [number, number] = [least / margin, most * margin];
  const drawn = spots.flatMap(({ series: { cell } }) =>
    cell.runs.filter(counts).flatMap((run) => measure.ofRun(run) ?? []),
  );
  const highest = Math.max(...drawn);
  const domain: [number, number] =
    measure.scale === 'log'
      ? logDomain(Math.min(...drawn.filter((value) => value > 0)), highest)
      : [0, linearTicks(highest).at(-1) ?? 1];
  const ticks = measure.scale === 'log' ? logTicks(...domain) : linearTicks(highest);
  const pixelOf = (value: number): number =>
    measure.scale === 'log'
      ? (Math.log(value / domain[0]) / Math.log(domain[1] / domain[0])) * height
      : (value / domain[1]) * height;
  const valueAt = (pixel: number): number =>
    measure.scale === 'log' ? domain[0] * (domain[1] / domain[0]) ** (pixel / height) : (pixel / height) * domain[1];
  const all = [...new Map(spots.map(({ series }) => [series.name, series])).values()];
  const scaleOf = <T>(of: (series: Series) => T) => ({ domain: all.map(({ name }) => name), range: all.map(of) });
  const field = { field: 'series', type: 'nominal' } as const;
  const color = { ...field, scale: scaleOf(({ channel }) => channel.color), legend: null } as const;
  const shape = { ...field, scale: scaleOf(({ channel }) => channel.shape), legend: null } as const;
  const strokeDash = {
    ...field,
    scale: scaleOf(({ letter, channel, resultIndex }) =>
      letter === undefined ? [...channel.dash] : ([[], [6, 3], [2, 3], [9, 3, 2, 3]][resultIndex % 4] ?? []),
    ),
    legend: null,
  } as const;
  const labelWidth = Math.max(...all.map(({ name }) => textWidth(name, 12)));
  const width = panelWidth(ticks.map(tickLabel)) - labelWidth - 10;
  return {
    ...frame(head),
    spacing: 18,
    vconcat: panels.map((others, i) => {
      const own = spots.filter((spot) => pointId(spot.others) === pointId(others));
      const last = i === panels.length - 1;
      const x = {
        field: 'at',
        type: 'quantitative',
        scale: { type: 'log', domain: reach, nice: false },
        axis: {
          title: last ? axisColumn(axis) : null,
          values,
          labelExpr: tickLabelExpr,
          labelOverlap: 'greedy',
          labelFlush: false,
          labelBound: false,
          grid: false,
        },
      } as const;
      const y = {
        field: 'median',
        type: 'quantitative',
        scale: { type: measure.scale, domain, nice: false },
        axis: { title: measure.unit, values: ticks, labelExpr: tickLabelExpr, domain: false, ticks: false },
      } as const;
      const rows = own.flatMap(({ series, at }) => {
        const spread = measure.of(series.cell);
        return spread ? [{ series: series.name, at, ...spread }] : [];
      });
      const dots = own.flatMap(({ series, at }) =>
        series.cell.runs.filter(counts).flatMap((run) => {
          const value = measure.ofRun(run);
          return value === undefined ? [] : [{ series: series.name, run: run.id, at, median: value }];
        }),
      );
      const ends = [...new Map(rows.toSorted((a, b) => a.at - b.at).map((row) => [row.series, row])).values()];
      const labels = pushApart(
        ends.map(({ series, median }) => ({ series, pixel: pixelOf(median) })),
        height,
      ).map(({ series, pixel }) => ({ series, at: reach[1], median: valueAt(pixel) }));
      const title = pointText(others);
      return {
        ...(title === ''
          ? {}
          : { title: { text: title, fontSize: 12, fontWeight: 600 as const, offset: 6, frame: 'group' as const } }),
        width,
        height,
        layer: [
          {
            data: { values: rows },
            layer: [
              {
                mark: { type: 'area' as const, opacity: 0.16 },
                encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
              },
              { mark: { type: 'line' as const, strokeWidth: 2.2 }, encoding: { x, y, color, strokeDash } },
            ],
          },
          {
            data: { values: dots },
            mark: { type: 'point' as const, filled: true, size: 46, opacity: 1, stroke: paper, strokeWidth: 0.8 },
            encoding: { x, y, color, shape },
          },
          {
            data: { values: labels },
            mark: {
              type: 'text' as const,
              align: 'left' as const,
              baseline: 'middle' as const,
              dx: 6,
              fontSize: 12,
              color: ink,
            },
            encoding: { x, y, text: { field: 'series' } },
          },
        ],
      };
    }),
  };
}
