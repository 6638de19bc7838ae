/** Which keys are axes, and what is wrong with the cells that a scenario includes and excludes. */
import { type Axes, type AxisName, type AxisPoint, isListed, type ListedAxis, listedAxes } from './axes.js';
import { UsageError } from '../errors.js';
import { suggest } from '../nearest.js';
import { cellCount, type CellSource, cellsOf, matches } from './cells.js';
import type { Mistake } from './issues.js';
import { limits } from './limits.js';
import { show } from './show.js';
import type { CellPattern, Matrix, Scenario } from './types.js';

/** The values of each key that may hold a list. */
export type Listed = { readonly [Name in ListedAxis]: Axes[Name] & readonly unknown[] };

/** Undefined where there is one value of everything, nothing included and nothing excluded. */
export function matrixOf(
  listed: Listed,
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
    include: include.map(settled),
    exclude: exclude.map(settled),
  };
}

/** What a flag put in the place of what the file lists; of included cells those that name such a key mean nothing any more. */
export interface Replaced {
  readonly listed: Partial<Listed>;
  readonly targets?: readonly string[];
  readonly sizes: boolean;
  readonly rates: boolean;
}

/** The scenario with other lists. @throws UsageError when the file's `exclude` leaves nothing of them */
export function withLists(scenario: Scenario, { listed, targets, sizes, rates }: Replaced): Scenario {
  const { matrix, ...rest } = scenario;
  const before = Object.fromEntries(listedAxes.map((name) => [name, matrix?.axes[name] ?? [scenario[name]]]));
  const now = { ...before, ...listed } as Listed;
  const stays = ({ target, size, ratePerSecond, axes }: CellPattern): boolean =>
    (target === undefined || targets === undefined || targets.includes(target)) &&
    !(sizes && size !== undefined) &&
    !(rates && ratePerSecond !== undefined) &&
    listedAxes.every((name) => axes[name] === undefined || listed[name] === undefined);
  const changed = matrixOf(now, matrix?.include.filter(stays) ?? [], matrix?.exclude ?? []);
  const result = { ...rest, ...firstOf(now), ...(changed === undefined ? {} : { matrix: changed }) };
  if (changed !== undefined && cellCount(result) <= limits.runs && cellsOf(result).length === 0)
    throw new UsageError('Nothing is left of what the flags ask for: the scenario excludes all of it.', {
      hint: 'Look at the key exclude of the scenario, or ask for other values.',
    });
  return result;
}

/** The first of each list: what holds where no cell says otherwise. */
export function firstOf(listed: Listed): Required<Pick<AxisPoint, ListedAxis>> {
  return Object.fromEntries(listedAxes.map((name) => [name, listed[name][0]])) as Required<Pick<AxisPoint, ListedAxis>>;
}

/** What a file's `include` and `exclude` get wrong together with the rest of it. */
export function matrixMistakes(source: CellSource): Mistake[] {
  const { include = [], exclude = [] } = source.matrix ?? {};
  const names = source.targets.map(({ name }) => name);
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
    if (!whole.some((cell) => matches(cell, pattern)))
      mistakes.push(
        wrong('exclude', index, [], 'no cell is like that, so nothing is excluded', 'name values that the lists hold'),
      );
  });
  if (mistakes.length === 0 && exclude.length > 0 && cellsOf(source).length === 0)
    mistakes.push({ path: ['exclude'], atKey: true, message: 'every cell is excluded', hint: 'leave some of them in' });
  return mistakes;
}
