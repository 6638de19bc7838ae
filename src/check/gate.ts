/** The gate: what a comparison comes to, and the exit code that it deserves. Pure. */
import type { ComparedCell, Comparison } from '../compare/compare.js';
import type { MetricId } from '../compare/metrics.js';
import type { Heading } from '../compare/report.js';
import { cellVerdict, intervalText, verdictText, whyUnjudged } from '../compare/wording.js';
import { ExitCode, messageOf, StorageError } from '../errors.js';
import { redact } from '../results/redact.js';
import { passes, type Verdict } from '../stats/verdict.js';
import { onlyTheRate, seesOnlyTheRate } from './scope.js';

export interface GatedCell {
  readonly cell: ComparedCell;
  readonly verdict: Verdict;
  /** The verdict in a sentence, with the figures that it stands on. */
  readonly text: string;
}

export interface GateOutcome {
  /** `fail`: slower or a broken promise. `undecided`: nothing can be said. `broken`: a broker or process was lost. */
  readonly word: 'pass' | 'fail' | 'undecided' | 'broken';
  readonly exitCode: ExitCode;
  readonly cells: readonly GatedCell[];
  readonly summary: string;
}

/**
 * The gate passes when every gated figure of every cell passes; nothing at all to judge, or a cell that only one side
 * has, is no pass.
 * @param error the broker that was lost on the way, or the disk that took no more
 */
export function gateOf(comparison: Comparison, gated: readonly MetricId[], error?: Error): GateOutcome {
  const cells = comparison.cells.map((cell): GatedCell => {
    const verdict = cellVerdict(cell, gated);
    return { cell, verdict, text: cellText(cell, verdict, gated, comparison) };
  });
  const is = (...words: Verdict[]): boolean => cells.some(({ verdict }) => words.includes(verdict));
  const end = (word: GateOutcome['word'], exitCode: ExitCode, summary: string): GateOutcome => ({
    word,
    exitCode,
    cells,
    summary,
  });
  // A broken promise or a confirmed regression stands, whatever else went wrong.
  if (is('failed'))
    return end('fail', ExitCode.regression, 'A broker or client broke its promise; no speed makes up for that.');
  if (is('regressed'))
    return end(
      'fail',
      ExitCode.regression,
      'Messaging got slower by more than the margin, and fresh measurements confirm it.',
    );
  const loss = lossOf(comparison, error);
  if (loss !== undefined) return end('broken', ExitCode.environment, loss);
  if (cells.length === 0) return end('undecided', ExitCode.inconclusive, 'There was nothing to judge.');
  if (comparison.unmatched.length > 0)
    return end(
      'undecided',
      ExitCode.inconclusive,
      `Not decided: ${comparison.unmatched.join(', ')} could not be compared.`,
    );
  if (!cells.every(({ verdict }) => passes(verdict)))
    return end('undecided', ExitCode.inconclusive, 'Not decided: neither a regression nor its absence could be shown.');
  const blindness = seesOnlyTheRate(comparison.b.scenario.load, gated) ? ` ${onlyTheRate}.` : '';
  return end('pass', ExitCode.ok, `Nothing that is gated got slower by more than the margin.${blindness}`);
}

/**
 * A gate that is judged again from its folder.
 * @param partialReason what kept its session from its end: then it has no pass, whatever was decided before
 */
export function gateAgain(
  comparison: Comparison,
  gated: readonly MetricId[],
  partialReason: string | undefined,
): GateOutcome {
  const gate = gateOf(comparison, gated);
  return partialReason === undefined || gate.word === 'fail'
    ? gate
    : {
        ...gate,
        word: 'broken',
        exitCode: ExitCode.environment,
        summary: `The session did not come to its end: ${partialReason}`,
      };
}

/** What stands above the tables of a gate, whoever draws them. */
export function gateHeading({ word, summary }: GateOutcome): Heading {
  return { title: `Gate: ${word}`, lead: [summary] };
}

/** That a broker, a process or the disk was lost on the way, whatever the figures say; undefined where none was. */
export function lossOf({ cells }: Comparison, error: Error | undefined): string | undefined {
  if (error instanceof StorageError) return redact(messageOf(error));
  if (error !== undefined) return `A broker or process was lost on the way: ${redact(messageOf(error))}`;
  const died = cells.some(({ problems }) => problems.some(({ kind }) => kind === 'died'));
  return died ? 'A broker or process was lost on the way.' : undefined;
}

/**
 * What a comparison ends with where slower is an answer and no fault: 3 for a broken promise, 4 where a cell has
 * nothing usable or there is none.
 */
export function answerCode({ cells }: Comparison): ExitCode {
  if (cells.some(({ overruled }) => overruled?.verdict === 'failed')) return ExitCode.regression;
  const judged = cells.filter(({ overruled, metrics }) => overruled === undefined && metrics.length > 0);
  return cells.length > 0 && judged.length === cells.length ? ExitCode.ok : ExitCode.inconclusive;
}

function cellText(cell: ComparedCell, verdict: Verdict, gated: readonly MetricId[], { options }: Comparison): string {
  const decisive = cell.metrics.filter((m) => gated.includes(m.metric.id));
  const shown = decisive.find((m) => m.verdict === verdict) ?? decisive[0];
  if (shown === undefined) return `${cell.label}: ${verdict}: ${whyUnjudged(cell)}`;
  return `${cell.label}: ${verdict}: ${shown.metric.label} B ÷ A ${intervalText(shown)}, ${verdictText(shown, cell, options.design)}`;
}
