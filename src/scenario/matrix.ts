/** Which keys are axes, and what is wrong with the cells that a scenario includes and excludes. */
import {
  type AxisName,
  type AxisPoint,
  type AxisValues,
  isListed,
  type ListedAxis,
  listedAxes,
  type PlainAxis,
  plainAxes,
} from './axes.js';
import { loadKey, payloadKey, weightsKey } from './axis-keys.js';
import { UsageError } from '../errors.js';
import { suggest } from '../nearest.js';
import { cellCount, type CellSource, cellsOf, matches, namesOf } from './cells.js';
import type { Mistake } from './issues.js';
import { limits } from './limits.js';
import { show } from './show.js';
import type { CellPattern, Load, Matrix, NamedValues, RunLoad, Scenario } from './types.js';

/** The values of each key that may hold a list; none of `load` where rates are walked, which are an axis apart. */
export type Listed = { readonly [Name in ListedAxis]: readonly AxisValues[Name][] };

/**
 * Undefined where there is one value of everything, nothing included and nothing excluded.
 * @param named every payload and load that is listed or included
 */
export function matrixOf(
  listed: Listed,
  named: NamedValues,
  include: readonly CellPattern[],
  exclude: readonly CellPattern[],
): Matrix | undefined {
  const varying = listedAxes.filter(
    (name) => new Set<unknown>([...listed[name], ...include.flatMap(({ axes }) => axes[name] ?? [])]).size > 1,
  );
  if (varying.length === 0 && include.length === 0 && exclude.length === 0) return undefined;
  // What every cell has alike is no axis, and so tells no cell from another.
  const settled = (pattern: CellPattern): CellPattern => ({
    ...pattern,
    axes: Object.fromEntries(
      Object.entries(pattern.axes).filter(
        ([name, value]) =>
          !isListed(name as AxisName) ||
          varying.includes(name as ListedAxis) ||
          listed[name as ListedAxis][0] !== value,
      ),
    ),
  });
  return {
    axes: Object.fromEntries(varying.map((name) => [name, listed[name]])),
    named: Object.fromEntries(varying.filter(isNamed).map((name) => [name, named[name]])),
    include: include.map(settled),
    exclude: exclude.map(settled),
  };
}

function isNamed(name: AxisName): name is keyof NamedValues {
  return name === 'payload' || name === 'load';
}

/** The words of these loads; none of a walk. */
export function loadsByKey(loads: readonly Load[]): Record<string, RunLoad> {
  return Object.fromEntries(loads.flatMap((load) => (load.kind === 'walk' ? [] : [[loadKey(load), load]])));
}

/** The words of these payloads. */
export function payloadsByKey(payloads: readonly Scenario['payload'][]): Record<string, Scenario['payload']> {
  return Object.fromEntries(payloads.map((payload) => [payloadKey(payload), payload]));
}

/** What a flag put in the place of what the file lists; of included cells those that name such a key mean nothing any more. */
export interface Replaced {
  readonly listed: Partial<Pick<Listed, PlainAxis>>;
  readonly targets?: readonly string[];
  readonly sizes: boolean;
  /** The scenario's load is another one already. */
  readonly load: boolean;
}

/** The scenario with other lists. @throws UsageError when the file's `exclude` leaves nothing of them */
export function withLists(scenario: Scenario, { listed, targets, sizes, load }: Replaced): Scenario {
  const { matrix, ...rest } = scenario;
  const before = Object.fromEntries(plainAxes.map((name) => [name, matrix?.axes[name] ?? [scenario[name]]]));
  const loads = loadsByKey([scenario.load]);
  const payloads = payloadsByKey([scenario.payload]);
  const now = {
    ...(before as Pick<Listed, PlainAxis>),
    payload: matrix?.axes.payload ?? Object.keys(payloads),
    load: (load ? undefined : matrix?.axes.load) ?? Object.keys(loads),
    ...listed,
  };
  const named = {
    payload: { ...payloads, ...matrix?.named.payload },
    load: { ...loads, ...(load ? {} : matrix?.named.load) },
  };
  const stays = ({ target, size, ratePerSecond, axes }: CellPattern): boolean =>
    (target === undefined || targets === undefined || targets.includes(target)) &&
    !(sizes && size !== undefined) &&
    !(load && (ratePerSecond !== undefined || axes.load !== undefined)) &&
    plainAxes.every((name) => axes[name] === undefined || listed[name] === undefined);
  const changed = matrixOf(now, named, matrix?.include.filter(stays) ?? [], matrix?.exclude ?? []);
  const result = { ...rest, ...firstOf(now), ...(changed === undefined ? {} : { matrix: changed }) };
  if (changed !== undefined && cellCount(result) <= limits.runs && cellsOf(result).length === 0)
    throw new UsageError('Nothing is left of what the flags ask for: the scenario excludes all of it.', {
      hint: 'Look at the key exclude of the scenario, or ask for other values.',
    });
  return result;
}

