/** What `ab`, `check` and `noise` have in common: variants → sides → servers → pairs → a stored, drawn session. */
import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { mustFit, questionOf } from '../ab/fit.js';
import { type AbOptions, type AbOutcome, runAb } from '../ab/session.js';
import { acquireForSides } from '../ab/servers.js';
import { prepareSide, type Side } from '../ab/side.js';
import type { Variant } from '../ab/variant.js';
import { fittingBase, type StoredBase } from '../check/stored-base.js';
import { type Heading, writeComparison } from '../compare/report.js';
import { type ExitCode, InterruptedError, StorageError, UsageError } from '../errors.js';
import { beginResult, type Draft, resultId } from '../results/store.js';
import { limits } from '../scenario/limits.js';
import { loadScenario } from '../scenario/load.js';
import type { ScenarioFlags } from '../scenario/overrides.js';
import { urlVariable } from '../servers/endpoint/index.js';
import type { ServerChoice } from '../servers/provider.js';
import { createProgress } from '../servers/progress.js';
import { looksUpTo, pairsRange, standardLooks } from '../stats/sequence.js';
import { AbDisplay } from './ab-display.js';
import { commandLine } from './command-line.js';
import { PairedProgress } from './paired-progress.js';
import { readUrls } from './run-flags.js';

