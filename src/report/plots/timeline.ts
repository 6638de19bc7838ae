/**
 * Throughput, messages in the queue and CPU of one run on one time axis, for each target: what the broker was doing
 * when the figure came about.
 */
import type { TopLevelSpec } from 'vega-lite';
import type { RunRecord } from '../../results/schema.js';
import { textWidth } from '../font.js';
import { formatCount, formatRate, formatSignificant, nothing } from '../format.js';
import { depthOf, isHeldUp, type PhaseSpan, phasesOf, shownRun } from '../timeline.js';
import { runName } from '../wording.js';
import { anyFaults, faultMarks, faultReading, faultsText } from './fault-marks.js';
import { figures, tableOf, words } from './figures.js';
import { dashNotes, type Panel, panelDash, panelsOf, panelTitle } from './panels.js';
import { frame, type Head, headOf, panelWidth, type Plot, type Scene, type Series, sizeSuffix } from './plot.js';
import { linearTicks, tickLabel, tickLabelExpr } from './scales.js';
import { markColor, shadeColor, softInk } from './theme.js';
import { pointsOf } from './time.js';

/** One point of a line: seconds since the measured part began, and a figure. */
interface Point {
  readonly t: number;
  readonly value: number;
}

interface Course {
  readonly series: Series;
  readonly run: RunRecord;
  readonly phases: readonly PhaseSpan[];
  readonly lines: Readonly<Record<LineName, readonly Point[]>>;
  /** Seconds at which the broker blocked publishers or held clients up. */
  readonly heldUp: readonly number[];
}

type LineName = 'throughput' | 'depth' | 'broker' | 'workers';

/** The strips of a target, from above; a strip has one line or two. */
const strips = [
  { title: 'Messages/s', lines: ['throughput'] },
  { title: 'In queue', lines: ['depth'] },
  { title: 'CPU, cores', lines: ['broker', 'workers'] },
] as const satisfies readonly { title: string; lines: readonly LineName[] }[];
type Strip = (typeof strips)[number];

/** What a line's figure is called where it is pointed at. */
const measures: Readonly<Record<LineName, string>> = {
  throughput: 'messages/s',
  depth: 'messages in the queue',
  broker: 'broker, cores',
  workers: 'workers, cores',
};

const stripHeight = 58;
const labelSize = 11;
/** Of the figures on an axis, and between them and it. */
const tickSize = 12;
const tickGap = 6;

export function timelinePlot(scene: Scene): Plot | undefined {
  const courses = scene.series.flatMap((series): Course[] => {
    const run = shownRun(series.cell);
    return run === undefined ? [] : [courseOf(series, run)];
  });
  if (courses.length === 0) return undefined;
  const held = courses.some(({ heldUp }) => heldUp.length > 0);
  const head = headOf(
    scene,
    'What the broker did',
    'One run a target, the median one. In queue: ready and unacknowledged, of Kafka the lag. CPU: the broker’s processes in colour, all workers grey.',
    [
      'Shaded: not measured (before) and drain (after the last send).',
      ...(anyFaults(courses) ? [faultReading] : []),
      ...(held ? ['▼: the broker blocked publishers or held clients up.'] : []),
    ],
  );
  return {
    name: `timeline-${sizeSuffix(scene)}`,
    head,
    description: courses.map(describe).join(' '),
    spec: specOf(scene, courses, head),
    table: tableOf(
      [
        words('Run'),
        figures('Second'),
        words('Part'),
        ...(Object.keys(measures) as LineName[]).map((name) => figures(measures[name])),
      ],
      courses.flatMap(rowsOf),
    ),
  };
}

function courseOf(series: Series, run: RunRecord): Course {
  const samples = run.broker?.samples ?? [];
  const line = (of: (sample: (typeof samples)[number]) => number | undefined): Point[] =>
    samples.flatMap((sample) => {
      const value = of(sample);
      return value === undefined ? [] : [{ t: sample.t, value }];
    });
  return {
    series,
    run,
    phases: phasesOf(run),
    lines: {
      throughput: pointsOf(run, series).map(({ t, rate }) => ({ t, value: rate })),
      depth: line(depthOf),
      broker: line(({ process }) => process?.cpu),
      workers: line(({ workersCpu }) => workersCpu),
    },
    heldUp: samples.filter(isHeldUp).map(({ t }) => t),
  };
}

