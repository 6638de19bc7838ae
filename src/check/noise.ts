/** What A against A says about a machine: how small a change it shows, and the margins that fit. Pure. */
import type { ComparedMetric, Comparison } from '../compare/compare.js';
import { defaultMargins, type Margins, marginRange, type Metric, type MetricId, metrics } from '../compare/metrics.js';
import { marginText, whyUnjudged } from '../compare/wording.js';
import type { CellNoise } from './margins-file.js';
import { plural } from '../plural.js';
import type { Result } from '../results/schema.js';
import { recordedLatency } from '../run/run-record.js';
import { detectable } from '../stats/detectable.js';
import { pairsRange, standardLooks } from '../stats/sequence.js';
import { type Better, limitOf } from '../stats/verdict.js';

export interface NoiseRow {
  readonly cell: string;
  readonly metric: MetricId;
  readonly label: string;
  readonly pairs: number;
  /** Standard deviation of a pair's ln ratio. */
  readonly sd: number;
  /** By number of pairs: the share by which the figure must get worse to be told from nothing. */
  readonly detectable: readonly { readonly pairs: number; readonly share: number }[];
}

/** A loss of benefit as a share of the figure: 0.1 for a throughput of 0.9, or a latency of 1.1. */
export function shareOf(loss: number, better: Better): number {
  return better === 'higher' ? 1 - Math.exp(-loss) : Math.exp(loss) - 1;
}

/** The figures that runs of a scenario have. */
export function metricsOf({ work = 'transfer' }: Pick<Result['scenario'], 'work'>): readonly Metric[] {
  return recordedLatency(work).endToEnd ? metrics : metrics.filter(({ id }) => id === 'throughput');
}

/**
 * Why the scatter is not known as well as so many pairs show it; undefined where every figure of every cell has them.
 * A figure that no run of the scenario has is not missed.
 */
export function lackingIn({ b, cells }: Comparison, pairs: number): string | undefined {
  if (cells.length === 0) return 'There was nothing to measure.';
  const recorded = metricsOf(b.scenario);
  for (const cell of cells)
    for (const { id, label } of recorded) {
      const samples = cell.metrics.find(({ metric }) => metric.id === id)?.samples ?? 0;
      if (samples < pairs)
        return `${cell.label} has ${plural(samples, 'usable pair')} for ${label}, and ${pairs} were asked for${cell.problems.length === 0 ? '.' : `: ${whyUnjudged(cell)}.`}`;
    }
  return undefined;
}

/** Each cell's and figure's noise. The two sides are the same, so their true difference is 0 and not the mean. */
export function noiseOf({ cells }: Comparison): NoiseRow[] {
  return cells.flatMap((cell) =>
    cell.metrics.map((m): NoiseRow => {
      const sd = spreadAboutZero(m);
      return {
        cell: cell.label,
        metric: m.metric.id,
        label: m.metric.label,
        pairs: m.samples,
        sd,
        detectable: standardLooks.map((pairs) => ({ pairs, share: shareOf(detectable(sd, pairs), m.metric.better) })),
      };
    }),
  );
}

function spreadAboutZero({ a, b }: ComparedMetric): number {
  return Math.sqrt(a.reduce((sum, x, i) => sum + Math.log((b[i] ?? NaN) / x) ** 2, 0) / a.length);
}

/**
 * For each figure of a cell the default margin, or what the last look shows where that is more, rounded up to a whole
 * per cent: with it 95 of 100 gates without any change pass by then.
 */
export function fittingMargins(rows: readonly NoiseRow[], cell: string): Pick<CellNoise, 'margins' | 'sd'> {
  const margins: Partial<Record<MetricId, number>> = {};
  const sd: Partial<Record<MetricId, number>> = {};
  for (const row of rows.filter((one) => one.cell === cell)) {
    const seen = Math.ceil((row.detectable.at(-1)?.share ?? 0) * 100 - 1e-9) / 100;
    margins[row.metric] = Math.min(marginRange.max, Math.max(defaultMargins[row.metric], seen));
    sd[row.metric] = row.sd;
  }
  return { margins, sd };
}

/**
 * How many pairs a margin needs on a machine with this noise, so that 95 of 100 gates without a change pass; undefined
 * where more would be needed than can be asked for.
 */
export function pairsForMargin(sd: number, margin: number, metric: MetricId): number | undefined {
  const better = metrics.find(({ id }) => id === metric)?.better ?? 'higher';
  const limit = limitOf(margin, better);
  // z of 1 % and of 5 %; the signed-rank test needs π ÷ 3 as many as the t test.
  const pairs = Math.max(pairsRange.min, Math.ceil((((2.326 + 1.645) * sd) / limit) ** 2 * (Math.PI / 3)));
  return pairs <= pairsRange.max ? pairs : undefined;
}

/** How a gate judges. */
export interface GateRules {
  readonly gated: readonly MetricId[];
  readonly margins: Margins;
  readonly looks: readonly number[];
}

/**
 * What is to be said before an hour is spent: which margins are below what this machine shows, and what would do.
 * @param sds standard deviation of a pair's ln ratio, of the figures of which it is known
 */
export function blindMargins(
  { gated, margins, looks }: GateRules,
  sds: Readonly<Partial<Record<MetricId, number>>>,
): string[] {
  const most = looks.at(-1) ?? 0;
  return gated.flatMap((id) => {
    const sd = sds[id];
    if (sd === undefined) return [];
    const needed = pairsForMargin(sd, margins[id], id);
    if (needed !== undefined && needed <= most) return [];
    const label = metrics.find((metric) => metric.id === id)?.label ?? id;
    const wayOut =
      needed === undefined
        ? `not even ${pairsRange.max} would do: take a quieter machine or a wider margin`
        : // The cap has to be a look: what lies between two of them is not judged.
          `about ${needed} would be needed (--pairs ${standardLooks.find((look) => look >= needed) ?? needed})`;
    return [
      `a margin of ${marginText(margins[id])} for ${label} is below what this machine shows in ${most} pairs (a pair scatters by ${marginText(sd)}); ${wayOut}`,
    ];
  });
}
