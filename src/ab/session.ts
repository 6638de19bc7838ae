/**
 * Runs pairs until all is decided: for each cell that is not, one run of each side, which goes first drawn by the
 * seed, so that a machine that drifts favours neither. All servers stay up from the first pair to the last. Against a
 * stored baseline only B is run. The runs themselves are those of `mqbench run`.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { matchCells } from '../compare/cells.js';
import { compareResults, type ComparedCell, type Comparison } from '../compare/compare.js';
import type { MetricId } from '../compare/metrics.js';
import { BrokerError, InterruptedError, messageOf, StorageError } from '../errors.js';
import { readEnvironment } from '../results/environment.js';
import { sessionFile } from '../results/place.js';
import { redact } from '../results/redact.js';
import { readRevision } from '../results/revision.js';
import { type Result, resultVersion, type RunRecord } from '../results/schema.js';
import type { Draft } from '../results/store.js';
import { plural } from '../plural.js';
import { packageVersion } from '../root.js';
import { newOrigin } from '../run/clock.js';
import type { RunListener } from '../run/live.js';
import { runCell } from '../run/run-cell.js';
import { endedEarly, guaranteesOf, lacksReplicas, scenarioRecord, shortened, tooFewBrokers } from '../run/session.js';
import { TargetSession } from '../run/target-session.js';
import { runScenario } from '../scenario/run-load.js';
import { usedTargets } from '../scenario/plan.js';
import type { Cell, Scenario } from '../scenario/types.js';
import { isDecided } from './decided.js';
import { type AbRecord, abVersion, compareOptions, sideFolder } from './record.js';
import type { SideServers } from './servers.js';
import type { Side, SideName } from './side.js';
import { variantFacts } from './variant.js';

export interface AbListener extends RunListener {
  /** A run of one side begins; `pair` is undefined for one that only warms a server up. */
  runBegins(unit: string, side: SideName, pair: number | undefined): void;
  /** A pair is done. */
  pairEnds(progress: PairProgress): void;
  warn(text: string): void;
}

export interface PairProgress {
  readonly unit: string;
  readonly pair: number;
  readonly a: RunRecord | undefined;
  readonly b: RunRecord;
  /** The running estimate. */
  readonly cell: ComparedCell | undefined;
  readonly decided: boolean;
  /** Seconds that all undecided cells take until their next decision can fall, and at most. */
  readonly secondsToNext: number;
  readonly secondsAtMost: number;
}

export interface AbOptions {
  readonly kind: AbRecord['kind'];
  /** A measured side, or a baseline that was measured before. */
  readonly a: Side | Result;
  readonly b: Side;
  readonly servers: SideServers;
  readonly draft: Draft;
  readonly looks: readonly number[];
  readonly gated: readonly MetricId[];
  readonly margins: AbRecord['margins'];
  readonly seed: number;
  /** B is held back on purpose (self-test). */
  readonly brake?: boolean;
  readonly commandLine: readonly string[];
  readonly signal: AbortSignal;
  readonly listener: AbListener;
}

export interface AbOutcome {
  readonly comparison: Comparison;
  readonly record: AbRecord;
  /** A broker that was lost on the way, its cells are invalid; or a disk that took no more. */
  readonly error: Error | undefined;
}

/** One cell on both sides. */
interface Unit {
  readonly label: string;
  readonly a: Cell | undefined;
  readonly b: Cell;
  pairs: number;
  done: boolean;
}

function isStored(a: Side | Result): a is Result {
  return 'schema' in a;
}

/** Runs the session and stores it as it grows. Never rejects for what a broker or a full disk does. */
export async function runAb(o: AbOptions): Promise<AbOutcome> {
  return new AbSession(o).run();
}

class AbSession {
  private readonly origin = newOrigin();
  private readonly sessionId = randomBytes(4).toString('hex');
  private readonly startedAt = new Date().toISOString();
  private readonly sessions = new Map<string, TargetSession>();
  private readonly runs: Record<SideName, RunRecord[]> = { A: [], B: [] };
  private readonly order: AbRecord['order'] = [];
  private readonly random;
  private readonly units: readonly Unit[];
  private readonly sides: readonly Side[];
  private runNumber = 0;
  private secondsOfPairs = 0;
  private pairsDone = 0;
  private error: Error | undefined;
  private readonly lost = new Set<string>();

  constructor(private readonly o: AbOptions) {
    this.random = xoroshiro128plus(o.seed);
    this.sides = isStored(o.a) ? [o.b] : [o.a, o.b];
    this.units = unitsOf(o.a, o.b);
  }

