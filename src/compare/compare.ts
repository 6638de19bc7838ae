/** Two results become a judgement: per cell and metric the medians, the ratio, its bounds and a verdict. Pure. */
import type { Result } from '../results/schema.js';
import { plural } from '../plural.js';
import { pairsToDecide } from '../stats/detectable.js';
import { rankSumInterval } from '../stats/rank-sum.js';
import { sequenceState, type SequenceState } from '../stats/sequence.js';
import { type Interval, signedRankInterval } from '../stats/signed-rank.js';
import { isCorrelated, lagOneCorrelation, median, standardDeviation } from '../stats/summary.js';
import { alpha, benefit, limitOf, type Verdict, verdictOf } from '../stats/verdict.js';
import {
  isUsable,
  matchCells,
  type MatchedCell,
  pairsOf,
  type Problem,
  problemsOf,
  runsOf,
  type Usable,
} from './cells.js';
import { type Difference, differencesOf, type Variants } from './comparability.js';
import { type Margins, type Metric, type MetricId, metrics } from './metrics.js';

/** How the runs of two results stand to each other. */
export type Design =
  /** In one session, the same repetition one after the other in drawn order. */
  | 'paired'
  /** In two sessions: whatever changed in between is in the difference too. */
  | 'unpaired';

export interface CompareOptions {
  readonly design: Design;
  readonly margins: Margins;
  /** Metrics that are judged at the looks of a session while it goes on; the others by all there is. */
  readonly sequential?: { readonly metrics: readonly MetricId[]; readonly looks: readonly number[] };
  /** Which runs' figures stand; by default those that were judged ok. */
  readonly usable?: Usable;
  /**
   * A session repeats a pair that cannot be used (against a stored result, a run of B), so often at most; more make a
   * cell invalid. Nothing was repeated where it is not given.
   */
  readonly mostRepeats?: number;
  /** What B is called where more than two results are compared; else B. */
  readonly letter?: string;
  /** What the sides were asked to differ in, where a session knows it. */
  readonly variants?: Variants;
}

export interface ComparedMetric {
  readonly metric: Metric;
  readonly medianA: number;
  readonly medianB: number;
  /** The runs' figures behind the medians. */
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** Pairs, or runs of B. */
  readonly samples: number;
  readonly interval: Interval;
  readonly margin: number;
  readonly limit: number;
  readonly verdict: Verdict;
  /** Standard deviation of a pair's ln ratio, or of a run's ln figure where nothing is paired. NaN below two. */
  readonly sd: number;
  /** Inconclusive only: how many in all would probably decide; undefined where no sensible number would. */
  readonly wouldDecide: number | undefined;
  /** Lag-1 correlation of the pairs, where it is too large to be chance. */
  readonly correlation: number | undefined;
  /** Only where it was judged at looks. */
  readonly sequence: SequenceState | undefined;
}

/** A verdict on a whole cell that no speed can change. */
export interface Overruling {
  readonly verdict: 'failed' | 'invalid';
  /** In a sentence. */
  readonly why: string;
}

export interface ComparedCell extends MatchedCell {
  readonly problems: readonly Problem[];
  readonly overruled: Overruling | undefined;
  /** In the order of the metrics; without figures on either side a metric is left out. */
  readonly metrics: readonly ComparedMetric[];
}

export interface Comparison {
  readonly a: Result;
  readonly b: Result;
  readonly options: CompareOptions;
  readonly differences: readonly Difference[];
  readonly cells: readonly ComparedCell[];
  /** Cells that only one side has. */
  readonly unmatched: readonly string[];
}

/** What B is called. */
export const letterOf = ({ letter = 'B' }: Pick<CompareOptions, 'letter'>): string => letter;

/** Compares B with A. */
export function compareResults(a: Result, b: Result, options: CompareOptions): Comparison {
  const { matched, unmatched } = matchCells(a, b, letterOf(options));
  return {
    a,
    b,
    options,
    differences: differencesOf(a, b, options.design, options.variants),
    cells: matched.map((cell) => compareCell(a, b, cell, options)),
    unmatched,
  };
}

