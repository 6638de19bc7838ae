/**
 * Runs a whole plan: servers up, targets opened, runs in their drawn order, the result saved as it grows.
 * Whatever happens it ends with servers down, destinations gone and the result telling how far it came.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Guarantee } from '../brokers/adapter.js';
import { BrokerError, ExitCode, InterruptedError, messageOf, StorageError } from '../errors.js';
import { faultText, momentText } from '../faults/text.js';
import { readEnvironment } from '../results/environment.js';
import { redact } from '../results/redact.js';
import { readRevision } from '../results/revision.js';
import { type Result, resultVersion, type RunRecord } from '../results/schema.js';
import type { Draft } from '../results/store.js';
import { packageVersion } from '../root.js';
import { recordOf } from '../scenario/pattern.js';
import { axesOf, pointId } from '../scenario/axes.js';
import { payloadRecord } from '../scenario/payload-record.js';
import { runScenario } from '../scenario/run-load.js';
import { sizeKey, sizeOf } from '../scenario/sizes.js';
import type { Cell, Plan, PlannedRun, Scenario } from '../scenario/types.js';
import type { RunningServer } from '../servers/provider.js';
import { newOrigin } from './clock.js';
import type { RunListener } from './live.js';
import { runCell } from './run-cell.js';
import { TargetSession } from './target-session.js';

/** What a session tells while it goes on. */
export interface SessionListener extends RunListener {
  runBegins(run: PlannedRun, place: number, of: number): void;
  runEnds(run: PlannedRun, record: RunRecord): void;
  warn(text: string): void;
}

export interface SessionOptions {
  readonly plan: Plan;
  readonly servers: ReadonlyMap<string, RunningServer>;
  /** Targets that could not be had, with the reason. */
  readonly missing: readonly { readonly target: string; readonly reason: string }[];
  /** Whether a target that has too few brokers for the guarantee is left out, as one that could not be had is. */
  readonly goOnWithout?: boolean;
  readonly draft: Draft;
  readonly commandLine: readonly string[];
  readonly signal: AbortSignal;
  readonly listener: SessionListener;
  /** Shows single messages to the listener; `hello` always does. */
  readonly print?: boolean;
}

export interface SessionOutcome {
  readonly result: Result;
  /** The first broker or environment error; decides the exit code when set. */
  readonly error: Error | undefined;
}

