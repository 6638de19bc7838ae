/** Flags that change a scenario for one call, judged by the same schemas as the file. */
import type { z } from 'zod';
import { loadAdapter as loadShipped } from '../brokers/registry.js';
import { ScenarioError, type ScenarioIssue } from '../errors.js';
import { suggest } from '../nearest.js';
import type { FaultMoment } from '../faults/fault.js';
import { cellCount, isCalled, namesOf } from './cells.js';
import { contradictions, contradictionsOfCells } from './contradictions.js';
import { keyOf, mistakesOf } from './issues.js';
import { limits } from './limits.js';
import { withLists } from './matrix.js';
import { definitionOf } from './pattern-schema.js';
import { fields, type Fields } from './schema.js';
import { show } from './show.js';
import { builtInTargets, resolveTarget, type KnownTargets, type LoadAdapter } from './targets.js';
import type { Load, RunLoad, Scenario, Target } from './types.js';

/** The flags as they were typed. */
export interface ScenarioFlags {
  /** Files or packages of adapters from elsewhere; each becomes a target of its id. */
  readonly adapter?: readonly string[];
  /** Each may hold several, comma-separated. */
  readonly target?: readonly string[];
  readonly size?: readonly string[];
  readonly messages?: string;
  readonly duration?: string;
  readonly producers?: readonly string[];
  readonly consumers?: readonly string[];
  readonly destinations?: readonly string[];
  readonly prefetch?: readonly string[];
  readonly guarantee?: readonly string[];
  readonly repetitions?: string;
  readonly rate?: string;
  readonly warmup?: string;
  readonly seed?: string;
  /** A first look: one short run of each cell; the other flags still win. */
  readonly quick?: boolean;
}

/** What the flags change, in base units. */
interface Overrides {
  readonly targets?: readonly string[];
  readonly sizes?: Fields['sizes'];
  readonly messages?: number;
  readonly duration?: number;
  readonly producers?: Fields['producers'];
  readonly consumers?: Fields['consumers'];
  readonly destinations?: Fields['destinations'];
  readonly prefetch?: Fields['prefetch'];
  readonly repetitions?: number;
  readonly load?: Fields['load'];
  readonly guarantee?: Fields['guarantee'];
  readonly warmup?: number;
  readonly seed?: number;
}

/** The name under which mistakes in flags are reported. */
const commandLine = 'the command line';

/** Stands in front of the description of what `--quick` ran, so that nobody takes it for more. */
export const firstLookMark = 'FIRST LOOK (--quick: one short repetition, not for comparing).';

/** `--quick`: set by time, so that the slowest broker takes no longer and the fastest is still measurable. */
const quick = { durationSeconds: 2, repetitions: 1, warmupSeconds: 1, pauseSeconds: 0 } as const;

/**
 * `--quick`: most in flight. What is in flight when the time is over still has to arrive, after the warm-up and again
 * after the measured part: with 5,000 and a slow disk that took longer than both. Two of Kafka's batches still travel.
 */
const quickInFlight = 2_000;

/** What `--quick` makes of a scenario. */
function quickened(scenario: Scenario): Scenario {
  const { load, lateConsumers: late, faults, pattern, messages, matrix } = scenario;
  const loads = [load, ...Object.values(matrix?.named.load ?? {})];
  const extent =
    definitionOf(pattern).counted === true && messages !== undefined
      ? { messages, durationSeconds: undefined, warmupSeconds: Math.min(scenario.warmupSeconds, quick.warmupSeconds) }
      : { messages: undefined };
  return {
    ...scenario,
    ...quick,
    ...extent,
    // What takes its time must still fit in.
    load: hurried(load),
    ...(matrix?.named.load === undefined
      ? {}
      : { matrix: { ...matrix, named: { ...matrix.named, load: hurriedAll(matrix.named.load) } } }),
    ...(extent.messages === undefined
      ? { durationSeconds: Math.max(quick.durationSeconds, ...loads.map(cycleOf)) }
      : {}),
    faults: faults.map((fault) => ({ ...fault, at: sooner(fault.at) })),
    ...(late === undefined
      ? {}
      : { lateConsumers: { ...late, afterSeconds: Math.min(late.afterSeconds, quick.durationSeconds / 2) } }),
    description: `${firstLookMark} ${scenario.description}`.trim(),
  };
}

/** A load that fits into the time that `--quick` leaves; it keeps its name. */
function hurried<L extends Load>(load: L): L {
  if (load.kind === 'closed') return { ...load, inFlight: Math.min(load.inFlight, quickInFlight) };
  return load.kind === 'ramp' ? { ...load, overSeconds: Math.min(load.overSeconds, quick.durationSeconds) } : load;
}

function hurriedAll(named: Readonly<Record<string, RunLoad>>): Record<string, RunLoad> {
  return Object.fromEntries(Object.entries(named).map(([name, load]) => [name, hurried(load)]));
}

/** Seconds of a burst and its rest. */
function cycleOf(load: Load): number {
  return load.kind === 'bursts' ? load.onSeconds + load.offSeconds : 0;
}

/** A fault's moment within the time that `--quick` leaves. */
function sooner(at: FaultMoment): FaultMoment {
  return at.kind === 'after' ? { ...at, seconds: Math.min(at.seconds, quick.durationSeconds / 2) } : at;
}

function commas(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(',')).map((text) => text.trim());
}

