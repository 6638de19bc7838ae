/**
 * Throughput, messages in the queue and CPU of one run on one time axis, for each target: what the broker was doing
 * when the figure came about.
 */
import type { TopLevelSpec } from 'vega-lite';
import { plural } from '../../plural.js';
import type { BrokerSampleRecord, RunRecord } from '../../results/schema.js';
import { textWidth } from '../font.js';
import { formatCount, formatRate, formatSignificant, nothing } from '../format.js';
import { depthOf, isHeldUp, type PhaseSpan, phasesOf, shownRun } from '../timeline.js';
import { courseName, secondsAxis } from './courses.js';
import { anyFaults, faultMarks, faultReading, faultsText } from './fault-marks.js';
import { figures, tableOf, words } from './figures.js';
import { inGroups, middleOf, mostPoints, mostRows } from './intervals.js';
import { dashNotes, type Panel, panelDash, panelsOf, panelTitle } from './panels.js';
import { phaseNames, phaseNameSpans, phaseShades } from './phase-shades.js';
import { frame, type Head, headOf, panelWidth, type Plot, type Scene, type Series, sizeSuffix } from './plot.js';
import { linearTicks, tickLabel, tickLabelExpr } from './scales.js';
import { markColor, softInk } from './theme.js';
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
    if (run === undefined || !scene.targets.includes(series.label)) return [];
    const course = courseOf(series, run);
    return Object.values(course.lines).some(isDrawn) ? [course] : [];
  });
  if (courses.length === 0) return undefined;
  const held = courses.some(({ heldUp }) => heldUp.length > 0);
  const together = courses.some(({ run }) => (run.broker?.samples.length ?? 0) > mostPoints);
  const head = headOf(
    scene,
    'What the broker did',
    'One run a target, the median one. In queue: ready and unacknowledged, of Kafka the lag. CPU: the broker’s processes in colour, all workers grey.',
    [
      'Shaded: not measured (before) and drain (after the last send).',
      ...(anyFaults(courses) ? [faultReading] : []),
      ...(held ? ['▼: the broker blocked publishers or held clients up.'] : []),
      ...(together ? ['In long runs several looks are one point: the fullest queue, the mean of CPU.'] : []),
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
        ...(held ? [words('Held up')] : []),
      ],
      courses.flatMap((course) => rowsOf(course, held)),
      2,
    ),
  };
}

/** A line has two points at least. */
function isDrawn(line: readonly Point[]): boolean {
  return line.length > 1;
}

function courseOf(series: Series, run: RunRecord): Course {
  const looks = looksOf(run, mostPoints);
  const line = (of: (look: Look) => number | undefined): Point[] =>
    looks.flatMap((look) => {
      const value = of(look);
      return value === undefined ? [] : [{ t: look.t, value }];
    });
  return {
    series,
    run,
    phases: phasesOf(run),
    lines: {
      throughput: pointsOf(run, series).map(({ t, rate }) => ({ t, value: rate })),
      depth: line(({ depth }) => depth),
      broker: line(({ broker }) => broker),
      workers: line(({ workers }) => workers),
    },
    heldUp: looks.filter(({ heldUp }) => heldUp).map(({ t }) => t),
  };
}

/** A look at the broker, or what several of them saw. */
interface Look {
  readonly t: number;
  readonly phase: PhaseSpan['phase'];
  /** The most. */
  readonly depth: number | undefined;
  /** Cores, the mean. */
  readonly broker: number | undefined;
  readonly workers: number | undefined;
  /** In one of them at least. */
  readonly heldUp: boolean;
}

/** At most so many: in a long run several looks are one, which hides no full queue and nobody held up. */
function looksOf({ broker }: RunRecord, most: number): Look[] {
  return inGroups(broker?.samples ?? [], most).map((group): Look => {
    const all = (of: (sample: BrokerSampleRecord) => number | undefined) => group.flatMap((sample) => of(sample) ?? []);
    const mean = (values: readonly number[]) =>
      values.length === 0
        ? undefined
        : Number((values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3));
    const depths = all(depthOf);
    return {
      t: middleOf(group),
      phase: group[0]?.phase ?? 'measure',
      depth: depths.length === 0 ? undefined : Math.max(...depths),
      broker: mean(all(({ process }) => process?.cpu)),
      workers: mean(all(({ workersCpu }) => workersCpu)),
      heldUp: group.some(isHeldUp),
    };
  });
}