/** Runs the plan. Never rejects for what a broker or a full disk does. */
export async function runSession(o: SessionOptions): Promise<SessionOutcome> {
  const { plan, draft, signal, listener } = o;
  const origin = newOrigin();
  const sessionId = randomBytes(4).toString('hex');
  const environment = await readEnvironment();
  const revision = await readRevision();
  const startedAt = new Date().toISOString();
  const sessions = new Map<string, TargetSession>();
  const lost = new Map<string, string>(o.missing.map(({ target, reason }) => [target, reason]));
  const records: RunRecord[] = [];
  const skipped: NonNullable<Result['skipped']> = [];
  const lesson = plan.scenario.pattern.kind === 'hello';
  const print = o.print === true || lesson;
  const warnings: string[] =
    print && !lesson ? ['messages were shown while they were measured: no figure here is to be compared'] : [];
  let firstError: Error | undefined;
  const drop = (target: string, error: Error): void => {
    firstError ??= error;
    if (!lost.has(target)) lost.set(target, redact(messageOf(error)));
    listener.warn(`${target} is left out from here on: ${redact(messageOf(error))}`);
  };

  const result = (partialReason: string | undefined): Result => ({
    schema: 'mqbench.result',
    version: resultVersion,
    id: draft.id,
    startedAt,
    finishedAt: new Date().toISOString(),
    partial: partialReason !== undefined,
    ...(partialReason === undefined ? {} : { partialReason }),
    mqbench: { version: packageVersion(), ...revision },
    commandLine: o.commandLine.map(redact),
    environment,
    scenario: scenarioRecord(plan),
    targets: [...sessions.values()].map((session) => session.record(guaranteesOf(plan), plan.scenario.faults)),
    missing: [...lost].map(([target, reason]) => ({ target, reason })),
    cells: [...plan.cells],
    refused: plan.refused.map(({ cell, reason }) => ({ cell, reason })),
    ...(skipped.length === 0 ? {} : { skipped }),
    runs: records,
    warnings,
  });

  try {
    for (const target of plan.scenario.targets) {
      const server = o.servers.get(target.name);
      if (!server || signal.aborted) continue;
      let session: TargetSession;
      try {
        session = await TargetSession.open(target, server, draft.logDir);
      } catch (error) {
        drop(target.name, error as Error);
        continue;
      }
      const reasons = guaranteesOf(plan).map((guarantee) => lacksReplicas({ guarantee }, session));
      const [reason] = reasons;
      if (reason !== undefined && !reasons.includes(undefined)) {
        await session.close();
        lost.set(target.name, reason);
        if (o.goOnWithout !== true || plan.scenario.targets.every(({ name }) => lost.has(name)))
          throw tooFewBrokers(target.name, reason, server.endpoint.url);
        listener.warn(`${target.name}: ${reason}`);
        continue;
      }
      sessions.set(target.name, session);
      void session.gone.then((error) => drop(target.name, error as BrokerError));
    }
    const planned = plan.runs.filter((run) => {
      const session = sessions.get(run.cell.target);
      // The plan cannot know that a JVM was running already: then it is as warm as it will be.
      return session !== undefined && (!run.discard || session.server.isJvm);
    });
    // In a walk what a target fell behind at, and why, by repetition and size.
    const behind = new Map<string, string>();
    for (const [index, run] of planned.entries()) {
      if (signal.aborted) break;
      const session = sessions.get(run.cell.target);
      if (!session || lost.has(run.cell.target)) continue;
      const scenario = runScenario(run.discard ? shortened(plan.scenario) : plan.scenario, run.cell);
      const reason = lacksReplicas(scenario, session) ?? behind.get(walkOf(run));
      if (reason !== undefined) {
        if (!run.discard) skipped.push({ cell: run.cell.id, repetition: run.repetition, reason });
        continue;
      }
      const ahead = planned.slice(index).filter((later) => !behind.has(walkOf(later))).length;
      // Whoever is killed from here on leaves a partial result.
      if (records.length === 0) await draft.save(result(endedEarly('before the first run had ended')));
      listener.runBegins(run, index - skipped.length + 1, index - skipped.length + ahead);
      const record = await runCell(run, session, {
        origin,
        // A discarded run warms a JVM up and stands in no figure: a fifth of the messages does that.
        scenario,
        logDir: draft.logDir,
        signal,
        listener,
        runNumber: index + 1,
        print,
        sessionId,
        failed: (error, usable) => {
          if (error instanceof InterruptedError || lost.has(run.cell.target)) return;
          if (!usable) drop(run.cell.target, error);
          else if (!run.discard) firstError ??= error;
        },
      });
      if (!run.discard) {
        records.push(record);
        if (run.cell.ratePerSecond !== undefined && record.rate?.kept === false)
          behind.set(walkOf(run), `it fell behind at ${run.cell.ratePerSecond.toLocaleString('en-US')} messages/s`);
        await draft.save(result(endedEarly(`after run ${index + 1} of ${planned.length}`)));
      } else if (record.error !== undefined)
        warnings.push(`the discarded first run of ${run.cell.target} did not end well: ${record.error}`);
      listener.runEnds(run, record);
      if (!signal.aborted && index + 1 < planned.length)
        await sleep(plan.scenario.pauseSeconds * 1000, undefined, { signal }).catch(() => undefined);
    }
  } catch (error) {
    // What was measured is still told, where it cannot be stored, and whatever else went wrong after it.
    if (!(error instanceof StorageError) && records.length === 0) throw error;
    firstError ??= error as Error;
  } finally {
    await Promise.all([...sessions.values()].map((session) => session.close()));
  }
  const partialReason = signal.aborted
    ? 'interrupted'
    : firstError === undefined
      ? undefined
      : redact(messageOf(firstError));
  const whole = result(partialReason);
  try {
    await draft.save(whole);
  } catch (error) {
    firstError ??= error as Error;
  }
  return { result: whole, error: signal.aborted ? new InterruptedError() : firstError };
}

/** The least number of brokers that makes `replicated` true. */
const leastReplicas = 3;

/** Why a guarantee cannot hold on so few brokers; undefined where it can. */
export function lacksReplicas(
  { guarantee }: Pick<Scenario, 'guarantee'>,
  { target, serverInfo }: TargetSession,
): string | undefined {
  if (guarantee !== 'replicated' || serverInfo.nodes >= leastReplicas) return undefined;
  return `the guarantee "replicated" needs at least ${leastReplicas} brokers; ${target.name} has ${serverInfo.nodes}`;
}

/**
 * A target that cannot be measured for that.
 * @param reason from {@link lacksReplicas}
 */
