/** From a variant to one side of a session: checked out, prepared, its scenario read and its difference applied. */
import { existsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadAdapter } from '../brokers/registry.js';
import { ExitCode, InterruptedError, MqbenchError, ScenarioError, UsageError } from '../errors.js';
import { suggest } from '../nearest.js';
import type { TargetRecord } from '../results/schema.js';
import type { Draft } from '../results/store.js';
import { firstCellOnly } from '../scenario/cells.js';
import { findScenario, shippedScenarios } from '../scenario/find.js';
import { keyOf, mistakesOf } from '../scenario/issues.js';
import { adaptersOf, loadScenario } from '../scenario/load.js';
import { withLists } from '../scenario/matrix.js';
import type { ScenarioFlags } from '../scenario/overrides.js';
import { buildPlan } from '../scenario/plan.js';
import type { Cell, Plan, RunLoad, Scenario, Target } from '../scenario/types.js';
import type { ServerChoice } from '../servers/provider.js';
import { type Checkout, checkOut, prepare } from './checkout.js';
import { obtainClient } from './client.js';
import type { Variant } from './variant.js';

export type SideName = 'A' | 'B';

/** One side of a session, ready to be run. */
export interface Side {
  readonly name: SideName;
  readonly variant: Variant;
  /** What its git ref was. */
  readonly commit?: string;
  readonly plan: Plan;
  /** Of this side's workers, on top of our own environment. */
  readonly workerEnv: Readonly<Record<string, string>>;
  /** The client library that its workers use, where it is not the shipped one. */
  readonly client: TargetRecord['client'] | undefined;
  /**
   * A load for a cell instead of the scenario's; the self-test's brake.
   * @param unbraked throughputs of A's valid runs of the cell in this session so far, in messages a second
   */
  readonly loadOf?: (cell: Cell, unbraked: readonly number[]) => RunLoad;
  /** Removes what was checked out. Idempotent. */
  dispose(): Promise<void>;
}

export interface SideOptions {
  readonly name: SideName;
  readonly variant: Variant;
  /** A shipped scenario's name or a path. */
  readonly scenario: string;
  readonly flags: ScenarioFlags;
  readonly server: ServerChoice;
  /** Keep the first value of each axis only: one cell a target. */
  readonly oneCell: boolean;
  readonly logDir: string;
  /** The exit code when the variant cannot be had: its ref, its command, its client library. */
  readonly failsWith: ExitCode;
  /** Is told what has to go should this process be killed. */
  readonly alsoRemove: Draft['alsoRemove'];
  readonly signal: AbortSignal;
}

/**
 * @throws UsageError for a variant that makes no sense; MqbenchError with `failsWith` when it cannot be had
 */
export async function prepareSide(o: SideOptions): Promise<Side> {
  const { variant } = o;
  const checkout = variant.ref === undefined ? undefined : await checkOut(variant.ref, o.failsWith, o.alsoRemove);
  const folder = checkout?.folder ?? process.cwd();
  try {
    const scenarioPath = checkout === undefined ? o.scenario : inCheckout(o.scenario, folder);
    if (
      checkout !== undefined &&
      scenarioPath === o.scenario &&
      variant.adapter === undefined &&
      variant.client === undefined
    )
      throw new UsageError(`Nothing of ${variant.ref ?? 'it'} would be measured.`, {
        where: `variant ${o.name}`,
        hint: 'A git ref needs something that is taken from it: a scenario file of the repository, or, for both sides, --with adapter=<file> or --with client=<folder> and its --target.',
      });
    const env = variant.env ?? {};
    const load = (): Promise<Scenario> =>
      loadScenario(scenarioPath, variant.target === undefined ? o.flags : { ...o.flags, target: [variant.target] });
    if (variant.prepare !== undefined) {
      // What is wrong anyway is told before minutes are spent; what the command is yet to build is judged after it.
      const unprepared = await load().catch(() => undefined);
      if (unprepared !== undefined) refuseSeveralTargets(unprepared, variant, o.name);
      await prepare(variant.prepare, {
        folder,
        env,
        logFile: join(o.logDir, `prepare-${o.name}.log`),
        failsWith: o.failsWith,
        alsoRemove: o.alsoRemove,
        signal: o.signal,
      });
    }
    const scenario = await applyVariant(await load(), variant, folder, o.name);
    const client = variant.client === undefined ? undefined : await clientOf(variant.client, scenario, folder, o);
    const asked = o.oneCell ? firstCellOnly(scenario) : scenario;
    const plan = buildPlan(asked, await adaptersOf(scenario), o.server);
    if (plan.cells.length === 0)
      throw new UsageError(
        `No target of variant ${o.name} can do this: ${plan.refused.map(({ cell, reason }) => `${cell.id}: ${reason}`).join('; ')}.`,
        { where: `variant ${o.name}`, hint: 'Take another target, other options or another scenario.' },
      );
    return {
      name: o.name,
      variant,
      ...(checkout === undefined ? {} : { commit: checkout.commit }),
      plan,
      workerEnv: { ...env, ...client?.env },
      client: client?.record,
      dispose: async () => checkout?.dispose(),
    };
  } catch (error) {
    await checkout?.dispose();
    const failure = failureOf(error, checkout, o.failsWith);
    if (failure !== undefined) throw failure;
    throw error;
  }
}

