/** Messages received a second over a run's course, a panel a target, every run a line. */
import type { TopLevelSpec } from 'vega-lite';
import type { RunRecord, Sample } from '../../results/schema.js';
import { textWidth } from '../font.js';
import { formatRate } from '../format.js';
import { counts } from '../model.js';
import { aboveBy, courseName, pixelsAlong, ratesAxis, secondsAxis } from './courses.js';
import { anyFaults, faultMarks, faultReading } from './fault-marks.js';
import { figures, tableOf, words } from './figures.js';
import { inGroups, intervalsOf, meanOver, middleOf, mostRows } from './intervals.js';
import { caveatNotes, dashNotes, panelDash, panelsOf, panelTitle } from './panels.js';
import { phaseNames } from './phase-shades.js';
import { frame, type Head, headOf, panelWidth, type Plot, type Scene, type Series, sizeSuffix } from './plot.js';
import { linearTicks, tickLabel } from './scales.js';
import { shadeColor, softInk } from './theme.js';

const labelSize = 11;

interface Course {
  readonly series: Series;
  readonly run: RunRecord;
  readonly points: readonly RatePoint[];
}

/** Messages a second in one interval. */
interface RatePoint {
  /** The middle of the interval, in seconds since the measured part began. */
  readonly t: number;
  readonly seconds: number;
  readonly rate: number;
  readonly phase: Sample['phase'];
}

export function timePlot(scene: Scene): Plot | undefined {
  const courses = scene.series.flatMap((series) =>
    series.cell.runs.filter(counts).flatMap((run): Course[] => {
      const points = pointsOf(run, series);
      return points.length > 1 ? [{ series, run, points }] : [];
    }),
  );
  if (courses.length === 0) return undefined;
  const what = 'Throughput over time';
  const reading = `${courses.some(fills) ? 'Messages confirmed per second while the queue fills, then received' : courses.every(confirms) ? 'Messages confirmed per second' : 'Messages received per second'}. Each run is a line; thin: what is not measured (before: shaded). Each panel has its own scale.`;
  const head = headOf(scene, what, reading, anyFaults(courses) ? [faultReading] : []);
  return {
    name: `time-${sizeSuffix(scene)}`,
    head,
    description: courses.map(describe).join(' '),
    spec: specOf(scene, courses, head),
    table: tableOf(
      [words('Run'), figures('Second'), words('Part'), figures('Messages/s')],
      courses.flatMap((course) =>
        inGroups(course.points, mostRows).map((group) => [
          courseName(course),
          middleOf(group).toFixed(1),
          phaseNames[group[0]?.phase ?? 'measure'],
          formatRate(meanOver(group, ({ rate }) => rate)),
        ]),
      ),
      2,
    ),
  };
}

/** Rates by interval. */
export function pointsOf(run: RunRecord, { model }: Series): readonly RatePoint[] {
  return intervalsOf(run).map(({ t, seconds, phase, sample }) => {
    // Where nothing can be received, what is confirmed.
    const alone = model.result.scenario.work === 'produce' || phase === 'fill';
    const counted = alone ? sample.confirmed : sample.received;
    return { t, seconds, rate: Number((counted / seconds).toPrecision(5)), phase };
  });
}

function fills({ run }: Course): boolean {
  return run.samples.some(({ phase }) => phase === 'fill');
}

function confirms({ series }: Course): boolean {
  return series.model.result.scenario.work === 'produce';
}

function measured({ points }: Course): number[] {
  const rates = points.filter(({ phase }) => phase === 'measure').map(({ rate }) => rate);
  return rates.length > 0 ? rates : [0];
}

function describe(course: Course): string {
  const rates = measured(course);
  const mean = formatRate(course.run.figures?.throughput ?? 0);
  return `${courseName(course)}: ${formatRate(Math.min(...rates))} to ${formatRate(Math.max(...rates))} messages per second by interval, ${mean} over all.`;
}