/** The first of each list: what holds where no cell says otherwise. */
export function firstOf(listed: Listed): Required<Pick<AxisPoint, PlainAxis>> {
  return Object.fromEntries(plainAxes.map((name) => [name, listed[name][0]])) as Required<Pick<AxisPoint, PlainAxis>>;
}

/** The words of the weights that vary. */
function weightsOf({ pattern }: CellSource): string[] {
  return pattern?.kind === 'fair-dispatch' ? (pattern.weightings ?? []).map(weightsKey) : [];
}

/** What a file's `include` and `exclude` get wrong together with the rest of it. */
export function matrixMistakes(source: CellSource): Mistake[] {
  const { include = [], exclude = [] } = source.matrix ?? {};
  const names = [...new Set(source.targets.flatMap(namesOf))];
  const wrong = (
    key: 'include' | 'exclude',
    index: number,
    inner: string[],
    message: string,
    hint?: string,
  ): Mistake => ({
    path: [key, index, ...inner],
    atKey: inner.length > 0,
    message,
    ...(hint === undefined ? {} : { hint }),
  });
  const mistakes = (['include', 'exclude'] as const).flatMap((key) =>
    (key === 'include' ? include : exclude).flatMap(({ target, ratePerSecond, axes }, index): Mistake[] => [
      ...(['confirms', 'batch'] as const).flatMap((name) =>
        axes[name] === undefined || source.pattern?.kind === 'confirms'
          ? []
          : [
              wrong(
                key,
                index,
                [name],
                'only the cells of the pattern confirms wait for them in several ways',
                'write pattern: confirms',
              ),
            ],
      ),
      ...(axes.load !== undefined && source.load.kind === 'walk'
        ? [wrong(key, index, ['load'], 'the cells of a walk over rates have a rate and no load', 'write rate: 500/s')]
        : []),
      ...(axes.weights !== undefined && !weightsOf(source).includes(axes.weights)
        ? [
            wrong(
              key,
              index,
              ['weights'],
              'no such weights are among those that the pattern fair-dispatch lists',
              'write them in pattern: {kind: fair-dispatch, weights: [{…}, {…}]} too',
            ),
          ]
        : []),
      ...(target !== undefined && !names.includes(target)
        ? [wrong(key, index, ['target'], `no target ${show(target)} is in this scenario`, suggest(target, names))]
        : []),
      ...(ratePerSecond !== undefined && source.load.kind !== 'walk'
        ? [wrong(key, index, ['rate'], 'only the cells of a walk over rates have a rate', 'write load: {rates: […]}')]
        : []),
    ]),
  );
  if (mistakes.length > 0) return mistakes;
  const whole = cellsOf({
    ...source,
    ...(source.matrix ? { matrix: { ...source.matrix, include: [], exclude: [] } } : {}),
  });
  exclude.forEach((pattern, index) => {
    if (!whole.some((cell) => matches(cell, pattern, source.targets)))
      mistakes.push(
        wrong('exclude', index, [], 'no cell is like that, so nothing is excluded', 'name values that the lists hold'),
      );
  });
  if (mistakes.length === 0 && exclude.length > 0 && cellsOf(source).length === 0)
    mistakes.push({ path: ['exclude'], atKey: true, message: 'every cell is excluded', hint: 'leave some of them in' });
  return mistakes;
}