function compareCell(a: Result, b: Result, cell: MatchedCell, o: CompareOptions): ComparedCell {
  const usable = o.usable ?? isUsable;
  const [runsA, runsB] = [runsOf(a, cell.a.id), runsOf(b, cell.b.id)];
  const problems = problemsOf(
    [
      { name: 'A', runs: runsA },
      { name: 'B', letter: letterOf(o), runs: runsB },
    ],
    usable,
  );
  const overruled = overrulingOf(problems, o);
  return {
    ...cell,
    problems,
    overruled,
    metrics: metrics.flatMap((metric) => {
      const figures =
        o.design === 'paired'
          ? pairedFigures(metric, pairsOf(runsA, runsB, usable))
          : {
              a: runsA.filter((run) => usable(run, 'A')).flatMap((run) => metric.of(run) ?? []),
              b: runsB.filter((run) => usable(run, 'B')).flatMap((run) => metric.of(run) ?? []),
            };
      return figures.a.length === 0 || figures.b.length === 0 ? [] : [compareMetric(metric, figures, overruled, o)];
    }),
  };
}

interface Figures {
  readonly a: readonly number[];
  readonly b: readonly number[];
}

function pairedFigures(metric: Metric, pairs: ReturnType<typeof pairsOf>): Figures {
  const both = pairs.flatMap(([left, right]) => {
    const [x, y] = [metric.of(left), metric.of(right)];
    return x === undefined || y === undefined ? [] : [{ x, y }];
  });
  return { a: both.map(({ x }) => x), b: both.map(({ y }) => y) };
}

/** Estimate and bounds of B's benefit over its samples from … to. */
function intervalOver(metric: Metric, { a, b }: Figures, design: Design): (from: number, to: number) => Interval {
  if (design === 'paired') {
    const differences = a.map((x, i) => benefit(x, b[i] ?? NaN, metric.better));
    return (from, to) => signedRankInterval(differences.slice(from, to), alpha);
  }
  const logs = (values: readonly number[]): number[] => values.map((value) => benefit(1, value, metric.better));
  return (from, to) => rankSumInterval(logs(a), logs(b.slice(from, to)), alpha);
}

function compareMetric(
  metric: Metric,
  figures: Figures,
  overruled: Overruling | undefined,
  o: CompareOptions,
): ComparedMetric {
  const { a, b } = figures;
  const margin = o.margins[metric.id];
  const limit = limitOf(margin, metric.better);
  const over = intervalOver(metric, figures, o.design);
  const sequence = o.sequential?.metrics.includes(metric.id)
    ? sequenceState(over, b.length, limit, o.sequential.looks)
    : undefined;
  const interval = sequence === undefined ? over(0, b.length) : (sequence.confirmed ?? sequence.screened);
  const differences = o.design === 'paired' ? a.map((x, i) => benefit(x, b[i] ?? NaN, metric.better)) : [];
  const sd = o.design === 'paired' ? standardDeviation(differences) : spreadOfBoth(a, b);
  const bySpeed = sequence?.verdict ?? verdictOf(interval, limit);
  const verdict = overruled?.verdict ?? bySpeed;
  return {
    metric,
    medianA: median(a),
    medianB: median(b),
    a,
    b,
    samples: b.length,
    interval,
    margin,
    limit,
    verdict,
    sd,
    wouldDecide: verdict === 'inconclusive' ? pairsToDecide(sd, interval.estimate + limit) : undefined,
    correlation: isCorrelated(differences) ? lagOneCorrelation(differences) : undefined,
    sequence,
  };
}

/** A broken promise, a run that died, or too many that could not be used are never outvoted by speed. */
function overrulingOf(problems: readonly Problem[], { design, mostRepeats }: CompareOptions): Overruling | undefined {
  const first = (kind: Problem['kind']): Problem | undefined => problems.find((problem) => problem.kind === kind);
  const [failed, died] = [first('failed'), first('died')];
  if (failed !== undefined) return { verdict: 'failed', why: failed.text };
  if (died !== undefined) return { verdict: 'invalid', why: died.text };
  // What was stored before is not this session's to repeat.
  const own = problems.filter(({ side }) => design === 'paired' || side === 'B');
  const unusable = new Set(own.map(({ repetition }) => repetition)).size;
  const [one] = own;
  if (one === undefined || mostRepeats === undefined || unusable <= mostRepeats) return undefined;
  return {
    verdict: 'invalid',
    why: `${plural(unusable, design === 'paired' ? 'pair' : 'run')} could not be used, and ${mostRepeats} at most are repeated: ${one.text}`,
  };
}

/** Standard deviation of the difference between a run of each side (their variances add up). */
function spreadOfBoth(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [standardDeviation(a.map(Math.log)), standardDeviation(b.map(Math.log))];
  return Math.hypot(Number.isNaN(x) ? y : x, Number.isNaN(y) ? x : y);
}
