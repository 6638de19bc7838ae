/** The cells of a scenario: each target with each value of each axis, without what is excluded and with what is included. */
import { type AxisName, type AxisPoint, axisNames, isListed, pointCount, pointId, pointsOf } from './axes.js';
import type { Cell, CellPattern, Scenario } from './types.js';
import { sameSize, type Size, sized, sizeKey, sizeOf } from './sizes.js';

/** What the cells follow from. */
export type CellSource = Pick<Scenario, 'sizes' | 'load' | 'matrix'> & {
  readonly targets: readonly { readonly name: string }[];
  readonly pattern?: Scenario['pattern'] | undefined;
};

/** One list for each of a cell's coordinates. */
interface Lists {
  readonly targets: readonly string[];
  readonly sizes: readonly Size[];
  /** One undefined where the load is no walk. */
  readonly rates: readonly (number | undefined)[];
  readonly axes: NonNullable<Scenario['matrix']>['axes'];
}

function listsOf({ targets, sizes, load, pattern, matrix }: CellSource): Lists {
  return {
    targets: targets.map(({ name }) => name),
    sizes,
    rates: load.kind === 'walk' ? load.ratesPerSecond : [undefined],
    axes: {
      ...(pattern?.kind === 'confirms' ? { confirms: pattern.modes } : {}),
      ...(pattern?.kind === 'confirms' && pattern.batches !== undefined ? { batch: pattern.batches } : {}),
      ...matrix?.axes,
    },
  };
}

/** The lists with the values that an included cell names instead; what it leaves open takes every value. */
function narrowed(lists: Lists, { target, size, ratePerSecond, axes }: CellPattern): Lists {
  const own = Object.fromEntries(Object.entries(axes).map(([name, value]) => [name, [value]])) as Lists['axes'];
  return {
    targets: target === undefined ? lists.targets : lists.targets.filter((name) => name === target),
    sizes: size === undefined ? lists.sizes : [size],
    rates: ratePerSecond === undefined ? lists.rates : [ratePerSecond],
    axes: { ...lists.axes, ...own },
  };
}

function countOf({ targets, sizes, rates, axes }: Lists): number {
  return targets.length * sizes.length * rates.length * pointCount(axes);
}

/** How many cells there would be if nothing was excluded; says whether it is wise to ask for them. */
export function cellCount(source: CellSource): number {
  const lists = listsOf(source);
  const included = source.matrix?.include ?? [];
  return included.reduce((sum, pattern) => sum + countOf(narrowed(lists, pattern)), countOf(lists));
}

function product({ targets, sizes, rates, axes }: Lists): Cell[] {
  const points = pointsOf(axes);
  return targets.flatMap((target) =>
    sizes.flatMap((size) => points.flatMap((point) => rates.map((rate) => cellAt(target, size, point, rate)))),
  );
}

function cellAt(target: string, size: Size, point: AxisPoint, ratePerSecond: number | undefined): Cell {
  const axes = pointId(point);
  return {
    id: `${target}/${sizeKey(size)}${axes === '' ? '' : `/${axes}`}${ratePerSecond === undefined ? '' : `@${ratePerSecond}`}`,
    target,
    ...sized(size),
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    ...(axes === '' ? {} : { axes: point }),
  };
}

/** Whether a cell has every value that the pattern names. */
export function matches(cell: Cell, { target, size, ratePerSecond, axes }: CellPattern): boolean {
  return (
    (target === undefined || cell.target === target) &&
    (size === undefined || sameSize(sizeOf(cell), size)) &&
    (ratePerSecond === undefined || cell.ratePerSecond === ratePerSecond) &&
    axisNames.every((name) => axes[name] === undefined || cell.axes?.[name] === axes[name])
  );
}

/** Target by target, then by size, axes and rate; included cells come last. Ask {@link cellCount} before. Pure. */
export function cellsOf(source: CellSource): Cell[] {
  const lists = listsOf(source);
  const { include = [], exclude = [] } = source.matrix ?? {};
  const cells = product(lists).filter((cell) => !exclude.some((pattern) => matches(cell, pattern)));
  const byId = new Map(
    [...cells, ...include.flatMap((pattern) => product(narrowed(lists, pattern)))].map((cell) => [cell.id, cell]),
  );
  return [...byId.values()];
}

/** The scenario with its first cell alone on each target: what a gate measures. The cells keep their ids. */
export function firstCellOnly(scenario: Scenario): Scenario {
  const [first] = cellsOf(scenario);
  if (first === undefined) return scenario;
  const { matrix, ...rest } = {
    ...scenario,
    sizes: [sizeOf(first)],
    load: firstRateOnly(scenario.load, first),
    pattern: firstModeOnly(scenario.pattern, first),
  };
  if (matrix === undefined) return rest;
  const axes = Object.fromEntries(
    Object.entries(first.axes ?? {})
      .filter(([name]) => isListed(name as AxisName))
      .map(([name, value]) => [name, [value]]),
  );
  return { ...rest, matrix: { axes, include: [], exclude: [] } };
}

function firstRateOnly(load: Scenario['load'], { ratePerSecond }: Cell): Scenario['load'] {
  return load.kind !== 'walk' || ratePerSecond === undefined ? load : { ...load, ratesPerSecond: [ratePerSecond] };
}

/** The pattern `confirms` lists its ways, and their batches, itself. */
function firstModeOnly(pattern: Scenario['pattern'], { axes }: Cell): Scenario['pattern'] {
  if (pattern.kind !== 'confirms' || axes?.confirms === undefined) return pattern;
  const { batches, ...rest } = { ...pattern, modes: [axes.confirms] };
  return batches === undefined || axes.batch === undefined
    ? rest
    : { ...rest, batch: axes.batch, batches: [axes.batch] };
}

/** Whether two cells do the same, whatever the target. */
export function sameQuestion(
  a: Pick<Cell, 'sizeBytes' | 'size' | 'ratePerSecond' | 'axes'>,
  b: Pick<Cell, 'sizeBytes' | 'size' | 'ratePerSecond' | 'axes'>,
): boolean {
  return sameSize(sizeOf(a), sizeOf(b)) && a.ratePerSecond === b.ratePerSecond && pointId(a.axes) === pointId(b.axes);
}
