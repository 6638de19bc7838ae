/** `mqbench compare`: stored results against the first of them. Needs no broker. */
import { basename, dirname, join, resolve } from 'node:path';
import { readSession } from '../ab/record.js';
import { blockingOf } from '../compare/comparability.js';
import { compareResults, type Comparison } from '../compare/compare.js';
import { readSide } from '../compare/read.js';
import { comparisonDocument, writeComparison } from '../compare/report.js';
import { comparisonJson } from '../compare/json.js';
import { answerCode, gateAgain, gateHeading } from '../check/gate.js';
import { ExitCode, MqbenchError, UsageError } from '../errors.js';
import { resultLetter } from '../report/wording.js';
import { renderTerminal } from '../report/table.js';
import { comparisonName, refuseResult } from './comparison-folder.js';
import { worseOf } from './exit-codes.js';
import { readMargins } from './margin-flags.js';
import { wantsColour } from './print-error.js';

export interface CompareFlags {
  readonly margin?: readonly string[];
  readonly out?: string;
  readonly force: boolean;
  readonly json: boolean;
}

/** What is told, and how the command ends. */
export interface Compared {
  /** For stdout. */
  readonly text: string;
  /** 0 whichever is faster; 3 when a delivery failed, 4 where nothing could be used or a session is partial. */
  readonly exitCode: ExitCode;
}

/**
 * Compares each result with the first and writes plots, summary.md and report.html.
 * @throws UsageError with fewer than two results; ResultError when one cannot be read
 * @throws MqbenchError exit 5 when two do not answer the same question and nobody forced it
 */
export async function compare(paths: readonly string[], flags: CompareFlags): Promise<Compared> {
  const margins = readMargins(flags.margin ?? []);
  const [first, ...others] = paths;
  const session = first === undefined || others.length > 0 ? undefined : await readSession(first);
  if (first !== undefined && session !== undefined) return again(first, session, flags);
  if (first === undefined || others.length === 0)
    throw new UsageError('A comparison needs two results.', {
      hint: 'mqbench compare results/<before> results/<after>; one folder is enough where `mqbench ab` or `check` wrote it.',
    });
  const a = await readSide(first);
  const results = [];
  for (const path of others) results.push(await readSide(path));
  const comparisons = results.map((b, i) =>
    compareResults(a, b, { design: 'unpaired', margins, letter: resultLetter(i + 1) }),
  ) as [Comparison, ...Comparison[]];
  comparisons.forEach((comparison) => mayBeCompared(comparison, flags.force));
  const folder = resolve(flags.out ?? join(parentOf(first), comparisonName([a, ...results].map(({ id }) => id))));
  refuseResult(folder);
  const heading = { title: titleOf(...comparisons), lead: [] };
  await writeComparison(folder, comparisons, [], heading, (what) => void process.stderr.write(`drawing ${what}\n`));
  // A broken promise in one is not outvoted by the others.
  const exitCode = comparisons.map(answerCode).reduce(worseOf, ExitCode.ok);
  if (flags.json)
    return {
      text: `${JSON.stringify({ folders: [folder], comparisons: comparisons.map(comparisonJson) })}\n`,
      exitCode,
    };
  const document = comparisonDocument(comparisons, [], heading);
  const columns = process.stdout.columns ?? 120;
  const text = renderTerminal(document, { columns, color: wantsColour(process.stdout, process.env) });
  return { text: `${text}\n\nPlots and report: ${join(folder, 'report.html')}\n`, exitCode };
}

/** A paired session judged and drawn again from its folder. */
async function again(
  path: string,
  { record, comparison }: NonNullable<Awaited<ReturnType<typeof readSession>>>,
  flags: CompareFlags,
): Promise<Compared> {
  const margins = readMargins(flags.margin ?? [], record.margins);
  const judged =
    flags.margin === undefined
      ? comparison
      : compareResults(comparison.a, comparison.b, { ...comparison.options, margins });
  const folder = resolve(flags.out ?? path);
  if (folder !== resolve(path)) refuseResult(folder);
  const heading =
    record.kind === 'check'
      ? gateHeading(gateAgain(judged, record.gated, record.partialReason))
      : { title: `${record.labels.B} compared with ${record.labels.A}`, lead: [] };
  await writeComparison(folder, [judged], record.gated, heading);
  const answer = answerCode(judged);
  // A broken promise stands; of anything else only a part was measured.
  const exitCode = record.partialReason !== undefined && answer === ExitCode.ok ? ExitCode.inconclusive : answer;
  if (flags.json)
    return { text: `${JSON.stringify({ folders: [folder], comparisons: [comparisonJson(judged)] })}\n`, exitCode };
  const terminal = { columns: process.stdout.columns ?? 120, color: wantsColour(process.stdout, process.env) };
  const text = renderTerminal(comparisonDocument([judged], record.gated, heading), terminal);
  return { text: `${text}\n\nPlots and report: ${join(folder, 'report.html')}\n`, exitCode };
}

function titleOf(...comparisons: readonly Comparison[]): string {
  const names = comparisons.flatMap(({ a, b }) => [a.scenario.name, b.scenario.name]);
  return `Comparison of ${[...new Set(names)].join(' and ')}`;
}

function parentOf(path: string): string {
  const folder = resolve(path);
  return basename(folder).endsWith('.json') ? dirname(dirname(folder)) : dirname(folder);
}

/** @throws MqbenchError exit 5 */
export function mayBeCompared({ a, b, differences, cells }: Comparison, force: boolean): void {
  const blocking = blockingOf(differences);
  if (blocking.length > 0 && !force)
    throw new MqbenchError(
      `${a.id} and ${b.id} may not be compared: ${blocking.map(({ what, a: left, b: right }) => `${what} (${left} / ${right})`).join('; ')}.`,
      {
        exitCode: ExitCode.baseline,
        hint: 'Measure both in one session with `mqbench ab`, or compare them all the same with --force: advice, not a judgement.',
      },
    );
  if (cells.length === 0)
    throw new MqbenchError(`${a.id} and ${b.id} have no cell in common.`, {
      exitCode: ExitCode.baseline,
      hint: 'Two results can be compared where target and message size are the same.',
    });
}