export function tooFewBrokers(target: string, reason: string, where: string): BrokerError {
  return new BrokerError(`${target} cannot be measured: ${reason}.`, 'unavailable', {
    where,
    hint: 'Name a cluster with --url, or measure with another --guarantee.',
  });
}

/** Every level of guarantee that some cell has. */
export function guaranteesOf({ scenario, cells }: Pick<Plan, 'scenario' | 'cells'>): [Guarantee, ...Guarantee[]] {
  const [first = scenario.guarantee, ...others] = new Set(
    cells.map(({ axes }) => axes?.guarantee ?? scenario.guarantee),
  );
  return [first, ...others];
}

/** What a walk is made of: the same target, size, axes and repetition at one rate after another. */
function walkOf({ cell, repetition, discard }: PlannedRun): string {
  return `${cell.target} ${sizeKey(sizeOf(cell))} ${pointId(cell.axes)} ${discard ? 'discarded' : repetition}`;
}

/** Stands in a stored result that nobody could put another word in. */
export function endedEarly(when: string): string {
  return `mqbench was killed or could not write any more ${when}`;
}

/** The scenario of a run that only warms a server up: a fifth as long, and nothing is broken that would be cold again. */
export function shortened(scenario: Scenario): Scenario {
  return {
    ...scenario,
    faults: [],
    ...(scenario.messages === undefined
      ? { durationSeconds: Math.max(1, (scenario.durationSeconds ?? 0) / 5) }
      : { messages: Math.max(1, Math.floor(scenario.messages / 5)) }),
  };
}

/** What the result keeps of the scenario. */
export function scenarioRecord({ scenario, digest, cells, refused }: Plan): Result['scenario'] {
  const { messages, durationSeconds, sizes, payload, load, work, destinations, lateConsumers, faults } = scenario;
  return {
    name: scenario.name,
    description: scenario.description,
    pattern: recordOf(scenario.pattern),
    producers: scenario.producers,
    consumers: scenario.consumers,
    guarantee: scenario.guarantee,
    prefetch: scenario.prefetch,
    repetitions: scenario.repetitions,
    warmupSeconds: scenario.warmupSeconds,
    drainSeconds: scenario.drainSeconds,
    pauseSeconds: scenario.pauseSeconds,
    seed: scenario.seed,
    digest,
    sizes: [...sizes],
    ...(payload.kind === 'random' ? {} : { payload: payloadRecord(payload) }),
    load: load.kind === 'walk' ? { ...load, ratesPerSecond: [...load.ratesPerSecond] } : { ...load },
    ...(work === 'transfer' ? {} : { work }),
    ...(destinations === 1 ? {} : { destinations }),
    ...(faults.length === 0 ? {} : { faults: faults.map((fault) => `${momentText(fault.at)}: ${faultText(fault)}`) }),
    ...(lateConsumers === undefined ? {} : { lateConsumers: { ...lateConsumers } }),
    ...axesRecord([...cells, ...refused.map(({ cell }) => cell)]),
    ...namedRecord(scenario.matrix),
    ...(messages === undefined ? {} : { messages }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  };
}

/** The values of each axis that varies, in the order in which cells have them first. */
function axesRecord(cells: readonly Cell[]): Pick<Result['scenario'], 'axes'> {
  const names = axesOf(cells.map(({ axes }) => axes));
  if (names.length === 0) return {};
  const values = names.map((name) => [name, [...new Set(cells.flatMap(({ axes }) => axes?.[name] ?? []))]]);
  return { axes: Object.fromEntries(values) as NonNullable<Result['scenario']['axes']> };
}

/** What the words of its axes stand for. */
function namedRecord(matrix: Scenario['matrix']): Pick<Result['scenario'], 'named'> {
  const { payload, load } = matrix?.named ?? {};
  if (payload === undefined && load === undefined) return {};
  const payloads = Object.entries(payload ?? {}).map(([word, one]) => [word, payloadRecord(one)] as const);
  return {
    named: {
      ...(payload === undefined ? {} : { payload: Object.fromEntries(payloads) }),
      ...(load === undefined ? {} : { load: { ...load } }),
    },
  };
}

/** The exit code that a session deserves: a broken promise stands, whatever ended the session after it. */
export function exitCodeOf({ result, error }: SessionOutcome): ExitCode {
  if (error instanceof InterruptedError) return ExitCode.interrupted;
  if (result.runs.some((run) => run.verdict.status === 'failed')) return ExitCode.regression;
  return error === undefined ? ExitCode.ok : ExitCode.environment;
}
