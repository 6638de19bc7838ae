/** Throughput of one message size, brokers side by side: median, range, every run. */
import type { TopLevelSpec } from 'vega-lite';
import { wrapText } from '../font.js';
import { formatRate, formatSignificant, nothing } from '../format.js';
import { counts } from '../model.js';
import { emptyCellText, excludedText, serverText, statusText } from '../wording.js';
import { frame, headOf, panelWidth, type Plot, type Scene, type Series, sizeSuffix, titleOf } from './plot.js';
import { linearTicks, tickLabel, tickLabelExpr } from './scales.js';
import { config, ink, paper, softInk } from './theme.js';

/** Undefined when no run of this size has a figure. */
export function throughputPlot(scene: Scene): Plot | undefined {
  const drawn = scene.series.filter((s) => s.cell.runs.length > 0);
  const speeds = drawn.flatMap((s) => s.cell.runs.flatMap((run) => run.figures?.throughput ?? []));
  if (speeds.length === 0) return undefined;
  const title = titleOf('Throughput', scene);
  const excluded = drawn.some((s) => s.cell.runs.some((run) => run.figures && !counts(run)));
  const reading = `Bar: median. Line: range. Each dot: a run.${excluded ? ' ×: a run that was not counted (failed or invalid).' : ''}`;
  return {
    name: `throughput-${sizeSuffix(scene)}`,
    title,
    description: drawn.map(describe).join(' '),
    spec: specOf(scene, drawn, speeds, headOf(scene, title, reading)),
    table: {
      kind: 'table',
      keys: 1,
      columns: [
        { label: 'Target', align: 'left' },
        { label: 'Median, messages/s', align: 'right' },
        { label: 'Lowest', align: 'right' },
        { label: 'Highest', align: 'right' },
        { label: 'MB/s', align: 'right' },
        { label: 'Every run, messages/s', align: 'left' },
      ],
      rows: drawn.map(({ name, cell }) => [
        { text: name },
        ...[cell.throughput?.median, cell.throughput?.low, cell.throughput?.high].map((value) => ({
          text: value === undefined ? nothing : formatRate(value),
        })),
        { text: cell.megabytesPerSecond ? formatSignificant(cell.megabytesPerSecond.median) : nothing },
        {
          text: cell.runs
            .map(
              (run) =>
                (run.figures ? formatRate(run.figures.throughput) : nothing) +
                (counts(run) ? '' : ` (${statusText(run)})`),
            )
            .join(', '),
        },
      ]),
    },
  };
}

function describe({ name, cell, model }: Series): string {
  const { throughput } = cell;
  if (!throughput) return `${name}: ${emptyCellText(cell, model.result)}.`;
  const range = cell.counted.length > 1 ? `, ${formatRate(throughput.low)} to ${formatRate(throughput.high)}` : '';
  const excluded = excludedText(cell);
  return `${name}: ${formatRate(throughput.median)} messages per second${range}${cell.caveat === undefined ? '' : `; ${cell.caveat}`}${excluded === '' ? '' : `; not counted: ${excluded}`}.`;
}

/** Share of a target's width that its bars take. */
const filled = 0.66;

