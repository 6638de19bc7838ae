/** Fair dispatch: how long each worker was busy, and when the work was done; prefetches and targets below each other. */
import type { TopLevelSpec } from 'vega-lite';
import { pointText, withoutAxis } from '../../scenario/axes.js';
import { formatCount, formatShare, formatSignificant } from '../format.js';
import { type TasksModel, tasksOf } from '../tasks.js';
import { figures, tableOf, words } from './figures.js';
import { frame, type Head, headOf, type Plot, type Scene, sizeSuffix } from './plot.js';
import {
  type Lane,
  groupLayer,
  laneAxis,
  laneHeight,
  laneParams,
  lanesOf,
  laneWidth,
  type Occupant,
  refusedLayer,
  wholeScene,
} from './lanes.js';
import { linearTicks, tickLabelExpr } from './scales.js';
import { ink, paper, softInk } from './theme.js';

interface Row extends Lane {
  readonly tasks: TasksModel;
  readonly color: string;
}

/** Undefined where no message had a weight. */
export function busyPlot(part: Scene): Plot | undefined {
  if (!part.leads) return undefined;
  const scene = wholeScene(part);
  const lanes = lanesOf(scene, (occupant, group) => ({ group, own: ownName(scene, occupant) }));
  const rows = lanes.flatMap((lane): Row[] => {
    const tasks = 'cell' in lane.occupant ? tasksOf(lane.occupant.cell) : undefined;
    return tasks ? [{ ...lane, tasks, color: lane.channel.color }] : [];
  });
  if (rows.length === 0) return undefined;
  const cells = rows.flatMap(({ occupant }) => ('cell' in occupant ? [occupant.cell.target] : []));
  const statics = [...new Set(cells)].filter((target) => isStatic(scene, target));
  const head = headOf(
    scene,
    'Who does the work, and when it is done',
    'Bar: time for which a worker was busy, the busiest on top (median). Each dot: a run. Black line: all is done. Dashed: the same, had the work been shared evenly.',
    statics.length > 0
      ? [
          `Dispatch on ${statics.join(' and ')} is static: a partition's messages wait behind its heavy ones, whoever is free.`,
        ]
      : [],
  );
  return {
    name: `busy-${sizeSuffix(scene)}`,
    head,
    description: rows.map(describe).join(' '),
    spec: specOf(lanes, rows, head),
    table: tableOf(
      [
        words('Target'),
        figures('Done after s'),
        figures('Evenly s'),
        words('Busy s, from the busiest worker down'),
        words('Busy'),
        words('Every run done after s'),
      ],
      rows.map(({ label, tasks }) => [
        label,
        formatSignificant(tasks.completion.median),
        formatSignificant(tasks.evenSeconds),
        tasks.workers.map((w) => formatSignificant(w.busySeconds.median)).join(', '),
        tasks.workers.map((w) => formatShare(w.busyShare.median)).join(', '),
        tasks.runs.map((run) => formatSignificant(run.completionSeconds)).join(', '),
      ]),
    ),
  };
}

function isStatic({ models }: Scene, target: string): boolean {
  return models.some((model) => model.targets.find((t) => t.name === target)?.record?.dispatch === 'static');
}

function describe({ label, tasks }: Row): string {
  const shares = tasks.workers.map((w) => formatShare(w.busyShare.median)).join(', ');
  return `${label}: done after ${formatSignificant(tasks.completion.median)} s, evenly it would be ${formatSignificant(tasks.evenSeconds)} s; workers busy ${shares}.`;
}

/** The values that tell a target's cells apart; a prefetch that there is none of is not one. */
function ownName(scene: Scene, occupant: Occupant): string {
  if ('refused' in occupant) return pointText(occupant.refused.cell.axes);
  const { target, axes } = occupant.cell;
  if (!isStatic(scene, target)) return pointText(axes);
  return ['by partition', pointText(withoutAxis(axes, 'prefetch'))].filter((part) => part !== '').join(', ');
}

/** Share of a lane that its bars take. */
const filled = 0.74;

