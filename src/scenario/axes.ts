/** The keys of a scenario that may hold a list: each value is then a cell of its own. Targets, sizes and rates have their own. */
import type { Guarantee } from '../brokers/adapter.js';
import { confirmModes, type ConfirmMode, hasBatches } from '../confirms/modes.js';
import { formatCount } from './units.js';

/** Every axis beyond target, size and rate, with the type of its values. */
export interface AxisValues {
  readonly producers: number;
  readonly consumers: number;
  readonly destinations: number;
  readonly prefetch: number;
  readonly guarantee: Guarantee;
  /** The word for one (axis-keys.ts), as of loads and weights. */
  readonly payload: string;
  readonly load: string;
  /** Of the pattern `confirms`, which lists its modes itself. */
  readonly confirms: ConfirmMode;
  /** Of the same, where it lists several: messages of a batch or transaction, in the modes that have one. */
  readonly batch: number;
  /** Of the pattern `fair-dispatch`, where it lists several. */
  readonly weights: string;
}
export type AxisName = keyof AxisValues;

/** What is said of each axis, in the order in which ids, tables and plots name them. */
const described: Readonly<Record<AxisName, { readonly column: string }>> = {
  producers: { column: 'Producers' },
  consumers: { column: 'Consumers' },
  destinations: { column: 'Destinations' },
  prefetch: { column: 'Prefetch' },
  guarantee: { column: 'Guarantee' },
  payload: { column: 'Payload' },
  load: { column: 'Load' },
  confirms: { column: 'Confirms' },
  batch: { column: 'Batch' },
  weights: { column: 'Weights' },
};

export const axisNames = Object.keys(described) as readonly AxisName[];

/** The axes that are keys of their own in a scenario. */
export type ListedAxis = Exclude<AxisName, 'confirms' | 'batch' | 'weights'>;
export const listedAxes = axisNames.filter(isListed);

/** Whether an axis is such a key; the pattern has the others. */
export function isListed(name: AxisName): name is ListedAxis {
  return name !== 'confirms' && name !== 'batch' && name !== 'weights';
}

/** The axes whose values are words for maps. */
export type KeyedAxis = 'payload' | 'load' | 'weights';

export function isKeyed(name: AxisName): name is KeyedAxis {
  return name === 'payload' || name === 'load' || name === 'weights';
}

/** The keys of a scenario that hold a number or a word, of which a cell has its own. */
export type PlainAxis = Exclude<ListedAxis, KeyedAxis>;
export const plainAxes = listedAxes.filter((name): name is PlainAxis => !isKeyed(name));

/** Whether an axis' values are words, which need no name beside them. */
export function isWorded(name: AxisName): boolean {
  return name === 'guarantee' || name === 'confirms' || isKeyed(name);
}

/** One value of some axes: what a cell has of its own. */
export type AxisPoint = Partial<AxisValues>;

/** The values of the axes that vary. */
export type Axes = { readonly [Name in AxisName]?: readonly AxisValues[Name][] };

/** The axes that some of these points name, in order. */
export function axesOf(points: readonly (AxisPoint | undefined)[]): AxisName[] {
  return axisNames.filter((name) => points.some((point) => point?.[name] !== undefined));
}

/**
 * Every combination of values, the last axis changing fastest; one without axes where there are none. A way to confirm
 * that knows no batches is there once, whatever the sizes of batches.
 */
export function pointsOf(axes: Axes): AxisPoint[] {
  let points: AxisPoint[] = [{}];
  for (const name of axisNames) {
    const values: readonly unknown[] | undefined = axes[name];
    if (values !== undefined)
      points = points.flatMap((point) =>
        name === 'batch' && point.confirms !== undefined && !hasBatches(point.confirms)
          ? [point]
          : values.map((value): AxisPoint => ({ ...point, [name]: value })),
      );
  }
  return points;
}

/** How many combinations that makes at most. */
export function pointCount(axes: Axes): number {
  return axisNames.reduce((product, name) => product * (axes[name]?.length ?? 1), 1);
}

/** The point without one of its axes. */
export function withoutAxis(point: AxisPoint, axis: AxisName): AxisPoint {
  return Object.fromEntries(Object.entries(point).filter(([name]) => name !== axis));
}

/** For the id of a cell, e.g. `consumers=2,prefetch=1`; empty without axes. Stable: the order is that of the axes. */
export function pointId(point: AxisPoint = {}): string {
  return axesOf([point])
    .map((name) => `${name}=${point[name]}`)
    .join(',');
}

/** For people, e.g. `consumers 2, prefetch 1`. */
export function pointText(point: AxisPoint = {}): string {
  return axesOf([point])
    .map((name) => (isWorded(name) ? axisValueText(point, name) : `${name} ${axisValueText(point, name)}`))
    .join(', ');
}

/** An axis' value as tables show it. */
export function axisValueText(point: AxisPoint | undefined, name: AxisName): string {
  const value = point?.[name];
  if (isKeyed(name)) return String(value ?? '').replaceAll('-', ' ');
  return typeof value === 'number' ? formatCount(value) : (value ?? '');
}

/** The head of an axis' column. */
export function axisColumn(name: AxisName): string {
  return described[name].column;
}

/** By the axes' values in order: numbers by size, ways to confirm as ever, other words by where they come first in `points`. */
export function comparePoints(points: readonly (AxisPoint | undefined)[]): (a?: AxisPoint, b?: AxisPoint) => number {
  const names = axesOf(points);
  const words: unknown[] = [
    ...new Set([...confirmModes, ...points.flatMap((point) => names.map((name) => point?.[name]))]),
  ];
  const place = (value: number | string | undefined): number =>
    typeof value === 'number' ? value : words.indexOf(value);
  return (a, b) => names.reduce((order, name) => order || place(a?.[name]) - place(b?.[name]), 0);
}
