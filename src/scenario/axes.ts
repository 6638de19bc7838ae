/** The keys of a scenario that may hold a list: each value is then a cell of its own. Targets, sizes and rates have their own. */
import type { Guarantee } from '../brokers/adapter.js';
import { formatCount } from './units.js';

/** Every axis beyond target, size and rate, with the type of its values. */
export interface AxisValues {
  readonly producers: number;
  readonly consumers: number;
  readonly destinations: number;
  readonly prefetch: number;
  readonly guarantee: Guarantee;
}
export type AxisName = keyof AxisValues;

/** What is said of each axis, in the order in which ids, tables and plots name them. */
const described: Readonly<Record<AxisName, { readonly column: string }>> = {
  producers: { column: 'Producers' },
  consumers: { column: 'Consumers' },
  destinations: { column: 'Destinations' },
  prefetch: { column: 'Prefetch' },
  guarantee: { column: 'Guarantee' },
};

export const axisNames = Object.keys(described) as readonly AxisName[];

/** One value of some axes: what a cell has of its own. */
export type AxisPoint = Partial<AxisValues>;

/** The values of the axes that vary. */
export type Axes = { readonly [Name in AxisName]?: readonly AxisValues[Name][] };

/** The axes that some of these points name, in order. */
export function axesOf(points: readonly (AxisPoint | undefined)[]): AxisName[] {
  return axisNames.filter((name) => points.some((point) => point?.[name] !== undefined));
}

/** Every combination of values, the last axis changing fastest; one without axes where there are none. */
export function pointsOf(axes: Axes): AxisPoint[] {
  let points: AxisPoint[] = [{}];
  for (const name of axisNames) {
    const values: readonly unknown[] | undefined = axes[name];
    if (values !== undefined)
      points = points.flatMap((point) => values.map((value): AxisPoint => ({ ...point, [name]: value })));
  }
  return points;
}

/** How many combinations that makes. */
export function pointCount(axes: Axes): number {
  return axisNames.reduce((product, name) => product * (axes[name]?.length ?? 1), 1);
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
    .map((name) => (name === 'guarantee' ? (point[name] ?? '') : `${name} ${axisValueText(point, name)}`))
    .join(', ');
}

/** An axis' value as tables show it. */
export function axisValueText(point: AxisPoint | undefined, name: AxisName): string {
  const value = point?.[name];
  return typeof value === 'number' ? formatCount(value) : (value ?? '');
}

/** The head of an axis' column. */
export function axisColumn(name: AxisName): string {
  return described[name].column;
}

/** By the axes' values in order: numbers by size, words by the place where they come first in `points`. */
export function comparePoints(points: readonly (AxisPoint | undefined)[]): (a?: AxisPoint, b?: AxisPoint) => number {
  const names = axesOf(points);
  const words = [...new Set(points.flatMap((point) => names.map((name) => point?.[name])))];
  const place = (value: number | string | undefined): number =>
    typeof value === 'number' ? value : words.indexOf(value as Guarantee | undefined);
  return (a, b) => names.reduce((order, name) => order || place(a?.[name]) - place(b?.[name]), 0);
}
