/** `mqbench check`: the gate. Against a base in the same session, or against a stored baseline. */
import { join } from 'node:path';
import type { AbOutcome } from '../ab/session.js';
import { readSettings, readVariant, sameWord, type Variant, withCommon } from '../ab/variant.js';
import { readBaseline, baselineFile } from '../check/baseline.js';
import { bencherMetricFormat, type Format, githubActionBenchmark } from '../check/formats.js';
import { gateHeading, gateOf, type GateOutcome, lossOf } from '../check/gate.js';
import { annotations } from '../check/github.js';
import { junitXml } from '../check/junit.js';
import { type FoundMargins, readMarginsFile } from '../check/margins-file.js';
import { blindMargins, type GateRules } from '../check/noise.js';
import { oneCellNote, rateNote, refuseMissingFigures } from '../check/scope.js';
import { otherMachine, type StoredBase } from '../check/stored-base.js';
import { comparisonJson } from '../compare/json.js';
import type { Margins, MetricId } from '../compare/metrics.js';
import { comparisonDocument } from '../compare/report.js';
import { marginText } from '../compare/wording.js';
import { ExitCode, UsageError } from '../errors.js';
import { renderMarkdown } from '../report/markdown.js';
import { renderTerminal } from '../report/table.js';
import { readEnvironment } from '../results/environment.js';
import { scenarioRecord } from '../run/session.js';
import { firstCellOnly } from '../scenario/cells.js';
import { adaptersOf, loadScenario } from '../scenario/load.js';
import { buildPlan } from '../scenario/plan.js';
import { builtInTargets } from '../scenario/targets.js';
import type { Scenario } from '../scenario/types.js';
import { placeForError, tellError } from './check-error.js';
import { endWith } from './exit-codes.js';
import { readGated, typedMargins } from './margin-flags.js';
import { type AskedSide, type PairedFlags, type PairedOutcome, readLooks, runPaired, say } from './paired.js';
import { wantsColour } from './print-error.js';
import { selfTest } from './self-test.js';
import { tellBuild } from './tell-build.js';

export interface CheckFlags extends PairedFlags {
  readonly base?: string;
  readonly candidate?: string;
  /** Settings of both sides. */
  readonly with?: readonly string[];
  readonly baseline?: string;
  readonly gate?: readonly string[];
  readonly force: boolean;
  readonly selfTest: boolean;
  readonly format: Format;
}

/**
 * @returns 0 passed, 3 regression or failed delivery, 4 not decided, 6 a broker was lost
 * @throws MqbenchError exit 5 when the base or baseline cannot be had or does not fit; told where a build is looked at
 */
export async function check(flags: CheckFlags): Promise<ExitCode> {
  const folder = await placeForError(flags.out);
  try {
    return await runGate(flags);
  } catch (error) {
    // Whoever interrupts a gate knows why it says nothing.
    if (!flags.signal.aborted) await tellError(error, folder, flags.selfTest ? 'Self-test' : 'Gate');
    throw error;
  }
}

async function runGate(flags: CheckFlags): Promise<ExitCode> {
  const gated = readGated(flags.gate);
  const looks = readLooks(flags.pairs);
  const typed = typedMargins(flags.margin ?? []);
  if (flags.base !== undefined && flags.baseline !== undefined)
    throw new UsageError('A gate has one base.', { where: '--baseline', hint: 'Keep either --base or --baseline.' });
  if (flags.selfTest && (flags.base ?? flags.baseline) !== undefined)
    throw new UsageError('A self-test has no base: it compares the candidate with itself.', {
      where: flags.base === undefined ? '--baseline' : '--base',
      hint: 'Leave it out, or leave --self-test out.',
    });
  const { fingerprint } = await readEnvironment();
  const candidate = sideOf(flags.candidate ?? sameWord, '--candidate', flags, (word) => ({ target: word }));
  const target = candidate.target === undefined ? flags.target : [candidate.target];
  const scenario = await loadScenario(flags.scenario, target === undefined ? flags : { ...flags, target });
  refuseMissingFigures(scenario, gated);
  const atRate = rateNote(scenario, gated, flags.gate !== undefined);
  if (atRate !== undefined) say(`warning: ${atRate}`);
  const fitting = await marginsFor(scenario, fingerprint, flags);
  const rules: GateRules = { gated: [...gated], looks, margins: { ...fitting.margins, ...typed } };
  for (const note of marginNotes(rules, typed, fitting)) say(note);
  const note = oneCellNote(scenario);
  if (note !== undefined) say(`note: ${note}`);
  const b: AskedSide = { variant: candidate, failsWith: ExitCode.environment };
  if (flags.selfTest) return selfTest(b, rules, flags);
  const a = flags.base === undefined ? await storedBase(flags, fingerprint) : await measuredBase(flags.base, flags);
  const judge = ({ comparison, error }: AbOutcome): GateOutcome => gateOf(comparison, gated, error);
  const outcome = await runPaired(
    { kind: 'check', a, b, oneCell: true, title: (ended) => gateHeading(judge(ended)), out: flags.out, ...rules },
    flags,
  );
  const gate = judge(outcome);
  const unwritten = await tell(outcome, gate, gated, flags);
  return endWith(gate.exitCode, outcome.undrawn ?? unwritten);
}

