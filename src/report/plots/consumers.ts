/** Messages received a second by each consumer over a run's course: who worked, who starved, who took over. */
import type { TopLevelSpec } from 'vega-lite';
import type { RunRecord, Sample } from '../../results/schema.js';
import { pointId } from '../../scenario/axes.js';
import { textWidth } from '../font.js';
import { formatRate, nothing } from '../format.js';
import { counts } from '../model.js';
import { middleRun, type PhaseSpan, phasesOf } from '../timeline.js';
import { courseName, ratesAxis, secondsAxis } from './courses.js';
import { pushApart } from './end-labels.js';
import { anyFaults, faultMarks, faultReading, faultsText } from './fault-marks.js';
import { figures, tableOf, words } from './figures.js';
import { inGroups, intervalsOf, meanOver, middleOf, mostPoints, mostRows } from './intervals.js';
import { panelTitle } from './panels.js';
import { phaseNames, phaseNameSpans, phaseShades } from './phase-shades.js';
import { frame, type Head, headOf, panelWidth, type Plot, type Scene, type Series, sizeSuffix } from './plot.js';
import { linearTicks, tickLabel } from './scales.js';
import { channelOf } from './theme.js';

const panelHeight = 100;
const labelSize = 11;
/** More lines than this are told apart by pointing at them alone. */
const mostNamed = 7;

/** One run, consumer by consumer. */
interface Course {
  readonly series: Series;
  readonly run: RunRecord;
  readonly phases: readonly PhaseSpan[];
  readonly points: readonly Point[];
}

interface Point {
  readonly t: number;
  readonly seconds: number;
  readonly phase: Sample['phase'];
  /** Messages a second, by consumer. */
  readonly rates: readonly number[];
}

/** Undefined where there is one consumer only, or nothing was received. */
export function consumersPlot(scene: Scene): Plot | undefined {
  const courses = scene.series.flatMap(courseOf);
  if (courses.length === 0) return undefined;
  const most = Math.max(...courses.map(consumersIn));
  const head = headOf(
    scene,
    'Throughput over time, by consumer',
    `Messages received per second by each consumer, numbered from 0, in one run of each ${scene.series.some(({ cell }) => pointId(cell.axes) !== '') ? 'cell' : 'target'}, the median one. Each panel has its own scales.`,
    ['Shaded: not measured (before) and drain (after the last send).', ...(anyFaults(courses) ? [faultReading] : [])],
  );
  return {
    name: `consumers-${sizeSuffix(scene)}`,
    head,
    description: courses.map(describe).join(' '),
    spec: specOf(courses, head),
    table: tableOf(
      [
        words('Run'),
        figures('Second'),
        words('Part'),
        ...Array.from({ length: most }, (_, consumer) => figures(`Consumer ${consumer}, messages/s`)),
      ],
      courses.flatMap((course) =>
        groupsOf(course.points, mostRows).map(({ t, phase, rates }) => [
          courseName(course),
          t.toFixed(1),
          phaseNames[phase],
          ...Array.from({ length: most }, (_, consumer) => {
            const rate = rates[consumer];
            return rate === undefined ? nothing : formatRate(rate);
          }),
        ]),
      ),
      2,
    ),
  };
}

function courseOf(series: Series): Course[] {
  const run = middleRun(series.cell.runs.filter((one) => counts(one) && one.samples.length > 1));
  if (run === undefined) return [];
  // While a queue fills nobody takes from it.
  const points = intervalsOf(run)
    .filter(({ phase }) => phase !== 'fill')
    .map(({ t, seconds, phase, sample }) => ({
      t,
      seconds,
      phase,
      rates: sample.perConsumer.map((received) => received / seconds),
    }));
  const course = { series, run, phases: phasesOf(run), points: groupsOf(points, mostPoints) };
  const measured = course.points.filter(({ phase }) => phase === 'measure' || phase === 'drain');
  const shown = course.points.length > 1 && measured.some(({ rates }) => rates.some((rate) => rate > 0));
  return shown && consumersIn(course) > 1 ? [course] : [];
}

