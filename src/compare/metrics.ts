/** What a comparison looks at in a run, and how much worse each may get. */
import type { RunRecord } from '../results/schema.js';
import type { Better } from '../stats/verdict.js';

export const metricIds = ['throughput', 'p50', 'p99'] as const;
export type MetricId = (typeof metricIds)[number];

export interface Metric {
  readonly id: MetricId;
  readonly label: string;
  readonly unit: string;
  readonly better: Better;
  /** The run's figure; undefined where it has none or it is 0 (a ratio of nothing says nothing). */
  of(run: RunRecord): number | undefined;
}

const positive = (value: number | undefined): number | undefined =>
  value !== undefined && value > 0 ? value : undefined;

export const metrics: readonly Metric[] = [
  {
    id: 'throughput',
    label: 'throughput',
    unit: 'messages/s',
    better: 'higher',
    of: (run) => positive(run.figures?.throughput),
  },
  {
    id: 'p50',
    label: 'end-to-end p50',
    unit: 'ms',
    better: 'lower',
    of: (run) => positive(run.latency?.endToEnd.p50Ms),
  },
  {
    id: 'p99',
    label: 'end-to-end p99',
    unit: 'ms',
    better: 'lower',
    of: (run) => positive(run.latency?.endToEnd.p99Ms),
  },
];

/** The share by which each metric may get worse and still count as the same. */
export type Margins = Readonly<Record<MetricId, number>>;

export const defaultMargins: Margins = { throughput: 0.1, p50: 0.15, p99: 0.3 };

/** A margin beyond these is a slip of the pen. */
export const marginRange = { min: 0.001, max: 0.9 } as const;
