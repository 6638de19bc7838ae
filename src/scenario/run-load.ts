/** What one cell's runs do: its own values of the axes, in a walk its own rate, of all else the scenario's. */
import { type Publishing, publishingOf } from '../confirms/modes.js';
import type { Content } from '../payload/spec.js';
import type { Weights } from '../tasks/weights.js';
import { ownValues } from './own-values.js';
import type { Cell, RunLoad, Scenario } from './types.js';

/** A scenario as one run sees it. */
export interface RunScenario extends Scenario {
  readonly load: RunLoad;
  /** The run is a step of a walk over rates: falling behind is a finding and not a mistake. */
  readonly walking: boolean;
  /** What stands in the bodies. */
  readonly content: Content;
  /** What messages cost their consumers. */
  readonly weights?: Weights;
  /** How producers wait for confirms, where that is not with a window that is kept full. */
  readonly publishing?: Publishing;
}

/** Pure. */
export function runScenario(scenario: Scenario, cell: Cell): RunScenario {
  const here = { ...scenario, ...ownValues(scenario, cell.axes) };
  const { load, pattern } = here;
  const own = {
    ...here,
    content: contentOf(here),
    ...(pattern.kind === 'fair-dispatch' ? { weights: pattern.weights } : {}),
    ...(pattern.kind === 'confirms' && cell.axes?.confirms !== undefined
      ? { publishing: publishingOf(cell.axes.confirms, cell.axes.batch ?? pattern.batch) }
      : {}),
  };
  if (load.kind !== 'walk') return { ...own, load, walking: false };
  const { arrivals } = load;
  const perSecond = cell.ratePerSecond;
  if (perSecond === undefined) throw new Error(`the cell ${cell.id} of a walk has no rate`);
  return {
    ...own,
    load: { kind: 'rate', perSecond, ...(arrivals === undefined ? {} : { arrivals }) },
    walking: true,
  };
}

/** What the bodies hold: what the scenario says, unless its pattern has texts of its own. */
function contentOf({ pattern, payload }: Scenario): Content {
  if (pattern.kind === 'hello' && payload.kind === 'random') return { kind: 'texts', texts: [pattern.text] };
  if (pattern.kind === 'fair-dispatch' && pattern.weights.by === 'marks')
    return { kind: 'texts', texts: pattern.weights.texts };
  return payload;
}
