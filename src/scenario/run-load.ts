/** What one cell's runs do: its own values of the axes, in a walk its own rate, of all else the scenario's. */
import type { Cell, RunLoad, Scenario } from './types.js';

/** A scenario as one run sees it. */
export interface RunScenario extends Scenario {
  readonly load: RunLoad;
  /** The run is a step of a walk over rates: falling behind is a finding and not a mistake. */
  readonly walking: boolean;
}

/** Pure. */
export function runScenario(scenario: Scenario, cell: Cell): RunScenario {
  const { load } = scenario;
  const own = { ...scenario, ...cell.axes };
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
