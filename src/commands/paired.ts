/** What `ab`, `check` and `noise` have in common: variants → sides → servers → pairs → a stored, drawn session. */
import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { mustFit, questionOf } from '../ab/fit.js';
import { type AbOptions, type AbOutcome, runAb } from '../ab/session.js';
import { acquireForSides } from '../ab/servers.js';
import { prepareSide, type Side } from '../ab/side.js';
import type { Variant } from '../ab/variant.js';
import { writeComparison } from '../compare/report.js';
import type { ExitCode } from '../errors.js';
import { InterruptedError, UsageError } from '../errors.js';
import type { Result } from '../results/schema.js';
import { beginResult, resultId } from '../results/store.js';
import { limits } from '../scenario/limits.js';
import { loadScenario } from '../scenario/load.js';
import type { ScenarioFlags } from '../scenario/overrides.js';
import { urlVariable } from '../servers/endpoint/index.js';
import type { ServerChoice } from '../servers/provider.js';
import { createProgress } from '../servers/progress.js';
import { looksUpTo, pairsRange, standardLooks } from '../stats/sequence.js';
import { AbDisplay } from './ab-display.js';
import { commandLine } from './command-line.js';
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
  readonly a: AskedSide | Result;
  readonly b: AskedSide;
  readonly oneCell: boolean;
  readonly title: string;
  readonly out: string | undefined;
  /** Holds B back; the self-test's brake. */
  readonly loadOf?: Side['loadOf'];
}

export const say = (text: string): void => void process.stderr.write(`${text}\n`);

/**
 * Runs one session and writes its folder: a/, b/, ab.json, plots, summary.md, report.html, logs.
 * @throws MqbenchError when a side or a server cannot be had; InterruptedError after Ctrl-C (what was measured is kept)
 */
export async function runPaired(o: PairedSession, flags: PairedFlags): Promise<AbOutcome & { folder: string }> {
  const asked = await loadScenario(flags.scenario, flags);
  if (asked.faults.length > 0)
    throw new UsageError('A scenario with faults has no speed to compare.', {
      where: '--scenario',
      hint: 'Take one without faults; `mqbench run` shows what they do.',
    });
  const env = { ...process.env };
  for (const [target, url] of readUrls(flags.url, asked)) env[urlVariable(target)] = url;
  const draft = await beginResult(resultId(o.kind, new Date()), o.out);
  let kept = false;
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
        signal,
      });
      sides.push(side);
      return side;
    };
    const a = 'schema' in o.a ? o.a : await prepareOne('A', o.a);
    const prepared = await prepareOne('B', o.b);
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
        listener: display,
      }).finally(() => display.clear());
      kept = outcome.comparison.b.runs.length > 0;
      if (!kept && outcome.error !== undefined) throw outcome.error;
      if (flags.signal.aborted) {
        if (kept) say(`Interrupted: what was measured is in ${await draft.finish()}`);
        throw new InterruptedError();
      }
      say('drawing plots …');
      await writeComparison(draft.folder, outcome.comparison, o.gated, o.title);
      return { ...outcome, folder: await draft.finish() };
    } finally {
      await servers.stopAll();
    }
  } finally {
    for (const side of sides) await side.dispose();
    // Nothing was measured: nothing is left.
    if (!kept) await draft.discard();
  }
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
