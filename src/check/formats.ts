/** A gate's outcome for other programs. */
import type { Comparison } from '../compare/compare.js';

/** How stdout is written. */
export const formats = ['text', 'json', 'github-action-benchmark', 'bencher'] as const;
export type Format = (typeof formats)[number];

/**
 * For github-action-benchmark's `customBiggerIsBetter`: B's throughput only, because one file has one direction.
 * https://github.com/benchmark-action/github-action-benchmark#examples
 */
export function githubActionBenchmark({ cells }: Comparison): string {
  const entries = cells.flatMap((cell) =>
    cell.metrics
      .filter(({ metric }) => metric.better === 'higher')
      .map((m) => ({
        name: `${cell.b.id} ${m.metric.label}`,
        unit: m.metric.unit,
        value: m.medianB,
        range: `${Math.min(...m.b)} to ${Math.max(...m.b)}`,
        extra: `${m.b.length} runs; B ÷ A ${Math.exp(m.interval.estimate)}; ${m.verdict}`,
      })),
  );
  return `${JSON.stringify(entries, null, 2)}\n`;
}

/** Bencher Metric Format: B's medians with the range of its runs. https://bencher.dev/docs/reference/bencher-metric-format/ */
export function bencherMetricFormat({ cells }: Comparison): string {
  const names = { throughput: 'throughput', p50: 'latency-p50-ms', p99: 'latency-p99-ms' } as const;
  return `${JSON.stringify(
    Object.fromEntries(
      cells.map((cell) => [
        cell.b.id,
        Object.fromEntries(
          cell.metrics.map((m) => [
            names[m.metric.id],
            { value: m.medianB, lower_value: Math.min(...m.b), upper_value: Math.max(...m.b) },
          ]),
        ),
      ]),
    ),
    null,
    2,
  )}\n`;
}
