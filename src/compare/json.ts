/** A comparison for machines: what was decided and on what, without the runs themselves. */
import { alpha } from '../stats/verdict.js';
import { blockingOf } from './comparability.js';
import type { ComparedMetric, Comparison } from './compare.js';
import { ratioBounds } from './wording.js';

/** JSON has no infinity: a bound that so few runs cannot give is null. */
const finite = (value: number): number | null => (Number.isFinite(value) && value > 0 ? value : null);

export function comparisonJson({ a, b, options, differences, cells, unmatched }: Comparison) {
  return {
    a: a.id,
    b: b.id,
    design: options.design,
    oneSidedLevel: alpha,
    comparable: blockingOf(differences).length === 0,
    partial: a.partial || b.partial,
    differences,
    unmatched,
    cells: cells.map((cell) => ({
      cell: cell.label,
      a: cell.a.id,
      b: cell.b.id,
      problems: cell.problems,
      metrics: cell.metrics.map(metricJson),
    })),
  };
}

function metricJson(m: ComparedMetric) {
  const { ratio, low, high } = ratioBounds(m);
  return {
    metric: m.metric.id,
    unit: m.metric.unit,
    better: m.metric.better,
    medianA: m.medianA,
    medianB: m.medianB,
    samples: m.samples,
    ratio,
    low: finite(low),
    high: finite(high),
    margin: m.margin,
    verdict: m.verdict,
    sd: finite(m.sd),
    wouldDecide: m.wouldDecide ?? null,
    lagOneCorrelation: m.correlation ?? null,
    suspectedAt: m.sequence?.suspectedAt ?? null,
  };
}