  async run(): Promise<AbOutcome> {
    const { o } = this;
    const [environment, revision] = [await readEnvironment(), await readRevision()];
    const result = (side: Side, partialReason: string | undefined): Result => ({
      schema: 'mqbench.result',
      version: resultVersion,
      id: `${o.draft.id}, ${side.variant.label}`,
      startedAt: this.startedAt,
      finishedAt: new Date().toISOString(),
      partial: partialReason !== undefined,
      ...(partialReason === undefined ? {} : { partialReason }),
      mqbench: { version: packageVersion(), ...revision },
      commandLine: [...o.commandLine],
      environment,
      scenario: scenarioRecord(side.plan),
      targets: side.plan.scenario.targets.flatMap(({ name }) => {
        const session = this.sessions.get(`${side.name}/${name}`);
        if (session === undefined) return [];
        const record = session.record(guaranteesOf(side.plan), side.plan.scenario.faults);
        return [side.client === undefined ? record : { ...record, client: side.client }];
      }),
      missing: [],
      cells: [...side.plan.cells],
      refused: side.plan.refused.map(({ cell, reason }) => ({ cell, reason })),
      runs: this.runs[side.name],
      warnings: [],
    });
    const compared = (): Comparison =>
      compareResults(
        isStored(o.a) ? o.a : result(o.a, this.brokenOff()),
        result(o.b, this.brokenOff()),
        compareOptions(this.record(this.brokenOff())),
      );
    try {
      await this.openAll();
      // Whoever is killed from here on leaves a partial session; and a full disk is found out before anything is run.
      await this.save(result, endedEarly('before the first pair had ended'));
      await this.warmServersUp();
      while (!this.isOver()) {
        for (const unit of this.shuffled(this.units.filter((one) => !one.done))) {
          if (o.signal.aborted) break;
          if (this.lost.has(unit.b.target)) {
            unit.done = true;
            continue;
          }
          await this.pairOf(unit, compared);
          await this.save(result, this.brokenOff() ?? endedEarly(`after ${plural(this.pairsDone, 'pair')}`));
          if (!this.isOver()) await this.pause();
        }
      }
    } catch (error) {
      if (!(error instanceof BrokerError || error instanceof StorageError)) throw error;
      this.error ??= error;
    } finally {
      await Promise.all([...this.sessions.values()].map((session) => session.close()));
    }
    try {
      await this.save(result, this.brokenOff());
    } catch (error) {
      // What was measured is still told, where it cannot be stored.
      this.error ??= error as Error;
    }
    return { comparison: compared(), record: this.record(this.brokenOff()), error: this.error };
  }

  /** What kept it from its end so far. */
  private brokenOff(): string | undefined {
    if (this.o.signal.aborted) return 'interrupted';
    return this.error === undefined ? undefined : redact(messageOf(this.error));
  }

  private isOver(): boolean {
    return this.o.signal.aborted || this.units.every((unit) => unit.done);
  }

  private record(partialReason: string | undefined): AbRecord {
    const { o } = this;
    return {
      schema: 'mqbench.ab',
      version: abVersion,
      id: o.draft.id,
      kind: o.kind,
      startedAt: this.startedAt,
      finishedAt: new Date().toISOString(),
      design: isStored(o.a) ? 'unpaired' : 'paired',
      labels: { A: isStored(o.a) ? o.a.id : o.a.variant.label, B: o.b.variant.label },
      variants: {
        ...(isStored(o.a) ? {} : { A: variantFacts(o.a.variant, o.a.commit) }),
        B: variantFacts(o.b.variant, o.b.commit),
      },
      seed: o.seed,
      looks: [...o.looks],
      gated: [...o.gated],
      margins: { ...o.margins },
      order: this.order,
      brake: o.brake ?? false,
      ...(partialReason === undefined ? {} : { partialReason }),
    };
  }

  private async openAll(): Promise<void> {
    for (const side of this.sides) {
      const logDir = this.logDirOf(side);
      await mkdir(logDir, { recursive: true });
      for (const target of usedTargets(side.plan)) {
        const server = this.o.servers.of[side.name].get(target.name);
        if (server === undefined) throw new Error(`no server for ${target.name}`);
        const session = await TargetSession.open(target, server, logDir, side.workerEnv);
        this.sessions.set(`${side.name}/${target.name}`, session);
        const lacking = side.plan.cells.flatMap((cell) =>
          cell.target === target.name ? (lacksReplicas(runScenario(side.plan.scenario, cell), session) ?? []) : [],
        );
        // A comparison without one of its cells is none.
        if (lacking[0] !== undefined) throw tooFewBrokers(target.name, lacking[0], `side ${side.name}`);
        void session.gone.then((error) => {
          this.error ??= error;
          this.lost.add(target.name);
        });
      }
    }
  }

  private logDirOf(side: Side): string {
    return join(this.o.draft.logDir, side.name);
  }

  /** One discarded run for each server that is a JVM and was started for this. */
  private async warmServersUp(): Promise<void> {
    const warm = new Set<string>();
    for (const side of this.sides)
      for (const unit of this.units) {
        const cell = side.name === 'A' ? unit.a : unit.b;
        const session = cell && this.sessions.get(`${side.name}/${cell.target}`);
        if (cell === undefined || session === undefined || !session.server.isJvm || this.o.signal.aborted) continue;
        if (warm.has(session.server.endpoint.url)) continue;
        warm.add(session.server.endpoint.url);
        this.o.listener.runBegins(unit.label, side.name, undefined);
        await this.execute(side, cell, 1, shortened(side.plan.scenario));
      }
  }