/** A row a look at the broker, with the throughput of the interval it fell into. */
function rowsOf(course: Course): string[][] {
  const { run, lines } = course;
  return (run.broker?.samples ?? []).map((sample) => {
    const nearest = lines.throughput.toSorted((a, b) => Math.abs(a.t - sample.t) - Math.abs(b.t - sample.t))[0];
    const text = (value: number | undefined, format: (value: number) => string) =>
      value === undefined ? nothing : format(value);
    return [
      nameOf(course),
      sample.t.toFixed(1),
      phaseNames[sample.phase],
      text(nearest?.value, formatRate),
      text(depthOf(sample), formatCount),
      text(sample.process?.cpu, formatSignificant),
      text(sample.workersCpu, formatSignificant),
    ];
  });
}

const phaseNames: Readonly<Record<PhaseSpan['phase'], string>> = {
  warmup: 'warm-up',
  fill: 'fill',
  measure: 'measured',
  drain: 'drain',
};

function nameOf({ series, run }: Course): string {
  return series.letter === undefined ? runName(run) : `${series.letter} ${runName(run)}`;
}

function describe(course: Course): string {
  const most = (name: LineName) => Math.max(...course.lines[name].map(({ value }) => value));
  const { lines, heldUp } = course;
  const parts = [
    ...(lines.depth.length > 0 ? [`at most ${formatCount(most('depth'))} messages in the queue`] : []),
    ...(lines.broker.length > 0 ? [`the broker used at most ${formatSignificant(most('broker'))} cores`] : []),
    ...(lines.workers.length > 0 ? [`the workers ${formatSignificant(most('workers'))}`] : []),
    ...(heldUp.length > 0 ? [`blocked publishers or held clients up in ${formatCount(heldUp.length)} samples`] : []),
  ];
  const told = parts.length > 0 ? parts.join(', ') : 'the broker tells nothing of itself';
  return `${nameOf(course)}: ${told}${faultsText(course.run)}.`;
}

function specOf(scene: Scene, courses: readonly Course[], head: Head): TopLevelSpec {
  const panels = panelsOf(scene).filter((panel) => courses.some(({ series }) => panel.series.includes(series)));
  const scales = panels.map((panel) =>
    strips.map((strip) => {
      const own = courses.filter(({ series }) => panel.series.includes(series));
      const highest = Math.max(
        0,
        ...own.flatMap(({ lines }) => strip.lines.flatMap((name) => lines[name].map(({ value }) => value))),
      );
      const ticks = linearTicks(highest);
      return { own, strip, ticks: [0, ticks.at(-1) ?? 1], top: Math.max(ticks.at(-1) ?? 1, highest * 1.05) };
    }),
  );
  const labels = scales.flat().flatMap(({ ticks }) => ticks.map(tickLabel));
  const width = panelWidth(labels);
  // So that the titles of all axes stand below each other.
  const axisExtent = Math.max(...labels.map((label) => textWidth(label, tickSize))) + tickGap;
  return {
    ...frame(head),
    spacing: 18,
    vconcat: panels.map((panel, i) => ({
      title: panelTitle(panel, width, [...runNotes(panel, courses), ...dashNotes(panel)]),
      spacing: 6,
      vconcat: (scales[i] ?? []).flatMap(({ own, strip, ticks, top }, at) => {
        const filled = own.some(({ lines }) => strip.lines.some((name) => lines[name].length > 1));
        if (!filled) return [];
        const last = at === strips.length - 1;
        const titled = last && i === panels.length - 1;
        const along = spanOf(own);
        return [stripSpec({ own, strip, ticks, top, width, axisExtent, along, titled, last, first: at === 0 })];
      }),
    })),
  };
}

/** A time axis of its own for each panel: targets take from seconds to minutes for the same messages. */
function spanOf(courses: readonly Course[]): [number, number] {
  const times = courses.flatMap(({ lines }) => Object.values(lines).flatMap((line) => line.map(({ t }) => t)));
  return [Math.min(0, ...times), Math.max(...times)];
}

