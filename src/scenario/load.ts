/** From a name and flags to an effective scenario: find, read, parse, apply the flags. */
import { loadAdapter } from '../brokers/registry.js';
import { findScenario, readScenarioText } from './find.js';
import { applyFlags, type ScenarioFlags } from './overrides.js';
import { parseScenario } from './parse.js';
import type { PlannedAdapter } from './plan.js';
import { knownTargets } from './targets.js';
import type { Scenario } from './types.js';

/**
 * @param nameOrPath a shipped scenario's bare name or a file's path
 * @throws UsageError no such file or not readable; ScenarioError mistakes in the file or the flags
 */
export async function loadScenario(nameOrPath: string, flags: ScenarioFlags = {}): Promise<Scenario> {
  const file = findScenario(nameOrPath);
  const text = readScenarioText(file);
  const known = await knownTargets(flags.adapter ?? []);
  return applyFlags(await parseScenario(text, file, loadAdapter, known), flags, loadAdapter, known);
}

/** The adapters of a scenario's targets by id: what `buildPlan` needs. */
export async function adaptersOf(scenario: Scenario): Promise<ReadonlyMap<string, PlannedAdapter>> {
  const ids = new Set(scenario.targets.map((target) => target.adapter));
  return new Map(await Promise.all([...ids].map(async (id) => [id, await loadAdapter(id)] as const)));
}
