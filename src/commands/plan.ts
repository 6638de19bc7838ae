/** The plan of a scenario that is to be run. */
import { UsageError } from '../errors.js';
import { adaptersOf } from '../scenario/load.js';
import { buildPlan } from '../scenario/plan.js';
import type { Plan, Scenario } from '../scenario/types.js';
import type { ServerChoice } from '../servers/provider.js';

/** @throws UsageError when no target can do what the scenario asks for */
export async function planOf(scenario: Scenario, server: ServerChoice): Promise<Plan> {
  const plan = buildPlan(scenario, await adaptersOf(scenario), server);
  if (plan.cells.length === 0) {
    const reasons = plan.refused.map(({ cell, reason }) => `${cell.id}: ${reason}`).join('; ');
    throw new UsageError(`No target can do this: ${reasons}.`, {
      hint: 'Change the guarantee, the sizes or the targets.',
    });
  }
  return plan;
}
