/** The cells of a scenario: each target with each value of each axis, without what is excluded and with what is included. */
import { type AxisName, type AxisPoint, axisNames, isListed, pointCount, pointId, pointsOf } from './axes.js';
import { weightsKey } from './axis-keys.js';
import { ownValues } from './own-values.js';
import type { Cell, CellPattern, Scenario, Target } from './types.js';
import { sameSize, type Size, sized, sizeKey, sizeOf } from './sizes.js';

/** What the cells follow from. */
export type CellSource = Pick<Scenario, 'sizes' | 'load' | 'matrix'> & {
  readonly targets: readonly Pick<Target, 'name' | 'listedAs'>[];
  readonly pattern?: Scenario['pattern'] | undefined;
};

/** One list for each of a cell's coordinates. */
interface Lists {
  readonly targets: CellSource['targets'];
  readonly sizes: readonly Size[];
  /** One undefined where the load is no walk. */
  readonly rates: readonly (number | undefined)[];
  readonly axes: NonNullable<Scenario['matrix']>['axes'];
}

function listsOf({ targets, sizes, load, pattern, matrix }: CellSource): Lists {
  return {
    targets,
    sizes,
    rates: load.kind === 'walk' ? load.ratesPerSecond : [undefined],
    axes: {
      ...(pattern?.kind === 'confirms' ? { confirms: pattern.modes } : {}),
      ...(pattern?.kind === 'confirms' && pattern.batches !== undefined ? { batch: pattern.batches } : {}),
      ...(pattern?.kind === 'fair-dispatch' && pattern.weightings !== undefined
        ? { weights: pattern.weightings.map(weightsKey) }
        : {}),
      ...matrix?.axes,
    },
  };
}

/** The lists with the values that an included cell names instead; what it leaves open takes every value. */
function narrowed(lists: Lists, { target, size, ratePerSecond, axes }: CellPattern): Lists {
  const own = Object.fromEntries(Object.entries(axes).map(([name, value]) => [name, [value]])) as Lists['axes'];
  return {
    targets: target === undefined ? lists.targets : lists.targets.filter((one) => isCalled(one, target)),
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
  return targets.flatMap(({ name }) =>
    sizes.flatMap((size) => points.flatMap((point) => rates.map((rate) => cellAt(name, size, point, rate)))),
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

/** Whether a name means the target: its own, or that of all which a list of options makes. */
export function isCalled(target: Pick<Target, 'name' | 'listedAs'>, asked: string): boolean {
  return namesOf(target).includes(asked);
}

/** What a target is called. */
export function namesOf({ name, listedAs }: Pick<Target, 'name' | 'listedAs'>): string[] {
  return listedAs === undefined ? [name] : [name, listedAs];
}

/** Whether a cell of these targets has every value that the pattern names. */
export function matches(
  cell: Cell,
  { target, size, ratePerSecond, axes }: CellPattern,
  targets: CellSource['targets'],
): boolean {
  return (
    (target === undefined || targets.some((one) => one.name === cell.target && isCalled(one, target))) &&
    (size === undefined || sameSize(sizeOf(cell), size)) &&
    (ratePerSecond === undefined || cell.ratePerSecond === ratePerSecond) &&
    axisNames.every((name) => axes[name] === undefined || cell.axes?.[name] === axes[name])
  );
}

/** Target by target, then by size, axes and rate; included cells come last. Ask {@link cellCount} before. Pure. */
export function cellsOf(source: CellSource): Cell[] {
  const lists = listsOf(source);
  const { include = [], exclude = [] } = source.matrix ?? {};
  const cells = product(lists).filter((cell) => !exclude.some((pattern) => matches(cell, pattern, source.targets)));
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
    pattern: firstWayOnly(scenario.pattern, first),
    ...loadAndPayload(scenario, first),
  };
  if (matrix === undefined) return rest;
  const axes = Object.fromEntries(
    Object.entries(first.axes ?? {})
      .filter(([name]) => isListed(name as AxisName))
      .map(([name, value]) => [name, [value]]),
  );
  return { ...rest, matrix: { axes, named: matrix.named, include: [], exclude: [] } };
}

/** Of a cell that has its own. */
function loadAndPayload(scenario: Scenario, { axes }: Cell): Partial<Pick<Scenario, 'load' | 'payload'>> {
  const { load, payload } = ownValues(scenario, axes);
  return { ...(load === undefined ? {} : { load }), ...(payload === undefined ? {} : { payload }) };
}

function firstRateOnly(load: Scenario['load'], { ratePerSecond }: Cell): Scenario['load'] {
  return load.kind !== 'walk' || ratePerSecond === undefined ? load : { ...load, ratesPerSecond: [ratePerSecond] };
}

/** The pattern `confirms` lists its ways, and their batches, itself; so does `fair-dispatch` its weights. */
function firstWayOnly(pattern: Scenario['pattern'], { axes }: Cell): Scenario['pattern'] {
  if (pattern.kind === 'fair-dispatch' && pattern.weightings !== undefined) {
    const weights = pattern.weightings.find((one) => weightsKey(one) === axes?.weights) ?? pattern.weights;
    return { ...pattern, weights, weightings: [weights] };
  }
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