function specOf(scene: Scene, courses: readonly Course[], head: Head): TopLevelSpec {
  const times = courses.flatMap(({ points }) => points.map(({ t }) => t));
  const along: [number, number] = [Math.min(0, ...times), Math.max(...times)];
  const panels = panelsOf(scene).filter((panel) => courses.some((course) => panel.series.includes(course.series)));
  const scales = panels.map((panel) => {
    const own = courses.filter((course) => panel.series.includes(course.series));
    const ticks = linearTicks(Math.max(...own.flatMap(({ points }) => points.map(({ rate }) => rate)))).filter(
      (_, i, all) => all.length < 6 || i % 2 === 0,
    );
    return {
      own,
      ticks,
      upwards: [
        0,
        Math.max(ticks.at(-1) ?? 1, ...own.flatMap(({ points }) => points.map(({ rate }) => rate * 1.05))),
      ] as [number, number],
    };
  });
  const width = panelWidth(scales.flatMap(({ ticks }) => ticks.map(tickLabel)));
  return {
    ...frame(head),
    spacing: 14,
    vconcat: panels.map((panel, i) => {
      const { own, ticks, upwards } = scales[i] ?? { own: [], ticks: [0, 1], upwards: [0, 1] as [number, number] };
      const last = i === panels.length - 1;
      const x = secondsAxis(along, last, last);
      const y = ratesAxis(upwards, ticks, i, panels.length);
      const beginning = pixelsAlong({ along, width }, 0);
      const shaded = i === 0 ? shadeLabel(own.some(fills), beginning) : '';
      return {
        title: panelTitle(panel, width, [...caveatNotes(panel), ...dashNotes(panel)]),
        width,
        height: 100,
        layer: [
          ...(along[0] < 0 ? [shade(along[0], shaded, upwards[1], x, y)] : []),
          ...faultMarks(
            own,
            { x, y, along, width, top: upwards[1], named: true },
            shaded === '' ? [] : [{ left: 0, right: beginning }],
          ),
          ...own.flatMap(({ series, run, points }) =>
            (['warmup', 'fill', 'measure', 'drain'] as const).flatMap((phase) => {
              const values = points.filter((point, at) => point.phase === phase || points[at - 1]?.phase === phase);
              if (values.length < 2) return [];
              const counted = phase === 'measure';
              return [
                {
                  data: { values: values.map(({ t, rate }) => ({ run: run.id, phase, t, rate })) },
                  mark: {
                    type: 'line' as const,
                    color: series.channel.color,
                    strokeWidth: counted ? 1.7 : 1,
                    opacity: counted ? 0.85 : 0.5,
                    strokeDash: panelDash(series),
                  },
                  encoding: { x, y },
                },
              ];
            }),
          ),
        ],
      };
    }),
  };
}

/** As much as the shaded part has room for, in pixels. */
function shadeLabel(filling: boolean, room: number): string {
  return (
    (filling ? ['the queue fills', 'fill'] : ['warm-up, not counted', 'warm-up']).find(
      (text) => textWidth(text, labelSize) + 10 <= room,
    ) ?? ''
  );
}

function shade<X extends object, Y extends object>(from: number, text: string, top: number, x: X, y: Y) {
  return {
    data: { values: [{ from, to: 0, top, text }] },
    layer: [
      {
        mark: { type: 'rect' as const, color: shadeColor },
        encoding: { x: { ...x, field: 'from' }, x2: { field: 'to' }, y: { ...y, field: 'top' }, y2: { datum: 0 } },
      },
      {
        mark: {
          type: 'text' as const,
          align: 'right' as const,
          baseline: 'bottom' as const,
          dx: -5,
          dy: -aboveBy(0),
          fontSize: labelSize,
          color: softInk,
        },
        encoding: { x: { ...x, field: 'to' }, y: { ...y, field: 'top' }, text: { field: 'text' } },
      },
    ],
  };
}