/** The flags that all of them take. */
export interface PairedFlags extends ScenarioFlags {
  readonly scenario: string;
  readonly server: ServerChoice;
  readonly url: readonly string[];
  readonly pairs?: string;
  readonly margin?: readonly string[];
  readonly out?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** One side as asked for. */
export interface AskedSide {
  readonly variant: Variant;
  /** The exit code when it cannot be had. */
  readonly failsWith: ExitCode;
}

export interface PairedSession extends Pick<AbOptions, 'kind' | 'looks' | 'gated' | 'margins' | 'brake'> {
  readonly a: AskedSide | StoredBase;
  readonly b: AskedSide;
  readonly oneCell: boolean;
  /** Of the report; or how the session came out, where that is what the report is about. */
  readonly title: string | ((outcome: AbOutcome) => Heading);
  readonly out: string | undefined;
  /** Holds B back; the self-test's brake. */
  readonly loadOf?: Side['loadOf'];
}

export interface PairedOutcome extends AbOutcome {
  readonly folder: string;
  /** What kept the report from being drawn, or the folder from getting its name; costs neither verdict nor tables. */
  readonly undrawn: Error | undefined;
}

export const say = (text: string): void => void process.stderr.write(`${text}\n`);

/**
 * Runs one session and writes its folder: a/, b/, ab.json, plots, summary.md, report.html, logs.
 * @throws MqbenchError when a side or a server cannot be had; InterruptedError after Ctrl-C (what was measured is kept)
 */
export async function runPaired(o: PairedSession, flags: PairedFlags): Promise<PairedOutcome> {
  const asked = await loadScenario(flags.scenario, flags);
  if (asked.faults.length > 0)
    throw new UsageError('A scenario with faults has no speed to compare.', {
      where: '--scenario',
      hint: 'Take one without faults; `mqbench run` shows what they do.',
    });
  const env = { ...process.env };
  for (const [target, url] of readUrls(flags.url, asked, flags.server)) env[urlVariable(target)] = url;
  const draft = await beginResult(resultId(o.kind, new Date()), o.out);
  let fate: Fate = 'as stored';
  const sides: Side[] = [];
  try {
    const prepareOne = async (name: 'A' | 'B', { variant, failsWith }: AskedSide): Promise<Side> => {
      const { scenario, server, signal } = flags;
      await mkdir(draft.logDir, { recursive: true });
      const side = await prepareSide({
        name,
        variant,
        scenario,
        flags,
        server,
        oneCell: o.oneCell,
        logDir: draft.logDir,
        failsWith,
        alsoRemove: (leftover) => draft.alsoRemove(leftover),
        signal,
      });
      sides.push(side);
      return side;
    };
    const base = 'file' in o.a ? o.a : await prepareOne('A', o.a);
    const prepared = await prepareOne('B', o.b);
    // What is asked of a baseline is known when the candidate is: it may choose its target itself.
    const a = 'file' in base ? fittingBase(base, prepared.plan) : base;
    const asA = 'schema' in a ? a : questionOf(a.plan);
    for (const note of mustFit(o.kind, asA, questionOf(prepared.plan))) say(note);
    const b: Side = o.loadOf === undefined ? prepared : { ...prepared, loadOf: o.loadOf };
    const progress = createProgress(process.stderr);
    const servers = await acquireForSides(sides, flags.server, {
      progress,
      signal: flags.signal,
      env,
      logDir: draft.logDir,
    }).finally(() => progress.close());
    try {
      const display = new AbDisplay(process.stderr);
      const listener = new PairedProgress(display, draft, prepared.plan.scenario.name, servers);
      const outcome = await runAb({
        kind: o.kind,
        a,
        b,
        servers,
        draft,
        looks: o.looks,
        gated: o.gated,
        margins: o.margins,
        seed: flags.seed === undefined ? randomInt(limits.seed.max) : prepared.plan.scenario.seed,
        ...(o.brake === undefined ? {} : { brake: o.brake }),
        commandLine: commandLine(process.argv.slice(2)),
        signal: flags.signal,
        listener,
      }).finally(async () => {
        display.clear();
        await listener.end();
      });
      const measured = outcome.comparison.b.runs.length > 0;
      if (!measured) fate = 'nothing';
      if (!measured && outcome.error !== undefined) throw outcome.error;
      if (flags.signal.aborted) {
        if (!measured) throw new InterruptedError();
        fate = 'named';
        say(`Interrupted: what was measured is in ${await draft.finish()}`);
        throw new InterruptedError();
      }
      fate = 'named';
      // They take seconds to end, and so do the plots; what keeps them from ending is told below.
      void servers.stopAll().catch(() => undefined);
      return { ...outcome, ...(await finish(outcome, o, draft)) };
    } finally {
      await servers.stopAll();
    }
  } finally {
    for (const side of sides) await side.dispose();
    await leave(draft, fate);
  }
}

/** Draws the report and gives the folder its name. */
async function finish(
  outcome: AbOutcome,
  { gated, title }: PairedSession,
  draft: Draft,
): Promise<Pick<PairedOutcome, 'folder' | 'undrawn'>> {
  const { comparison, error } = outcome;
  const heading = typeof title === 'string' ? { title, lead: [] } : title(outcome);
  let undrawn: Error | undefined;
  try {
    // A full disk has no room for plots either; `mqbench compare` draws them later.
    if (error instanceof StorageError) throw error;
    say('drawing plots …');
    await writeComparison(draft.folder, [comparison], gated, heading);
  } catch (reason) {
    undrawn = reason as Error;
  }
  try {
    return { folder: await draft.finish(), undrawn };
  } catch (reason) {
    return { folder: draft.folder, undrawn: undrawn ?? (reason as Error) };
  }
}

/** What is left of a draft: it has its name already; what was stored before something broke; or nothing was measured. */
type Fate = 'named' | 'as stored' | 'nothing';

async function leave(draft: Draft, fate: Fate): Promise<void> {
  if (fate === 'named') return;
  if (fate === 'nothing' || !draft.stored) return draft.discard();
  // What broke is told; it must not be hidden by a folder without its name.
  const folder = await draft.finish().catch(() => draft.folder);
  say(`What was measured is in ${folder}`);
}

/** Where the plots are, or that there are none. */
export function whereText({ folder, undrawn }: PairedOutcome): string {
  return undrawn === undefined
    ? `Plots and report: ${folder}/plots, ${folder}/report.html`
    : `No plots; the result is in ${folder}`;
}

/**
 * The looks for `--pairs`.
 * @throws UsageError for fewer than the first look needs
 */
export function readLooks(pairs: string | undefined): number[] {
  if (pairs === undefined) return [...standardLooks];
  const cap = /^\d{1,3}$/.test(pairs) ? Number(pairs) : NaN;
  if (!(cap >= pairsRange.min && cap <= pairsRange.max))
    throw new UsageError(`"${pairs}" is no number of pairs.`, {
      where: '--pairs',
      hint: `From ${pairsRange.min} to ${pairsRange.max}: fewer than 7 pairs cannot show anything at the level .01 (2⁻⁶ is .016).`,
    });
  const looks = looksUpTo(cap);
  if (looks.at(-1) !== cap)
    say(`note: pairs are judged after ${looks.join(' and ')}; ${cap} are as good as ${looks.at(-1) ?? 0}`);
  return looks;
}