function groupsOf(points: readonly Point[], most: number): Point[] {
  return inGroups(points, most).map((group) => ({
    t: middleOf(group),
    seconds: group.reduce((sum, { seconds }) => sum + seconds, 0),
    phase: group[0]?.phase ?? 'measure',
    rates: (group[0]?.rates ?? []).map((_, consumer) => meanOver(group, ({ rates }) => rates[consumer] ?? 0)),
  }));
}

function consumersIn({ points }: Course): number {
  return Math.max(0, ...points.map(({ rates }) => rates.length));
}

function describe(course: Course): string {
  const measured = course.points.filter(({ phase }) => phase === 'measure');
  const means = Array.from({ length: consumersIn(course) }, (_, consumer) =>
    measured.length === 0 ? 0 : meanOver(measured, ({ rates }) => rates[consumer] ?? 0),
  );
  const told = means.map((mean, consumer) => `consumer ${consumer} ${formatRate(mean)}`).join(', ');
  return `${courseName(course)}: messages per second on average ${told}${faultsText(course.run)}.`;
}

function specOf(courses: readonly Course[], head: Head): TopLevelSpec {
  const panels = courses.map((course) => {
    const rates = course.points.flatMap((point) => point.rates);
    const ticks = linearTicks(Math.max(...rates)).filter((_, i, all) => all.length < 6 || i % 2 === 0);
    return { course, ticks, top: Math.max(ticks.at(-1) ?? 1, Math.max(...rates) * 1.05) };
  });
  const named = courses.filter((course) => consumersIn(course) <= mostNamed);
  const room = named.length === 0 ? 0 : textWidth(String(mostNamed), labelSize) + 12;
  const width = panelWidth(panels.flatMap(({ ticks }) => ticks.map(tickLabel))) - Math.ceil(room);
  return {
    ...frame(head),
    spacing: 14,
    vconcat: panels.map(({ course, ticks, top }, i) => {
      const { series, run, phases, points } = course;
      const times = points.map(({ t }) => t);
      const along: [number, number] = [Math.min(0, ...times), Math.max(...times)];
      const x = secondsAxis(along, i === panels.length - 1);
      const y = ratesAxis([0, top], ticks, i, panels.length);
      const consumers = consumersIn(course);
      const shaded = i === 0 ? phaseNameSpans(phases, along, width) : [];
      return {
        title: panelTitle({ label: series.name, series: [series] }, width, [`run ${run.repetition}`]),
        width,
        height: panelHeight,
        layer: [
          ...phaseShades(phases, { x, y, along, width, top, named: i === 0 }),
          ...faultMarks([course], { x, y, along, width, top, named: true }, shaded),
          ...Array.from({ length: consumers }, (_, consumer) => ({
            data: {
              values: points.map(({ t, rates }) => ({
                consumer: String(consumer),
                t,
                rate: Number((rates[consumer] ?? 0).toPrecision(4)),
              })),
            },
            mark: {
              type: 'line' as const,
              color: consumers <= mostNamed ? channelOf(consumer).color : series.channel.color,
              strokeDash: consumers <= mostNamed ? [...channelOf(consumer).dash] : [],
              strokeWidth: consumers <= mostNamed ? 1.5 : 1,
              opacity: consumers <= mostNamed ? 0.9 : 0.6,
            },
            encoding: { x, y },
          })),
          ...(consumers <= mostNamed ? endNames(points.at(-1)?.rates ?? [], top) : []),
        ],
      };
    }),
  };
}

/** Each consumer's number at the end of its line. */
function endNames(rates: readonly number[], top: number) {
  const ends = rates.map((rate, consumer) => ({ consumer, pixel: panelHeight * (1 - rate / top) }));
  return pushApart(ends, panelHeight).map(({ consumer, pixel }) => ({
    data: { values: [{ name: String(consumer) }] },
    mark: {
      type: 'text' as const,
      align: 'left' as const,
      baseline: 'middle' as const,
      dx: 6,
      fontSize: labelSize,
      fontWeight: 600 as const,
      color: channelOf(consumer).color,
      x: 'width' as const,
      y: pixel,
    },
    encoding: { text: { field: 'name' } },
  }));
}
