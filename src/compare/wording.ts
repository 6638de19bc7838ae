/** Verdicts in words that tables, summaries, annotations and JUnit share. */
import { formatRate, formatSignificant } from '../report/format.js';
import { plural } from '../plural.js';
import { ratioOf, type Verdict } from '../stats/verdict.js';
import type { ComparedCell, ComparedMetric, Design } from './compare.js';
import type { MetricId } from './metrics.js';

/** 0.943, and infinite bounds by their sign. */
export function ratioText(ratio: number): string {
  if (ratio === 0) return '0';
  return Number.isFinite(ratio) ? ratio.toFixed(3) : '∞';
}

/** The ratio B ÷ A with its two one-sided 99 % bounds, the smaller first. */
export function ratioBounds({ interval, metric }: ComparedMetric): { ratio: number; low: number; high: number } {
  const ends = [ratioOf(interval.lower, metric.better), ratioOf(interval.upper, metric.better)];
  return { ratio: ratioOf(interval.estimate, metric.better), low: Math.min(...ends), high: Math.max(...ends) };
}

/** e.g. "0.943 [0.902, 0.981]"; without bounds where so few runs give none. */
export function intervalText(m: ComparedMetric): string {
  const { ratio, low, high } = ratioBounds(m);
  return low === 0 && high === Infinity
    ? `${ratioText(ratio)} [no bounds]`
    : `${ratioText(ratio)} [${ratioText(low)}, ${ratioText(high)}]`;
}

/** A figure with the digits that it deserves. */
export function figureText(m: ComparedMetric, value: number): string {
  return m.metric.better === 'higher' ? formatRate(value) : formatSignificant(value);
}

export function marginText(margin: number): string {
  return `${Number((margin * 100).toFixed(1))} %`;
}

/** What a verdict means, in a few words, with the way on where there is one. */
export function verdictText(m: ComparedMetric, cell: ComparedCell, design: Design): string {
  const margin = marginText(m.margin);
  switch (m.verdict) {
    case 'pass':
      return `not worse by ${margin}`;
    case 'equivalent':
      return `neither worse nor better by ${margin}`;
    case 'improved':
      return 'better for certain';
    case 'regressed':
      return m.sequence === undefined
        ? `worse by more than ${margin}`
        : `worse by more than ${margin} in the first ${m.sequence.suspectedAt ?? 0}, and again in ${m.sequence.nextAt - (m.sequence.suspectedAt ?? 0)} fresh ones`;
    case 'failed':
    case 'invalid':
      return whyUnjudged(cell);
    case 'inconclusive':
      return inconclusiveText(m, design === 'paired');
  }
}

/** Why there is no speed to judge, or none that counts. */
export function whyUnjudged({ overruled, problems }: ComparedCell): string {
  return overruled?.why ?? problems[0]?.text ?? 'nothing usable was measured';
}

function inconclusiveText(m: ComparedMetric, paired: boolean): string {
  const s = m.sequence;
  if (s?.phase === 'decided' && s.suspectedAt !== undefined)
    return `a suspicion of ${marginText(m.margin)} at ${s.suspectedAt} did not repeat on fresh ones`;
  if (s?.phase === 'confirm') return `suspected at ${s.suspectedAt ?? 0}; not yet confirmed`;
  const needed = m.wouldDecide;
  // The normal approximation is too hopeful where chance kept the bounds wide.
  const more = needed === undefined ? undefined : Math.max(needed - m.samples, 1);
  return more === undefined
    ? 'the change is about as large as the margin: more of the same will hardly decide'
    : `about ${plural(more, paired ? 'more pair' : 'more run')}${paired ? '' : ' of each'} would probably decide`;
}

/** The worst word over the metrics that matter; `invalid` where a cell has none of them. */
export function cellVerdict(cell: ComparedCell, gated: readonly MetricId[]): Verdict {
  const worst: readonly Verdict[] = [
    'failed',
    'regressed',
    'invalid',
    'inconclusive',
    'pass',
    'equivalent',
    'improved',
  ];
  const verdicts = gated.map(
    (id) => cell.metrics.find((m) => m.metric.id === id)?.verdict ?? cell.overruled?.verdict ?? 'invalid',
  );
  return worst.find((word) => verdicts.includes(word)) ?? 'invalid';
}
