/** How throughput is drawn: bars upright for a few targets, lying for more, whose names need the room. */
import type { TopLevelSpec } from 'vega-lite';
import { textWidth, wrapText } from '../font.js';
import { formatRate, formatSignificant } from '../format.js';
import { counts } from '../model.js';
import { termsOf } from '../terms.js';
import { emptyCellText, serverText } from '../wording.js';
import { frame, type Head, panelWidth, type Scene, type Series } from './plot.js';
import { linearTicks, tickLabel, tickLabelExpr } from './scales.js';
import { ink, paper, softInk } from './theme.js';

/** More targets than this lie. */
const mostUpright = 4;
/** Share of a target's room that its bars take. */
const filled = 0.66;
const uprightHeight = 300;
/** Pixels of a lying bar with its gaps. */
const lyingLane = 62;
const lyingLabelWidth = 176;
const labelSize = 12;
const labelLineHeight = 15;

/**
 * @param drawn the series that have runs
 * @param speeds every speed to be drawn
 */
export function throughputSpec(
  scene: Scene,
  drawn: readonly Series[],
  speeds: readonly number[],
  head: Head,
): TopLevelSpec {
  const targets = [...new Set(drawn.map((s) => s.label))];
  const lanes = scene.models.length;
  const upright = targets.length <= mostUpright;
  // Room for the figures beyond the bars.
  const ticks = linearTicks(Math.max(...speeds) * (upright ? 1.12 : 1.2));
  const width = upright ? panelWidth(ticks.map(tickLabel)) : panelWidth([]) - lyingLabelWidth;
  const laneShare = filled / lanes;
  const places = drawn.map((s): Placed => {
    const middle = targets.indexOf(s.label) + (s.resultIndex - (lanes - 1) / 2) * laneShare;
    return { ...s, middle, from: middle - laneShare * 0.46, to: middle + laneShare * 0.46 };
  });
  const labelWidth = upright ? (width / targets.length) * 0.96 : lyingLabelWidth;
  const labels = targets.map((target) =>
    axisLabel(
      drawn.filter((s) => s.label === target),
      labelWidth,
    ),
  );
  const mostLines = Math.max(...labels.map((lines) => lines.length));
  const room: [number, number] = upright ? [-0.5, targets.length - 0.5] : [targets.length - 0.5, -0.5];
  const reach: [number, number] = [0, ticks.at(-1) ?? 1];
  const place = <F extends string>(field: F) =>
    ({
      field,
      type: 'quantitative',
      scale: { domain: room, nice: false, zero: false },
      axis: {
        title: null,
        values: targets.map((_, i) => i),
        labelExpr: 'labels[datum.value]',
        labelColor: ink,
        labelLineHeight,
        // Beside a lying bar the lines are centred on it.
        labelOffset: upright ? 0 : (-(mostLines - 1) * labelLineHeight) / 2,
        labelOverlap: false,
        labelBound: false,
        labelFlush: false,
        ...(upright && lanes > 1 ? { labelPadding: labelLineHeight + 4 } : {}),
        labelLimit: labelWidth + 4,
        grid: false,
        ticks: false,
      },
    }) as const;
  const value = <F extends string>(field: F) =>
    ({
      field,
      type: 'quantitative',
      scale: { domain: reach, nice: false },
      axis: {
        title: termsOf(scene.models).rateAxis,
        values: ticks,
        labelExpr: tickLabelExpr,
        labelFlush: false,
        domain: false,
        ticks: false,
      },
    }) as const;
  const at = (where: string, speed: string) =>
    upright ? { x: place(where), y: value(speed) } : { y: place(where), x: value(speed) };
  const broad = upright ? { x2: { field: 'to' } } : { y2: { field: 'to' } };
  const fromZero = upright ? { y2: { datum: 0 } } : { x2: { datum: 0 } };
  const upToHigh = upright ? { y2: { field: 'high' } } : { x2: { field: 'high' } };
  const names = places.map((s) => s.name);
  const key = { field: 'series', type: 'nominal', legend: null } as const;
  const color = { ...key, scale: { domain: names, range: places.map((s) => s.channel.color) } } as const;
  const shape = { ...key, scale: { domain: names, range: places.map((s) => shapeOf(s)) } } as const;
  const bars = places.flatMap(barRow);
  const roomy = !upright || (laneShare * width) / targets.length > 90;
  return {
    ...frame(head),
    params: [{ name: 'labels', value: upright ? labels : labels.map((lines) => centred(lines, mostLines)) }],
    width,
    height: upright ? uprightHeight : targets.length * lanes * lyingLane,
    layer: [
      {
        data: { values: bars },
        layer: [
          {
            mark: { type: 'rect', fillOpacity: 0.24 },
            encoding: { ...at('from', 'median'), ...broad, ...fromZero, color },
          },
          { mark: { type: 'rule', strokeWidth: 3 }, encoding: { ...at('from', 'median'), ...broad, color } },
          {
            mark: { type: 'rule', strokeWidth: 1.5, stroke: ink },
            encoding: { ...at('side', 'low'), ...upToHigh },
          },
          ...(['low', 'high'] as const).map((field) => ({
            mark: {
              type: 'tick' as const,
              orient: upright ? ('horizontal' as const) : ('vertical' as const),
              size: 9,
              thickness: 1.5,
              color: ink,
            },
            encoding: at('side', field),
          })),
          {
            mark: {
              type: 'text',
              fontSize: upright ? speedSize(bars, (width / targets.length) * laneShare) : largestSpeed,
              fontWeight: 600,
              color: ink,
              baseline: 'bottom',
              ...(upright ? { dy: roomy ? -24 : -9 } : { align: 'left', dx: 10, dy: 2 }),
            },
            encoding: { ...at('middle', 'top'), text: { field: 'speed' } },
          },
          ...(roomy
            ? [
                {
                  mark: {
                    type: 'text' as const,
                    fontSize: labelSize,
                    color: softInk,
                    ...(upright
                      ? { baseline: 'bottom' as const, dy: -9 }
                      : { align: 'left' as const, baseline: 'top' as const, dx: 10, dy: 4 }),
                  },
                  encoding: { ...at('middle', 'top'), text: { field: 'volume' } },
                },
              ]
            : []),
          {
            mark: {
              type: 'text',
              fontSize: labelSize,
              color: ink,
              // Under an upright bar, which may be lower than a letter.
              ...(upright ? { baseline: 'top', dy: 5 } : { align: 'left', baseline: 'middle', dx: 6 }),
            },
            encoding: { ...at('middle', 'floor'), text: { field: 'letter' } },
          },
        ],
      },
      {
        data: { values: places.flatMap((s) => dotRows(s, laneShare, true)) },
        mark: { type: 'point', filled: true, size: 62, opacity: 1, stroke: paper, strokeWidth: 1 },
        encoding: { ...at('middle', 'speed'), color, shape },
      },
      {
        data: { values: places.flatMap((s) => dotRows(s, laneShare, false)) },
        mark: {
          type: 'point',
          filled: false,
          size: 40,
          opacity: 1,
          stroke: softInk,
          strokeWidth: 2,
          shape: 'M-1,-1L1,1M-1,1L1,-1',
        },
        encoding: at('middle', 'speed'),
      },
    ],
  };
}

/** Of the figures over upright bars, so that neighbours do not run into each other where several results share a target. */
const largestSpeed = 14;
const smallestSpeed = 9;

/** @param room from one bar to the next */
function speedSize(bars: readonly { readonly speed: string }[], room: number): number {
  const fits = (size: number): boolean => bars.every(({ speed }) => textWidth(speed, size, true) + 3 <= room);
  let size = largestSpeed;
  while (size > smallestSpeed && !fits(size)) size--;
  return size;
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

/** Name, server, and what it measures if not the broker; each in two lines at most. */
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
    text === undefined ? [] : wrapText(text, width, labelSize, { most: 2 }),
  );
}

/** With empty lines above, so that all labels are as if they had as many lines. */
function centred(lines: readonly string[], most: number): string[] {
  return [...Array.from({ length: Math.floor((most - lines.length) / 2) }, () => ' '), ...lines];
}

function barRow({ cell, name, letter, middle, from, to }: Placed) {
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
      floor: 0,
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