/**
 * A variant that cannot be had is no mistake of the command line: neither what a registry or a command fails at, nor
 * what is wrong in a checkout.
 * @returns the error with the exit code for that; undefined where it stays what it is
 */
export function failureOf(
  error: unknown,
  checkout: Pick<Checkout, 'root'> | undefined,
  failsWith: ExitCode,
): MqbenchError | undefined {
  if (!(error instanceof MqbenchError) || error instanceof InterruptedError) return undefined;
  const isMistake = error.exitCode === ExitCode.usage;
  if (isMistake && (checkout === undefined || !liesIn(checkout.root, error.details.where))) return undefined;
  return error instanceof ScenarioError
    ? new ScenarioError(error.file, error.issues, failsWith)
    : new MqbenchError(error.message, { ...error.details, exitCode: failsWith });
}

function liesIn(root: string, where: string | undefined): boolean {
  return where !== undefined && (where === root || where.startsWith(`${root}${sep}`));
}

/** The scenario file's own version in a checkout, where it is a file of the repository. */
function inCheckout(scenario: string, folder: string): string {
  if (shippedScenarios().some(({ name }) => name === scenario)) return scenario;
  const inside = relative(process.cwd(), resolve(findScenario(scenario)));
  const there = join(folder, inside);
  return !inside.startsWith('..') && existsSync(there) ? there : scenario;
}

/**
 * What belongs to one target cannot be given to several.
 * @throws UsageError
 */
function refuseSeveralTargets(scenario: Scenario, variant: Variant, name: SideName): void {
  const particular = (['url', 'image', 'config', 'client', 'adapter'] as const).filter(
    (key) => variant[key] !== undefined,
  );
  if (particular.length > 0 && scenario.targets.length > 1)
    throw new UsageError(
      `${particular.join(' and ')} of variant ${name} can only be of one target, and there are ${scenario.targets.length}.`,
      {
        where: `variant ${name}`,
        hint: `Choose one with --target: ${scenario.targets.map((target) => target.name).join(', ')}.`,
      },
    );
}

/**
 * The scenario with the variant's difference.
 * @throws UsageError where the difference fits no target
 */
export async function applyVariant(
  scenario: Scenario,
  variant: Variant,
  folder: string,
  name: SideName,
): Promise<Scenario> {
  refuseSeveralTargets(scenario, variant, name);
  const targets: Target[] = [];
  for (const target of scenario.targets) targets.push(await applyToTarget(target, variant, folder, name));
  const changed = { ...scenario, targets };
  if (variant.prefetch === undefined) return changed;
  return withLists(changed, { listed: { prefetch: [variant.prefetch] }, sizes: false, load: false });
}

async function applyToTarget(target: Target, variant: Variant, folder: string, name: SideName): Promise<Target> {
  let adapterId = target.adapter;
  if (variant.adapter !== undefined) {
    const file = resolve(folder, variant.adapter);
    if (!existsSync(file))
      throw new UsageError(`There is no adapter file for variant ${name}.`, {
        where: file,
        hint: 'Is it built? Give the command with prepare=….',
      });
    adapterId = pathToFileURL(file).href;
  }
  const adapter = await loadAdapter(adapterId);
  const asked = variant.adapter === undefined ? { ...target.options, ...variant.options } : { ...variant.options };
  const options = adapter.options.safeParse(asked);
  if (!options.success) {
    const known = Object.keys((adapter.options as { shape?: object }).shape ?? {});
    const [first] = mistakesOf(options.error, [], (path) => (path.length === 0 ? known : []));
    throw new UsageError(
      `The target ${target.name} does not take ${first === undefined ? 'these options' : `"${keyOf(first.path)}": ${first.message}`}.`,
      {
        where: `variant ${name}, options`,
        hint: first?.hint ?? (known.length === 0 ? 'It has no options.' : suggest('', known)),
      },
    );
  }
  return {
    ...target,
    adapter: adapterId,
    options: options.data as Target['options'],
    url: variant.url ?? target.url,
  };
}

async function clientOf(wanted: string, scenario: Scenario, folder: string, o: SideOptions) {
  const [target] = scenario.targets;
  const adapter = await loadAdapter(target?.adapter ?? '');
  return obtainClient(wanted, adapter.client().name, folder, o.variant.env ?? {}, o.signal);
}