function specOf(lanes: readonly Lane[], rows: readonly Row[], head: Head): TopLevelSpec {
  const longest = Math.max(...rows.map(({ tasks }) => Math.max(tasks.completion.high, tasks.evenSeconds)));
  // Room for the figures beyond the lines.
  const ticks = linearTicks(longest * 1.22);
  const x = {
    field: 'seconds',
    type: 'quantitative',
    scale: { domain: [0, ticks.at(-1) ?? 1] as [number, number], nice: false },
    axis: {
      title: 'Seconds since the first message was sent',
      values: ticks,
      labelExpr: tickLabelExpr,
      domain: false,
      ticks: false,
    },
  } as const;
  const y = laneAxis(lanes);
  const bars = rows.flatMap(({ at, color, tasks }) => {
    const each = filled / tasks.workers.length;
    return tasks.workers.map((worker, place) => {
      const from = at - filled / 2 + place * each;
      return { worker, from: from + each * 0.06, to: from + each * 0.94, middle: from + each / 2, place, color, tasks };
    });
  });
  return {
    ...frame(head),
    params: laneParams(lanes),
    width: laneWidth(lanes),
    height: laneHeight(lanes, Math.max(40, 16 * Math.max(...rows.map(({ tasks }) => tasks.workers.length)))),
    layer: [
      {
        data: {
          values: bars.map(({ from, to, worker, color }) => ({
            from,
            to,
            seconds: worker.busySeconds.median,
            color,
          })),
        },
        layer: [
          {
            mark: { type: 'rect', fillOpacity: 0.3 },
            encoding: {
              x,
              x2: { datum: 0 },
              y: { ...y, field: 'from' },
              y2: { field: 'to' },
              fill: { field: 'color', type: 'nominal', scale: null },
            },
          },
          {
            mark: { type: 'rule', strokeWidth: 2.5 },
            encoding: {
              x,
              y: { ...y, field: 'from' },
              y2: { field: 'to' },
              stroke: { field: 'color', type: 'nominal', scale: null },
            },
          },
        ],
      },
      {
        data: {
          values: bars.flatMap(({ tasks, place, middle, color }) =>
            tasks.runs.flatMap(({ workers }) => {
              const own = workers[place];
              return own ? [{ seconds: own.busySeconds, middle, color }] : [];
            }),
          ),
        },
        mark: { type: 'point', filled: true, size: 30, opacity: 1, stroke: paper, strokeWidth: 0.8 },
        encoding: { x, y: { ...y, field: 'middle' }, fill: { field: 'color', type: 'nominal', scale: null } },
      },
      {
        data: {
          values: rows.map(({ at, tasks }) => ({ seconds: tasks.evenSeconds, from: at - 0.46, to: at + 0.46 })),
        },
        mark: { type: 'rule', color: softInk, strokeDash: [4, 3], strokeWidth: 1.2 },
        encoding: { x, y: { ...y, field: 'from' }, y2: { field: 'to' } },
      },
      {
        data: {
          values: rows.map(({ at, tasks }) => ({
            seconds: tasks.completion.median,
            from: at - 0.46,
            to: at + 0.46,
            middle: at,
            text: `${formatSignificant(tasks.completion.median)} s`,
            busy: `busy ${busyText(tasks)}`,
          })),
        },
        layer: [
          {
            mark: { type: 'rule', color: ink, strokeWidth: 2 },
            encoding: { x, y: { ...y, field: 'from' }, y2: { field: 'to' } },
          },
          {
            mark: {
              type: 'text',
              align: 'left',
              baseline: 'bottom',
              dx: 7,
              dy: 0,
              fontSize: 13,
              fontWeight: 600,
              color: ink,
            },
            encoding: { x, y: { ...y, field: 'middle' }, text: { field: 'text' } },
          },
          {
            mark: { type: 'text', align: 'left', baseline: 'top', dx: 7, dy: 3, fontSize: 11, color: softInk },
            encoding: { x, y: { ...y, field: 'middle' }, text: { field: 'busy' } },
          },
        ],
      },
      groupLayer(lanes, y),
      ...refusedLayer(lanes, y),
    ],
  };
}

/** All shares where they are few, else the ends. */
function busyText({ workers }: TasksModel): string {
  const shares = workers.map((w) => `${formatCount(w.busyShare.median * 100)} %`);
  return shares.length <= 2 ? shares.join(', ') : `${shares[0] ?? ''} … ${shares.at(-1) ?? ''}`;
}
