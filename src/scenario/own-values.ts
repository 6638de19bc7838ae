/** What a cell has of its own: the values behind the words of its axes. */
import type { PayloadSpec } from '../payload/spec.js';
import type { Weights } from '../tasks/weights.js';
import type { AxisPoint, KeyedAxis } from './axes.js';
import { weightsKey } from './axis-keys.js';
import type { ScenarioPattern } from './pattern.js';
import type { Matrix, RunLoad } from './types.js';

/** Of axes with words for maps these maps, of others the value itself. */
export interface OwnValues extends Omit<AxisPoint, KeyedAxis> {
  readonly payload?: PayloadSpec;
  readonly load?: RunLoad;
  /** With the cell's weights alone. */
  readonly pattern?: ScenarioPattern;
}

/** Pure. */
export function ownValues(
  { matrix, pattern }: { readonly matrix?: Matrix; readonly pattern?: ScenarioPattern | undefined },
  axes: AxisPoint = {},
): OwnValues {
  const { payload, load, weights, ...plain } = axes;
  return {
    ...plain,
    ...(payload === undefined ? {} : { payload: valueOf(matrix?.named.payload, payload) }),
    ...(load === undefined ? {} : { load: valueOf(matrix?.named.load, load) }),
    ...(weights === undefined || pattern?.kind !== 'fair-dispatch' ? {} : { pattern: weighed(pattern, weights) }),
  };
}

function valueOf<T>(named: Readonly<Record<string, T>> | undefined, word: string): T {
  const value = named?.[word];
  if (value === undefined) throw new Error(`nothing is called ${word}`);
  return value;
}

type FairDispatch = Extract<ScenarioPattern, { readonly kind: 'fair-dispatch' }>;

function weighed({ kind, weights: first, weightings = [first] }: FairDispatch, word: string): FairDispatch {
  const named: readonly (readonly [string, Weights])[] = weightings.map((one) => [weightsKey(one), one]);
  return { kind, weights: valueOf(Object.fromEntries(named), word) };
}
