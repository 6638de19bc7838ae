/** Bars in groups, a group a target: what its runs have of several things, side by side; or why there is nothing. */
import type { TopLevelSpec } from 'vega-lite';
import { formatRate } from '../format.js';
import { spreadOf } from '../model.js';
import { frame, type Head, panelWidth } from './plot.js';
import { linearTicks, tickLabel, tickLabelExpr } from './scales.js';
import { channelOf, ink, paper, softInk } from './theme.js';

export interface BarGroup {
  readonly name: string;
  /** By thing, in the order of `things`: a value for each run. */
  readonly values: readonly (readonly number[])[];
  /** Stands in place of the bars. */
  readonly absent?: string;
}

const height = 260;

export function groupedBars(
  head: Head,
  things: readonly string[],
  unit: string,
  groups: readonly BarGroup[],
): TopLevelSpec {
  const ticks = linearTicks(Math.max(0, ...groups.flatMap(({ values }) => values.flat())) * 1.1);
  const reach: [number, number] = [0, ticks.at(-1) ?? 1];
  const domain = [...things];
  const bars = groups.flatMap(({ name, values }) =>
    things.flatMap((thing, i) => {
      const median = spreadOf(values[i] ?? [])?.median;
      return median === undefined
        ? []
        : [{ name, thing, value: median, top: Math.max(...(values[i] ?? [])), label: formatRate(median) }];
    }),
  );
  const dots = groups.flatMap(({ name, values }) =>
    things.flatMap((thing, i) => (values[i] ?? []).map((value) => ({ name, thing, value }))),
  );
  const x = {
    field: 'name',
    type: 'nominal',
    scale: { domain: groups.map(({ name }) => name), paddingInner: 0.25, paddingOuter: 0.1 },
    axis: { title: null, labelAngle: 0, labelColor: ink, ticks: false, grid: false },
  } as const;
  const xOffset = { field: 'thing', type: 'nominal', scale: { domain, paddingInner: 0.12 } } as const;
  const y = (field: string) =>
    ({
      field,
      type: 'quantitative',
      scale: { domain: reach, nice: false },
      axis: { title: unit, values: ticks, labelExpr: tickLabelExpr, domain: false, ticks: false },
    }) as const;
  const color = {
    field: 'thing',
    type: 'nominal',
    legend: null,
    scale: { domain: [...things], range: things.map((_, i) => channelOf(i).color) },
  } as const;
  const shape = { ...color, scale: { domain: [...things], range: things.map((_, i) => channelOf(i).shape) } } as const;
  return {
    ...frame(head),
    width: panelWidth(ticks.map(tickLabel)),
    height,
    layer: [
      {
        data: { values: bars },
        layer: [
          { mark: { type: 'bar', fillOpacity: 0.3 }, encoding: { x, xOffset, y: y('value'), color } },
          {
            mark: { type: 'text', baseline: 'bottom', dy: -22, fontSize: 12, fontWeight: 600, color: ink },
            encoding: { x, xOffset, y: y('top'), text: { field: 'label' } },
          },
          {
            mark: { type: 'text', baseline: 'bottom', dy: -9, fontSize: 11, color: softInk },
            encoding: { x, xOffset, y: y('top'), text: { field: 'thing' } },
          },
        ],
      },
      {
        data: { values: dots },
        mark: { type: 'point', filled: true, size: 46, opacity: 1, stroke: paper, strokeWidth: 0.8 },
        encoding: { x, xOffset, y: y('value'), color, shape },
      },
      {
        data: {
          values: groups.flatMap(({ name, absent }) => (absent === undefined ? [] : [{ name, absent, value: 0 }])),
        },
        mark: { type: 'text', baseline: 'bottom', dy: -6, fontSize: 12, color: softInk },
        encoding: { x, y: y('value'), text: { field: 'absent' } },
      },
    ],
  };
}