/** A row a look at the broker, with the throughput of the interval it fell into. */
function rowsOf(course: Course, held: boolean): string[][] {
  const { run, lines } = course;
  return looksOf(run, mostRows).map(({ t, phase, depth, broker, workers, heldUp }) => {
    const nearest = lines.throughput.reduce<Point | undefined>(
      (best, point) => (best === undefined || Math.abs(point.t - t) < Math.abs(best.t - t) ? point : best),
      undefined,
    );
    const text = (value: number | undefined, format: (value: number) => string) =>
      value === undefined ? nothing : format(value);
    return [
      courseName(course),
      t.toFixed(1),
      phaseNames[phase],
      text(nearest?.value, formatRate),
      text(depth, formatCount),
      text(broker, formatSignificant),
      text(workers, formatSignificant),
      ...(held ? [heldUp ? 'yes' : nothing] : []),
    ];
  });
}

function describe(course: Course): string {
  const most = (name: LineName) => Math.max(...course.lines[name].map(({ value }) => value));
  const { lines, run } = course;
  const heldUp = (run.broker?.samples ?? []).filter(isHeldUp).length;
  const parts = [
    ...(lines.depth.length > 0 ? [`at most ${formatCount(most('depth'))} messages in the queue`] : []),
    ...(lines.broker.length > 0 ? [`the broker used at most ${formatSignificant(most('broker'))} cores`] : []),
    ...(lines.workers.length > 0 ? [`the workers ${formatSignificant(most('workers'))}`] : []),
    ...(heldUp > 0 ? [`blocked publishers or held clients up in ${plural(heldUp, 'sample')}`] : []),
  ];
  const told = parts.length > 0 ? parts.join(', ') : 'the broker tells nothing of itself';
  return `${courseName(course)}: ${told}${faultsText(run)}.`;
}

function specOf(scene: Scene, courses: readonly Course[], head: Head): TopLevelSpec {
  const panels = panelsOf(scene).flatMap((panel) => {
    const own = courses.filter(({ series }) => panel.series.includes(series));
    const shown = strips
      .filter(({ lines }) => own.some((course) => lines.some((name) => isDrawn(course.lines[name]))))
      .map((strip) => {
        const highest = Math.max(
          0,
          ...own.flatMap(({ lines }) => strip.lines.flatMap((name) => lines[name].map(({ value }) => value))),
        );
        const ticks = linearTicks(highest);
        return { strip, ticks: [0, ticks.at(-1) ?? 1], top: Math.max(ticks.at(-1) ?? 1, highest * 1.05) };
      });
    // Held-up clients are marked where the queue is, as far as the broker tells how long it is.
    const marked = shown.find(({ strip }) => strip.title === 'In queue') ?? shown[0];
    return own.length === 0 ? [] : [{ panel, own, shown, marked }];
  });
  const labels = panels.flatMap(({ shown }) => shown.flatMap(({ ticks }) => ticks.map(tickLabel)));
  const width = panelWidth(labels);
  // So that the titles of all axes stand below each other.
  const axisExtent = Math.max(...labels.map((label) => textWidth(label, tickSize))) + tickGap;
  return {
    ...frame(head),
    spacing: 18,
    vconcat: panels.map(({ panel, own, shown, marked }, i) => {
      const along = spanOf(own);
      return {
        title: panelTitle(panel, width, [...runNotes(panel, courses), ...dashNotes(panel)]),
        spacing: 6,
        vconcat: shown.map((one, at) => {
          const last = at === shown.length - 1;
          return stripSpec({
            own,
            ...one,
            width,
            axisExtent,
            along,
            titled: last && i === panels.length - 1,
            last,
            first: at === 0,
            marked: one === marked,
          });
        }),
      };
    }),
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
  /** Has the marks of where clients were held up. */
  readonly marked: boolean;
}

function stripSpec({ own, strip, ticks, top, width, axisExtent, along, titled, last, first, marked }: StripOptions) {
  const phases = own[0]?.phases ?? [];
  const x = secondsAxis(along, titled, last);
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
  return {
    width,
    height: stripHeight,
    layer: [
      ...phaseShades(phases, { x, y, along, width, top, named: first }),
      ...faultMarks(own, { x, y, along, width, top, named: first }, phaseNameSpans(phases, along, width)),
      ...own.flatMap(({ series, run, lines }) =>
        strip.lines.flatMap((name) =>
          isDrawn(lines[name])
            ? [
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
              ]
            : [],
        ),
      ),
      ...own
        .filter(({ heldUp }) => marked && heldUp.length > 0)
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
