/** What is run and in which order: a pure function of the scenario, the adapters' capabilities and the server choice. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Adapter, Capabilities } from '../brokers/adapter.js';
import { capabilitiesOf } from '../brokers/capabilities.js';
import { shuffled } from '../patterns/deck.js';
import { refusalOf, supportOf } from '../patterns/refusal.js';
import type { ServerChoice } from '../servers/provider.js';
import { UsageError } from '../errors.js';
import { cellCount, cellsOf } from './cells.js';
import { digestOf } from './digest.js';
import { faultRefusal, takeoverRefusal } from './fault-contradictions.js';
import { limits } from './limits.js';
import { definitionOf } from './pattern-schema.js';
import { runScenario, type RunScenario } from './run-load.js';
import { mostSize, sizeOf } from './sizes.js';
import { isJvmServer } from './targets.js';
import type { Cell, Plan, PlannedRun, RefusedCell, Scenario, Target } from './types.js';
import { formatCount, formatSize } from './units.js';

/** What the plan asks an adapter for. */
export type PlannedAdapter = Pick<Adapter, 'capabilities' | 'capabilitiesWith' | 'refuses' | 'takeover'>;

/** Why a target's adapter cannot do a cell, or undefined when it can. */
function refusal(cell: Cell, scenario: RunScenario, adapter: PlannedAdapter, { options }: Target): string | undefined {
  const capabilities = capabilitiesOf(adapter, options);
  // Producers that do not wait for confirms promise less than the scenario does.
  for (const level of [scenario.guarantee, scenario.publishing?.guarantee ?? scenario.guarantee]) {
    const support = capabilities.guarantees[level];
    if (support !== true) return support.reason;
  }
  const tooHard =
    faultRefusal(scenario.faults, capabilities.durable) ?? takeoverRefusal(scenario, adapter.takeover?.(options));
  if (tooHard !== undefined) return tooHard;
  const most = mostSize(sizeOf(cell));
  if (most > capabilities.maxBodyBytes)
    return `${formatSize(most)} is more than a body can be there (${formatSize(capabilities.maxBodyBytes)})`;
  return (
    prefetchRefusal(scenario, capabilities) ??
    confirmRefusal(scenario, capabilities) ??
    patternRefusal(scenario, adapter, options)
  );
}

/** Where prefetches are compared and the broker has none, the largest stands for that: it hands out what it has. */
function prefetchRefusal({ pattern, prefetch, matrix }: Scenario, capabilities: Capabilities): string | undefined {
  if (pattern.kind !== 'fair-dispatch' || capabilities.prefetch === true) return undefined;
  return prefetch < Math.max(...(matrix?.axes.prefetch ?? [prefetch])) ? capabilities.prefetch.reason : undefined;
}

function confirmRefusal({ publishing }: RunScenario, capabilities: Capabilities): string | undefined {
  if (publishing?.transactionSize === undefined) return undefined;
  const transactions = supportOf(capabilities, 'transactions');
  return transactions === true ? undefined : transactions.reason;
}

/** Why an adapter with these options cannot have the scenario's pattern. */
function patternRefusal(scenario: Scenario, adapter: PlannedAdapter, options: unknown): string | undefined {
  const definition = definitionOf(scenario.pattern);
  for (const feature of definition.features ?? []) {
    const support = supportOf(capabilitiesOf(adapter, options), feature);
    if (support !== true) return support.reason;
  }
  const pattern = definition.destination(scenario.pattern, scenario);
  const { guarantee, consumers } = scenario;
  return refusalOf(adapter, { guarantee, consumers, ...(pattern === undefined ? {} : { pattern }) }, options);
}

/**
 * Cells in groups that are run one after another: all together, or in a walk one rate after another, upwards. Within
 * a group the order is drawn.
 */
function groupsOf(cells: readonly Cell[], { load }: Scenario): Cell[][] {
  if (load.kind !== 'walk') return [[...cells]];
  const rates = [...new Set(cells.flatMap((cell) => cell.ratePerSecond ?? []))].sort((a, b) => a - b);
  return rates.map((rate) => cells.filter((cell) => cell.ratePerSecond === rate));
}

/** @throws UsageError when that makes more runs than any sensible benchmark has */
function refuseTooMany(cells: number, repetitions: number): void {
  const asked = cells * repetitions;
  if (asked > limits.runs)
    throw new UsageError(`That makes ${formatCount(asked)} runs; at most ${formatCount(limits.runs)} are allowed.`, {
      where: `${formatCount(cells)} cells, ${formatCount(repetitions)} repetitions`,
      hint: 'Ask for fewer repetitions, or for fewer targets, sizes or values of other lists.',
    });
}

/** The targets that do something: a server of which every cell is refused need not be there. */
export function usedTargets({ scenario, cells }: Plan): readonly Target[] {
  const used = new Set(cells.map(({ target }) => target));
  return scenario.targets.filter(({ name }) => used.has(name));
}

/**
 * Plans the runs. First one discarded run for each target whose server is a JVM
 * that is started for it. Then one block a repetition:
 * every cell once, in an order drawn by the seed, so that a machine that drifts hits all targets alike; in a walk
 * rate by rate, so that all targets climb together.
 * @param adapters by id; must hold every adapter of the scenario
 * @throws UsageError when that makes more runs than any sensible benchmark has
 */
export function buildPlan(
  scenario: Scenario,
  adapters: ReadonlyMap<string, PlannedAdapter>,
  serverChoice: ServerChoice,
): Plan {
  const cells: Cell[] = [];
  const refused: RefusedCell[] = [];
  // Counted before they are made: a product of many lists could fill the memory.
  refuseTooMany(cellCount(scenario), 1);
  for (const cell of cellsOf(scenario)) {
    const target = scenario.targets.find(({ name }) => name === cell.target);
    const adapter = adapters.get(target?.adapter ?? '');
    if (!target || !adapter) throw new Error(`nothing is known of the adapter "${target?.adapter ?? ''}"`);
    const reason = refusal(cell, runScenario(scenario, cell), adapter, target);
    if (reason === undefined) cells.push(cell);
    else refused.push({ cell, reason });
  }
  refuseTooMany(cells.length, scenario.repetitions);
  const runs: Omit<PlannedRun, 'order'>[] = [];
  // Nobody needs a warm server to see three messages pass.
  const measured = scenario.pattern.kind !== 'hello';
  for (const target of scenario.targets) {
    const first = cells.find((cell) => cell.target === target.name);
    // A server that a person names was not started for this, so it is as warm as it will be.
    const starts = target.url === undefined && serverChoice !== 'endpoint';
    if (first && starts && measured && isJvmServer(target.server))
      runs.push({ cell: first, repetition: 1, discard: true });
  }
  const random = xoroshiro128plus(scenario.seed);
  for (let repetition = 1; repetition <= scenario.repetitions; repetition++)
    for (const group of groupsOf(cells, scenario))
      for (const cell of shuffled(group, random)) runs.push({ cell, repetition, discard: false });
  return {
    scenario,
    cells,
    refused,
    runs: runs.map((run, index) => ({ order: index + 1, ...run })),
    serverChoice,
    digest: digestOf(scenario),
  };
}