/** What is known of this machine for the cells that will be gated. */
async function marginsFor(scenario: Scenario, fingerprint: string, flags: CheckFlags): Promise<FoundMargins> {
  const plan = buildPlan(firstCellOnly(scenario), await adaptersOf(scenario), flags.server);
  const asked = { fingerprint, scenario: scenarioRecord(plan), cells: plan.cells.map(({ id }) => id) };
  return readMarginsFile(asked, (text) => say(`warning: ${text}`));
}

/** Where each margin comes from, and which this machine cannot see. */
function marginNotes(rules: GateRules, typed: Partial<Margins>, { originOf, sds, unknown }: FoundMargins): string[] {
  const origins = rules.gated.map((id) => {
    const own = typed[id];
    return `${id} ${own === undefined ? originOf(id) : `${marginText(own)} (--margin)`}`;
  });
  return [
    `note: margins: ${origins.join(', ')}`,
    ...(unknown.length === 0
      ? []
      : [`note: no noise is known of ${unknown.join(', ')}; \`mqbench noise\` finds it out`]),
    ...blindMargins(rules, sds).map((warning) => `warning: ${warning}`),
  ];
}

/** A variant with the settings of both sides under its own. */
function sideOf(
  written: string,
  place: string,
  { with: both }: CheckFlags,
  bareIs: (word: string) => Partial<Variant>,
): Variant {
  const own = readVariant(written, place, bareIs);
  return both === undefined || both.length === 0 ? own : withCommon(own, readSettings(both, '--with'));
}

/** A word after `--base` is a target where there is one of that name, else a git ref. */
async function measuredBase(base: string, flags: CheckFlags): Promise<AskedSide> {
  const scenario = await loadScenario(flags.scenario);
  const names = [...scenario.targets.map(({ name }) => name), ...builtInTargets.keys()];
  const variant = sideOf(base, '--base', flags, (word) => (names.includes(word) ? { target: word } : { ref: word }));
  return { variant, failsWith: ExitCode.baseline };
}

/** @throws MqbenchError exit 5 when it is not there or is of another machine */
async function storedBase(flags: CheckFlags, fingerprint: string): Promise<StoredBase> {
  const file = flags.baseline ?? baselineFile;
  const base = { file, result: (await readBaseline(file)).result };
  const warning = otherMachine(base, fingerprint, flags.force);
  if (warning !== undefined) say(`warning: ${warning}`);
  return base;
}

/**
 * Writes junit.xml, tells GitHub, prints the result.
 * @returns what kept a file from being written, which costs nothing of the rest
 */
async function tell(
  outcome: PairedOutcome,
  gate: GateOutcome,
  gated: readonly MetricId[],
  flags: CheckFlags,
): Promise<Error | undefined> {
  const { comparison, folder, undrawn, error } = outcome;
  const told = comparisonDocument([comparison], gated, gateHeading(gate));
  const unwritten = await tellBuild(folder, {
    markdown: renderMarkdown(told),
    junit: junitXml(comparison, gated, 'mqbench check', lossOf(comparison, error)),
    annotations: annotations(gate),
  });
  switch (flags.json ? 'json' : flags.format) {
    case 'json':
      process.stdout.write(
        `${JSON.stringify({ folder, gate: gate.word, exitCode: gate.exitCode, summary: gate.summary, gated, ...comparisonJson(comparison) })}\n`,
      );
      break;
    case 'github-action-benchmark':
      process.stdout.write(githubActionBenchmark(comparison));
      break;
    case 'bencher':
      process.stdout.write(bencherMetricFormat(comparison));
      break;
    case 'text': {
      const terminal = { columns: process.stdout.columns ?? 120, color: wantsColour(process.stdout, process.env) };
      process.stdout.write(
        `${renderTerminal(told, terminal)}\n\nGate: ${gate.word}. ${gate.summary}\n${undrawn === undefined ? `Report: ${join(folder, 'report.html')}` : `No plots; the result is in ${folder}`}\n`,
      );
    }
  }
  return unwritten;
}