function specOf(
  scene: Scene,
  drawn: readonly Series[],
  speeds: readonly number[],
  head: ReturnType<typeof headOf>,
): TopLevelSpec {
  const ticks = linearTicks(Math.max(...speeds) * 1.12);
  const targets = [...new Set(drawn.map((s) => s.label))];
  const width = panelWidth(ticks.map(tickLabel));
  const lane = filled / scene.models.length;
  const places = drawn.map((s): Placed => {
    const middle = targets.indexOf(s.label) + (s.resultIndex - (scene.models.length - 1) / 2) * lane;
    return { ...s, middle, from: middle - lane * 0.46, to: middle + lane * 0.46 };
  });
  const labelWidth = (width / targets.length) * 0.96;
  const labels = targets.map((target) =>
    axisLabel(
      drawn.filter((s) => s.label === target),
      labelWidth,
    ),
  );
  const bars = places.flatMap(barRow);
  const roomy = (lane * width) / targets.length > 90;
  const acrossTargets: [number, number] = [-0.5, targets.length - 0.5];
  const upwards: [number, number] = [0, ticks.at(-1) ?? 1];
  const x = {
    field: 'middle',
    type: 'quantitative',
    scale: { domain: acrossTargets, nice: false, zero: false },
    axis: {
      title: null,
      values: targets.map((_, i) => i),
      labelExpr: 'labels[datum.value]',
      labelColor: ink,
      labelLineHeight: 15,
      labelOverlap: false,
      labelBound: false,
      labelFlush: false,
      labelLimit: labelWidth,
      grid: false,
      ticks: false,
    },
  } as const;
  const y = {
    field: 'median',
    type: 'quantitative',
    scale: { domain: upwards, nice: false },
    axis: { title: 'Messages per second', values: ticks, labelExpr: tickLabelExpr, domain: false, ticks: false },
  } as const;
  const key = { field: 'series', type: 'nominal', legend: null } as const;
  const names = places.map((s) => s.name);
  const color = { ...key, scale: { domain: names, range: places.map((s) => s.channel.color) } } as const;
  const shape = { ...key, scale: { domain: names, range: places.map((s) => shapeOf(s)) } } as const;
  return {
    ...frame(head),
    params: [{ name: 'labels', value: labels }],
    width,
    height: 300,
    layer: [
      {
        data: { values: bars },
        encoding: { x, y },
        layer: [
          {
            mark: { type: 'rect', fillOpacity: 0.24 },
            encoding: { x: { field: 'from', type: 'quantitative' }, x2: { field: 'to' }, y2: { datum: 0 }, color },
          },
          {
            mark: { type: 'rule', strokeWidth: 3 },
            encoding: { x: { field: 'from', type: 'quantitative' }, x2: { field: 'to' }, color },
          },
          {
            mark: { type: 'rule', strokeWidth: 1.5, stroke: ink },
            encoding: {
              x: { field: 'side', type: 'quantitative' },
              y: { field: 'low', type: 'quantitative' },
              y2: { field: 'high' },
            },
          },
          ...(['low', 'high'] as const).map((field) => ({
            mark: { type: 'tick' as const, orient: 'horizontal' as const, size: 9, thickness: 1.5, color: ink },
            encoding: {
              x: { field: 'side', type: 'quantitative' as const },
              y: { field, type: 'quantitative' as const },
            },
          })),
          {
            mark: { type: 'text', baseline: 'bottom', dy: roomy ? -24 : -9, fontSize: 14, fontWeight: 600, color: ink },
            encoding: { y: { field: 'top', type: 'quantitative' }, text: { field: 'speed' } },
          },
          ...(roomy
            ? [
                {
                  mark: { type: 'text' as const, baseline: 'bottom' as const, dy: -9, fontSize: 12, color: softInk },
                  encoding: { y: { field: 'top', type: 'quantitative' as const }, text: { field: 'volume' } },
                },
              ]
            : []),
          {
            mark: { type: 'text', baseline: 'bottom', dy: -4, fontSize: 12, color: ink },
            encoding: { y: { datum: 0 }, text: { field: 'letter' } },
          },
        ],
      },
      {
        data: { values: places.flatMap((s) => dotRows(s, lane, true)) },
        mark: { type: 'point', filled: true, size: 62, opacity: 1, stroke: paper, strokeWidth: 1 },
        encoding: { x, y: { ...y, field: 'speed' }, color, shape },
      },
      {
        data: { values: places.flatMap((s) => dotRows(s, lane, false)) },
        mark: {
          type: 'point',
          filled: false,
          size: 40,
          opacity: 1,
          stroke: softInk,
          strokeWidth: 2,
          shape: 'M-1,-1L1,1M-1,1L1,-1',
        },
        encoding: { x, y: { ...y, field: 'speed' } },
      },
    ],
  };
}

/** A series and where it stands: 1 is the width of a target. */
interface Placed extends Series {
  readonly middle: number;
  readonly from: number;
  readonly to: number;
}

const resultShapes = ['circle', 'square', 'triangle-up', 'diamond'] as const;

/** The second channel: by target, or by result where several are laid over each other. */
function shapeOf(s: Series): string {
  return s.letter === undefined ? s.channel.shape : (resultShapes[s.resultIndex % resultShapes.length] ?? 'circle');
}

function axisLabel(of: readonly Series[], width: number): string[] {
  const [first] = of;
  if (!first) return [];
  const servers = new Set(
    of.flatMap(({ model, cell }) => {
      const record = model.targets.find((t) => t.name === cell.target)?.record;
      return record ? [serverText(record)] : [];
    }),
  );
  const caveats = new Set(
    of.map(({ cell, model }) => (cell.throughput ? cell.caveat : emptyCellText(cell, model.result))),
  );
  return [first.label, ...servers, ...caveats].flatMap((text) =>
    text === undefined ? [] : wrapText(text, width, config.axis?.labelFontSize as number, { most: 2 }),
  );
}

function barRow({ cell, name, letter, middle, from, to }: Placed): object[] {
  const { throughput, megabytesPerSecond } = cell;
  if (!throughput || !megabytesPerSecond) return [];
  return [
    {
      series: name,
      middle,
      from,
      to,
      side: from + (to - from) * 0.1,
      median: throughput.median,
      low: throughput.low,
      high: throughput.high,
      // Above whatever is drawn, so that no dot hides the figure.
      top: Math.max(...cell.runs.map((run) => run.figures?.throughput ?? 0)),
      speed: formatRate(throughput.median),
      volume: `${formatSignificant(megabytesPerSecond.median)} MB/s`,
      letter: letter ?? '',
    },
  ];
}

function dotRows({ cell, name, middle }: Placed, lane: number, counted: boolean): object[] {
  // To the right of the range's line.
  const spread = cell.runs.length > 1 ? (lane * 0.56) / (cell.runs.length - 1) : 0;
  return cell.runs.flatMap((run, i) =>
    run.figures && counts(run) === counted
      ? [
          {
            series: name,
            run: run.id,
            middle: middle + lane * 0.06 + (i - (cell.runs.length - 1) / 2) * spread,
            speed: run.figures.throughput,
          },
        ]
      : [],
  );
}