interface StripOptions {
  readonly own: readonly Course[];
  readonly strip: Strip;
  readonly ticks: number[];
  readonly top: number;
  readonly width: number;
  /** Pixels that the labels of every upright axis take. */
  readonly axisExtent: number;
  readonly along: [number, number];
  /** Says what the axis of time counts. */
  readonly titled: boolean;
  /** Has the axis of time. */
  readonly last: boolean;
  /** Says what the shaded parts are. */
  readonly first: boolean;
}

function stripSpec({ own, strip, ticks, top, width, axisExtent, along, titled, last, first }: StripOptions) {
  const x = {
    field: 't',
    type: 'quantitative',
    scale: { domain: along, nice: false },
    axis: { title: titled ? 'Seconds since the measured part began' : null, labels: last, tickCount: 8, grid: false },
  } as const;
  const y = {
    field: 'value',
    type: 'quantitative',
    scale: { domain: [0, top] as [number, number], nice: false },
    axis: {
      title: strip.title,
      titleFontSize: labelSize,
      minExtent: axisExtent,
      values: ticks,
      labelExpr: tickLabelExpr,
      domain: false,
      ticks: false,
    },
  } as const;
  const marked = (own[0]?.phases ?? []).filter(({ phase }) => phase !== 'measure');
  const pixels = width / (along[1] - along[0]);
  return {
    width,
    height: stripHeight,
    layer: [
      ...(marked.length > 0
        ? [
            {
              data: {
                values: marked.map(({ phase, from, to }) => {
                  const shown = { from: Math.max(from, along[0]), to: Math.min(to, along[1]) };
                  const text = phaseNames[phase];
                  const fits = textWidth(text, labelSize) + 8 <= (shown.to - shown.from) * pixels;
                  return { ...shown, text: first && fits ? text : '', top, floor: 0 };
                }),
              },
              layer: [
                {
                  mark: { type: 'rect' as const, color: shadeColor },
                  encoding: {
                    x: { ...x, field: 'from' },
                    x2: { field: 'to' },
                    y: { ...y, field: 'top' },
                    y2: { datum: 0 },
                  },
                },
                {
                  mark: {
                    type: 'text' as const,
                    align: 'left' as const,
                    baseline: 'bottom' as const,
                    dx: 4,
                    dy: -3,
                    fontSize: labelSize,
                    color: softInk,
                  },
                  encoding: { x: { ...x, field: 'from' }, y: { ...y, field: 'floor' }, text: { field: 'text' } },
                },
              ],
            },
          ]
        : []),
      ...faultMarks(own, { x, y, along, width, top, named: first }),
      ...own.flatMap(({ series, run, lines }) =>
        strip.lines.flatMap((name) =>
          lines[name].length < 2
            ? []
            : [
                {
                  data: { values: lines[name].map((point) => ({ run: run.id, measure: measures[name], ...point })) },
                  mark: {
                    type: 'line' as const,
                    color: name === 'workers' ? softInk : series.channel.color,
                    strokeWidth: name === 'workers' ? 1.2 : 1.7,
                    strokeDash: panelDash(series),
                  },
                  encoding: { x, y },
                },
              ],
        ),
      ),
      ...own
        .filter(({ heldUp }) => strip.lines.some((name) => name === 'depth') && heldUp.length > 0)
        .map(({ heldUp, run }) => ({
          data: { values: heldUp.map((t) => ({ run: run.id, measure: 'publishers blocked', t, value: top })) },
          mark: {
            type: 'point' as const,
            shape: 'triangle-down',
            filled: true,
            size: 40,
            opacity: 1,
            color: markColor,
          },
          encoding: { x, y },
        })),
    ],
  };
}

/** Which run is shown. */
function runNotes(panel: Panel, courses: readonly Course[]): string[] {
  return courses
    .filter(({ series }) => panel.series.includes(series))
    .map(({ series, run }) => `${series.letter === undefined ? '' : `${series.letter} `}run ${run.repetition}`);
}