/** One value stays one, so that what is wrong with it is said of it and not of a list. */
function listOrOne(texts: readonly string[] | undefined): string | string[] | undefined {
  const values = texts && commas(texts);
  return values?.length === 1 ? values[0] : values;
}

function readOverrides(flags: ScenarioFlags): { overrides: Overrides; issues: ScenarioIssue[] } {
  const issues: ScenarioIssue[] = [];
  function take<T>(flag: string, schema: z.ZodType<T>, value: unknown): T | undefined {
    if (value === undefined) return undefined;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const { message, hint } of mistakesOf(parsed.error, [], () => []))
      issues.push({ key: flag, message, ...(hint === undefined ? {} : { hint }) });
    return undefined;
  }
  if (flags.messages !== undefined && flags.duration !== undefined)
    issues.push({
      key: '--duration',
      message: '--messages and --duration exclude each other',
      hint: 'keep one of them',
    });
  const overrides = {
    targets: flags.target && commas(flags.target),
    sizes: take('--size', fields.sizes, flags.size && commas(flags.size)),
    messages: take('--messages', fields.messages, flags.messages),
    duration: take('--duration', fields.duration, flags.duration),
    producers: take('--producers', fields.producers, listOrOne(flags.producers)),
    consumers: take('--consumers', fields.consumers, listOrOne(flags.consumers)),
    destinations: take('--destinations', fields.destinations, listOrOne(flags.destinations)),
    prefetch: take('--prefetch', fields.prefetch, listOrOne(flags.prefetch)),
    repetitions: take('--repetitions', fields.repetitions, flags.repetitions),
    load: take('--rate', fields.load, flags.rate === undefined ? undefined : { rate: flags.rate }),
    guarantee: take('--guarantee', fields.guarantee, listOrOne(flags.guarantee)),
    warmup: take('--warmup', fields.warmup, flags.warmup),
    seed: take('--seed', fields.seed, flags.seed),
  };
  return {
    overrides: Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined)),
    issues,
  };
}

/** The targets that were asked for: the scenario's own by name, else known ones. */
async function chooseTargets(
  names: readonly string[],
  own: readonly Target[],
  loadAdapter: LoadAdapter,
  knownTargets: KnownTargets,
): Promise<{ targets: Target[]; issues: ScenarioIssue[] }> {
  const targets: Target[] = [];
  const issues: ScenarioIssue[] = [];
  const known = [...new Set([...own.flatMap(namesOf), ...knownTargets.keys()])];
  for (const name of new Set(names)) {
    const asked = own.filter((candidate) => isCalled(candidate, name));
    if (asked.length > 0) {
      targets.push(...asked.filter((target) => !targets.includes(target)));
      continue;
    }
    if (knownTargets.has(name)) targets.push(await resolveTarget(name, loadAdapter, knownTargets));
    else issues.push({ key: '--target', message: `there is no target ${show(name)}`, hint: suggest(name, known) });
  }
  return { targets, issues };
}

/** An adapter that a person names joins the scenario's own targets; undefined when there is none. */
function withAdapters(own: readonly Target[], known: KnownTargets): string[] | undefined {
  const added = [...known.keys()].filter((name) => !builtInTargets.has(name));
  return added.length === 0 ? undefined : [...own.map(({ name }) => name), ...added];
}

/**
 * The scenario with the flags on top.
 * @param known the built-in targets and those of `--adapter`
 * @throws ScenarioError with every mistake in the flags
 */
export async function applyFlags(
  scenario: Scenario,
  flags: ScenarioFlags,
  loadAdapter: LoadAdapter = loadShipped,
  known: KnownTargets = builtInTargets,
): Promise<Scenario> {
  const { overrides: o, issues } = readOverrides(flags);
  const names = o.targets ?? withAdapters(scenario.targets, known);
  const chosen = names && (await chooseTargets(names, scenario.targets, loadAdapter, known));
  if (chosen) issues.push(...chosen.issues);
  if (issues.length > 0) throw new ScenarioError(commandLine, issues);

  const base = flags.quick ? quickened(scenario) : scenario;
  const plain: Scenario = {
    ...base,
    ...(chosen ? { targets: chosen.targets } : {}),
    ...(o.sizes === undefined ? {} : { sizes: o.sizes }),
    ...(o.messages === undefined ? {} : { messages: o.messages, durationSeconds: undefined }),
    ...(o.duration === undefined ? {} : { durationSeconds: o.duration, messages: undefined }),
    ...(o.repetitions === undefined ? {} : { repetitions: o.repetitions }),
    ...(o.load?.[0] === undefined ? {} : { load: o.load[0] }),
    ...(o.warmup === undefined ? {} : { warmupSeconds: o.warmup }),
    ...(o.seed === undefined ? {} : { seed: o.seed }),
  };
  const { producers, consumers, destinations, prefetch, guarantee } = o;
  const listed = { producers, consumers, destinations, prefetch, guarantee };
  const changed = withLists(plain, {
    listed: Object.fromEntries(Object.entries(listed).filter(([, values]) => values !== undefined)),
    ...(chosen ? { targets: chosen.targets.flatMap(namesOf) } : {}),
    sizes: o.sizes !== undefined,
    load: o.load !== undefined,
  });
  const found = cellCount(changed) > limits.runs ? contradictions(changed) : contradictionsOfCells(changed, changed);
  const clashes = found.map(({ path, ...what }) => ({ key: keyOf(path), ...what }));
  if (clashes.length > 0) throw new ScenarioError(commandLine, clashes);
  return changed;
}
