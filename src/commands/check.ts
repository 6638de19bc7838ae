/** `mqbench check`: the gate. Against a base in the same session, or against a stored baseline. */
import { join } from 'node:path';
import { readSettings, readVariant, sameWord, type Variant, withCommon } from '../ab/variant.js';
import { readBaseline, thinCells, baselineFile, fewestRuns } from '../check/baseline.js';
import { bencherMetricFormat, type Format, githubActionBenchmark } from '../check/formats.js';
import { gateOf, type GateOutcome } from '../check/gate.js';
import { addStepSummary, annotations } from '../check/github.js';
import { junitXml } from '../check/junit.js';
import { readMarginsFile } from '../check/margins-file.js';
import { blindMargins, type GateRules } from '../check/noise.js';
import { oneCellNote, refuseMissingFigures } from '../check/scope.js';
import { comparisonJson } from '../compare/json.js';
import type { MetricId } from '../compare/metrics.js';
import { scenarioDifferences, withListsOf } from '../compare/comparability.js';
import { comparisonDocument } from '../compare/report.js';
import { ExitCode, MqbenchError, StorageError, UsageError } from '../errors.js';
import { renderMarkdown } from '../report/markdown.js';
import { renderTerminal } from '../report/table.js';
import { readEnvironment } from '../results/environment.js';
import type { Result } from '../results/schema.js';
import { writeWhole } from '../results/store.js';
import { scenarioRecord } from '../run/session.js';
import { firstCellOnly } from '../scenario/cells.js';
import { adaptersOf, loadScenario } from '../scenario/load.js';
import { buildPlan } from '../scenario/plan.js';
import { builtInTargets } from '../scenario/targets.js';
import { readGated, readMargins } from './margin-flags.js';
import { type AskedSide, endWith, type PairedFlags, type PairedOutcome, readLooks, runPaired, say } from './paired.js';
import { wantsColour } from './print-error.js';
import { selfTest } from './self-test.js';

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
 * @throws MqbenchError exit 5 when the base or baseline cannot be had or does not fit
 */
export async function check(flags: CheckFlags): Promise<ExitCode> {
  const gated = readGated(flags.gate);
  const looks = readLooks(flags.pairs);
  // Read even where it is not used: a mistake in it must not wait for an hour.
  readMargins(flags.margin ?? []);
  if (flags.base !== undefined && flags.baseline !== undefined)
    throw new UsageError('A gate has one base.', { where: '--baseline', hint: 'Keep either --base or --baseline.' });
  const { fingerprint } = await readEnvironment();
  const { margins: fitting, found } = await readMarginsFile(fingerprint, (text) => say(`warning: ${text}`));
  const rules: GateRules = { gated: [...gated], looks, margins: readMargins(flags.margin ?? [], fitting) };
  const scenario = await loadScenario(flags.scenario, flags);
  refuseMissingFigures(scenario, gated);
  if (found !== undefined) for (const warning of blindMargins(rules, found.sd)) say(`warning: ${warning}`);
  const note = oneCellNote(scenario);
  if (note !== undefined) say(`note: ${note}`);
  const candidate = sideOf(flags.candidate ?? sameWord, '--candidate', flags, (word) => ({ target: word }));
  const b: AskedSide = { variant: candidate, failsWith: ExitCode.environment };
  if (flags.selfTest) return selfTest(b, rules, flags);
  const a = flags.base === undefined ? await storedBase(flags, fingerprint) : await measuredBase(flags.base, flags);
  const outcome = await runPaired(
    { kind: 'check', a, b, oneCell: true, title: 'Gate', out: flags.out, ...rules },
    flags,
  );
  const gate = gateOf(outcome.comparison, gated, outcome.error);
  const unwritten = await tell(outcome, gate, gated, flags);
  return endWith(gate.exitCode, outcome.undrawn ?? unwritten);
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

/** @throws MqbenchError exit 5 when it is not there or does not fit */
async function storedBase(flags: CheckFlags, fingerprint: string): Promise<Result> {
  const file = flags.baseline ?? baselineFile;
  const { result } = await readBaseline(file);
  const refuse = (message: string, hint: string): never => {
    throw new MqbenchError(message, { exitCode: ExitCode.baseline, where: file, hint });
  };
  if (result.environment.fingerprint !== fingerprint) {
    const { cpuModel, cores, node } = result.environment;
    const message = `The baseline comes from another machine (${cpuModel}, ${cores} cores, Node ${node.split('.')[0] ?? ''})`;
    if (!flags.force)
      refuse(
        `${message}: a difference would say more about the machines than about the change.`,
        'Compare in one session with --base, save a baseline on this machine, or force it with --force.',
      );
    say(`warning: ${message}; what follows is advice at best`);
  }
  const asked = await loadScenario(flags.scenario, flags);
  const scenario = firstCellOnly(asked);
  const plan = buildPlan(scenario, await adaptersOf(scenario), flags.server);
  const question = scenarioRecord(plan);
  const stored = withListsOf(result.scenario, question);
  const blocking = scenarioDifferences(stored, question).filter(({ weight }) => weight === 'blocks');
  if (blocking.length > 0)
    refuse(
      `The baseline answers another question: ${blocking.map(({ what, a, b }) => `${what} was ${a} and is ${b}`).join('; ')}.`,
      'Save a baseline of this scenario, or check with the one that it was saved from.',
    );
  const missing = plan.cells.filter((cell) => !result.cells.some(({ id }) => id === cell.id)).map(({ id }) => id);
  if (missing.length > 0)
    refuse(
      `The baseline has no ${missing.join(', ')}.`,
      'Save a baseline that has all cells, or choose with --target and --size.',
    );
  const thin = thinCells(result);
  if (thin.length > 0)
    refuse(
      `The baseline has too few usable runs: ${thin.join(', ')}, and ${fewestRuns} are needed.`,
      'Save one with more repetitions.',
    );
  const wanted = new Set(plan.cells.map(({ id }) => id));
  return {
    ...result,
    scenario: stored,
    cells: result.cells.filter(({ id }) => wanted.has(id)),
    // What cannot be done now is told by the plan.
    refused: [],
    runs: result.runs.filter(({ cell }) => wanted.has(cell)),
  };
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
  const { comparison, folder, undrawn } = outcome;
  const title = `Gate: ${gate.word}`;
  const document = comparisonDocument([comparison], gated, title);
  const told = { ...document, lead: [gate.summary, ...document.lead] };
  const markdown = renderMarkdown(told);
  let unwritten: Error | undefined;
  try {
    await writeWhole(join(folder, 'summary.md'), markdown);
    await writeWhole(join(folder, 'junit.xml'), junitXml(comparison, gated, 'mqbench check'));
  } catch (error) {
    unwritten = new StorageError('The summary', folder, error);
  }
  await addStepSummary(markdown, process.env, (text) => say(`warning: ${text}`));
  if (process.env['GITHUB_ACTIONS'] === 'true') process.stderr.write(annotations(gate));
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
