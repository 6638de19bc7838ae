/** What waiting for confirms costs: the rate at which messages were sent, mode by mode, targets below each other. */
import type { TopLevelSpec } from 'vega-lite';
import { modeGuarantee } from '../../confirms/modes.js';
import { pointText, withoutAxis } from '../../scenario/axes.js';
import { formatMs, formatRate, nothing } from '../format.js';
import type { CellModel } from '../model.js';
import { figures, tableOf, words } from './figures.js';
import {
  type Lane,
  groupLayer,
  laneAxis,
  laneHeight,
  laneParams,
  lanesOf,
  laneWidth,
  refusedLayer,
  wholeScene,
} from './lanes.js';
import { frame, type Head, headOf, type Plot, type Scene, sizeSuffix } from './plot.js';
import { logDomain, logTicks, tickLabelExpr } from './scales.js';
import { ink, paper, softInk } from './theme.js';

interface Row extends Lane {
  readonly cell: CellModel;
  readonly color: string;
  readonly shape: string;
  /** Messages a second, by run. */
  readonly rates: readonly number[];
}

/** Undefined where there are no modes to compare. */
export function confirmsPlot(part: Scene): Plot | undefined {
  if (!part.leads) return undefined;
  const scene = wholeScene(part);
  const lanes = lanesOf(scene, (occupant, target, { result }) => {
    const { axes = {} } = 'cell' in occupant ? occupant.cell : occupant.refused.cell;
    const mode = axes.confirms;
    if (mode === undefined) return { group: '', own: target };
    const others = withoutAxis(axes, 'confirms');
    return {
      group: `${mode} (${modeGuarantee(mode, axes.guarantee ?? result.scenario.guarantee)})`,
      own: [target, pointText(others)].filter((part) => part !== '').join(', '),
    };
  });
  const rows = lanes.flatMap(({ occupant, ...lane }): Row[] => {
    if (!('cell' in occupant) || occupant.cell.axes.confirms === undefined) return [];
    const { cell } = occupant;
    const rates = cell.counted.flatMap((run) => run.figures?.publishRate ?? []).filter((rate) => rate > 0);
    return [{ ...lane, occupant, cell, color: lane.channel.color, shape: lane.channel.shape, rates }];
  });
  if (rows.every(({ rates }) => rates.length === 0)) return undefined;
  const head = headOf(
    scene,
    'What waiting for confirms costs',
    'Line: median. Each dot: a run. Beside it the median time to a confirm. In brackets what each way of waiting guarantees. The scale is logarithmic.',
  );
  return {
    name: `confirms-${sizeSuffix(scene)}`,
    head,
    description: rows.map(describe).join(' '),
    spec: specOf(lanes, rows, head),
    table: tableOf(
      [words('Confirms'), figures('Sent/s'), figures('p50 ms'), figures('p99 ms'), words('Every run, sent/s')],
      rows.map(({ label, cell, rates }) => [
        label,
        cell.publishRate ? formatRate(cell.publishRate.median) : nothing,
        confirmMs(cell, 'p50Ms') ?? nothing,
        confirmMs(cell, 'p99Ms') ?? nothing,
        rates.map(formatRate).join(', '),
      ]),
    ),
  };
}

/** Undefined where nothing was confirmed. */
function confirmMs({ axes, latency }: CellModel, key: 'p50Ms' | 'p99Ms'): string | undefined {
  if (axes.confirms === 'none' || !latency?.publish) return undefined;
  return formatMs(latency.publish[key].median);
}

function describe({ label, cell }: Row): string {
  const wait = confirmMs(cell, 'p50Ms');
  return `${label}: ${formatRate(cell.publishRate?.median ?? 0)} messages per second${wait === undefined ? '' : `, a confirm after ${wait} ms`}.`;
}

function specOf(lanes: readonly Lane[], rows: readonly Row[], head: Head): TopLevelSpec {
  const all = rows.flatMap(({ rates }) => rates);
  // Room for the figures beyond the fastest.
  const domain = logDomain(Math.min(...all) * 0.9, Math.max(...all) * 3);
  const x = {
    field: 'rate',
    type: 'quantitative',
    scale: { type: 'log', domain, nice: false },
    axis: {
      title: 'Messages sent per second',
      values: logTicks(...domain),
      labelExpr: tickLabelExpr,
      domain: false,
      ticks: false,
    },
  } as const;
  const y = laneAxis(lanes);
  const color = { field: 'color', type: 'nominal', scale: null } as const;
  const bars = rows.flatMap(({ at, cell, color, rates }) => {
    const { publishRate } = cell;
    if (!publishRate || rates.length === 0) return [];
    const wait = confirmMs(cell, 'p50Ms');
    return [
      {
        rate: publishRate.median,
        top: publishRate.high,
        floor: domain[0],
        at,
        from: at - 0.34,
        to: at + 0.34,
        color,
        text: `${formatRate(publishRate.median)}/s`,
        wait: wait === undefined ? 'no confirm' : `confirm ${wait} ms`,
      },
    ];
  });
  return {
    ...frame(head),
    params: laneParams(lanes),
    width: laneWidth(lanes),
    height: laneHeight(lanes, 34),
    layer: [
      {
        data: { values: bars },
        layer: [
          {
            mark: { type: 'rect', fillOpacity: 0.24 },
            encoding: {
              x: { ...x, field: 'floor' },
              x2: { field: 'rate' },
              y: { ...y, field: 'from' },
              y2: { field: 'to' },
              fill: color,
            },
          },
          {
            mark: { type: 'rule', strokeWidth: 3 },
            encoding: { x, y: { ...y, field: 'from' }, y2: { field: 'to' }, stroke: color },
          },
          {
            mark: {
              type: 'text',
              align: 'left',
              baseline: 'bottom',
              dx: 10,
              dy: 1,
              fontSize: 12,
              fontWeight: 600,
              color: ink,
            },
            encoding: { x: { ...x, field: 'top' }, y: { ...y, field: 'at' }, text: { field: 'text' } },
          },
          {
            mark: { type: 'text', align: 'left', baseline: 'top', dx: 10, dy: 2, fontSize: 11, color: softInk },
            encoding: { x: { ...x, field: 'top' }, y: { ...y, field: 'at' }, text: { field: 'wait' } },
          },
        ],
      },
      {
        data: {
          values: rows.flatMap(({ at, color, shape, rates }) => rates.map((rate) => ({ rate, at, color, shape }))),
        },
        mark: { type: 'point', filled: true, size: 46, opacity: 1, stroke: paper, strokeWidth: 0.8 },
        encoding: {
          x,
          y: { ...y, field: 'at' },
          fill: color,
          shape: { field: 'shape', type: 'nominal', scale: null },
        },
      },
      groupLayer(lanes, y),
      ...refusedLayer(lanes, y),
    ],
  };
}