  private async pairOf(unit: Unit, compared: () => Comparison): Promise<void> {
    const { o } = this;
    const began = performance.now();
    const pair = ++unit.pairs;
    const aFirst = uniformInt(this.random, 0, 1) === 0;
    const order = aFirst ? this.sides : this.sides.toReversed();
    this.order.push({ cell: unit.label, pair, first: order[0]?.name ?? 'B' });
    const records: Partial<Record<SideName, RunRecord>> = {};
    for (const [place, side] of order.entries()) {
      const cell = side.name === 'A' ? unit.a : unit.b;
      if (cell === undefined || o.signal.aborted) continue;
      if (place > 0) await this.pause();
      o.listener.runBegins(unit.label, side.name, pair);
      records[side.name] = await this.execute(side, cell, pair, side.plan.scenario);
    }
    // Half a pair after Ctrl-C is no evidence.
    if (o.signal.aborted) return;
    for (const side of this.sides)
      this.runs[side.name].push(...(records[side.name] === undefined ? [] : [records[side.name] as RunRecord]));
    this.pairsDone++;
    this.secondsOfPairs += (performance.now() - began) / 1000;
    const comparison = compared();
    const cell = comparison.cells.find((one) => one.b.id === unit.b.id);
    unit.done = this.lost.has(unit.b.target) || isDecided(cell, unit.pairs, o);
    if (records.B !== undefined)
      o.listener.pairEnds({
        unit: unit.label,
        pair,
        a: records.A,
        b: records.B,
        cell,
        decided: unit.done,
        ...this.timeLeft(comparison),
      });
  }

  private timeLeft(comparison: Comparison): { secondsToNext: number; secondsAtMost: number } {
    const each = this.secondsOfPairs / this.pairsDone + (this.o.b.plan.scenario.pauseSeconds || 0);
    let [next, most] = [0, 0];
    for (const unit of this.units.filter((one) => !one.done)) {
      const sequences = comparison.cells
        .find((one) => one.b.id === unit.b.id)
        ?.metrics.flatMap((m) =>
          m.sequence === undefined || m.sequence.phase === 'decided' ? [] : [{ ...m.sequence, samples: m.samples }],
        );
      const last = this.o.looks.at(-1) ?? 0;
      const open = sequences?.length ? sequences : [{ nextAt: last, mostAt: last, samples: unit.pairs }];
      next += Math.max(0, ...open.map((s) => s.nextAt - s.samples)) * each;
      most += Math.max(0, ...open.map((s) => s.mostAt - s.samples)) * each;
    }
    return { secondsToNext: next, secondsAtMost: most };
  }

  private async execute(side: Side, cell: Cell, repetition: number, scenario: Scenario): Promise<RunRecord> {
    const session = this.sessions.get(`${side.name}/${cell.target}`);
    if (session === undefined) throw new Error(`no session of ${side.name} with ${cell.target}`);
    const runNumber = ++this.runNumber;
    const load = side.loadOf?.(cell, this.throughputsOfA(cell));
    return runCell({ order: runNumber, cell, repetition, discard: false }, session, {
      origin: this.origin,
      scenario: { ...runScenario(scenario, cell), ...(load === undefined ? {} : { load }) },
      logDir: this.logDirOf(side),
      signal: this.o.signal,
      listener: this.o.listener,
      runNumber,
      sessionId: this.sessionId,
      failed: (error, usable) => {
        if (usable || error instanceof InterruptedError) return;
        this.error ??= error;
        this.lost.add(cell.target);
      },
    });
  }

  private throughputsOfA({ id }: Cell): number[] {
    return this.runs.A.flatMap(({ cell, verdict, figures }) =>
      cell === id && verdict.status === 'ok' && figures !== undefined ? [figures.throughput] : [],
    );
  }

  private async pause(): Promise<void> {
    const { signal, b } = this.o;
    await sleep(b.plan.scenario.pauseSeconds * 1000, undefined, { signal }).catch(() => undefined);
  }

  private shuffled<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let i = result.length - 1; i > 0; i--) {
      const j = uniformInt(this.random, 0, i);
      [result[i], result[j]] = [result[j] as T, result[i] as T];
    }
    return result;
  }

  /** @throws StorageError */
  private async save(
    result: (side: Side, partialReason: string | undefined) => Result,
    partialReason: string | undefined,
  ): Promise<void> {
    const { a, draft } = this.o;
    for (const name of ['A', 'B'] as const) {
      const side = this.sides.find((one) => one.name === name);
      const stored = side === undefined ? (isStored(a) ? a : undefined) : result(side, partialReason);
      if (stored !== undefined) await draft.save(stored, sideFolder[name]);
    }
    // Last: a folder that has it is whole.
    await draft.write(sessionFile, `${JSON.stringify(this.record(partialReason), null, 1)}\n`);
  }
}

/** The cells that both sides have; of a baseline nothing is run. */
function unitsOf(a: Side | Result, b: Side): Unit[] {
  const start = { pairs: 0, done: false };
  return isStored(a)
    ? matchCells(a, b.plan).matched.map(({ b: cell, label }) => ({ label, a: undefined, b: cell, ...start }))
    : matchCells(a.plan, b.plan).matched.map((match) => ({ ...match, ...start }));
}
