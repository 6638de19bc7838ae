/** Metrics that take figures counted elsewhere: prom-client's own count one event at a time. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { latencyBounds, type LatencySoFar } from '../../metrics/latency-counts.js';

export type Labels = Readonly<Record<string, string | number>>;

/** What a metric is called, what it is, and its labels. */
export type Description = readonly [name: string, help: string, labelNames: readonly string[]];

export function gauge(registry: Registry, [name, help, labelNames]: Description): Gauge {
  return new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
}

export function counter(registry: Registry, [name, help, labelNames]: Description): Counter {
  return new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
}

/** A histogram that is handed its buckets, so that nothing is done for each message. */
export class LatencyHistogram extends Histogram {
  readonly #all = new Map<string, { readonly labels: Labels; readonly latency: LatencySoFar }>();

  readonly #name: string;
  readonly #help: string;

  constructor(registry: Registry, [name, help, labelNames]: Description) {
    super({ name, help, labelNames: [...labelNames], buckets: [...latencyBounds], registers: [registry] });
    this.#name = name;
    this.#help = help;
  }

  /** Adds what was recorded since; counts are by bucket of {@link latencyBounds}, and one more. */
  add(labels: Labels, { counts, sumSeconds }: LatencySoFar): void {
    const key = JSON.stringify(labels);
    const before = this.#all.get(key)?.latency;
    this.#all.set(key, {
      labels,
      latency: {
        counts: counts.map((count, i) => count + (before?.counts[i] ?? 0)),
        sumSeconds: sumSeconds + (before?.sumSeconds ?? 0),
      },
    });
  }

  /** What the registry asks for (prom-client 15, lib/histogram.js), here with the counts that were handed over. */
  getForPromString(): object {
    const values = [...this.#all.values()].flatMap((one) => valuesOf(this.#name, one));
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values };
  }
}

/** As Prometheus has it: each bucket holds those below it too. */
function valuesOf(name: string, { labels, latency }: { readonly labels: Labels; readonly latency: LatencySoFar }) {
  let below = 0;
  const buckets = latency.counts.map((count, i) => {
    below += count;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: latencyBounds[i] ?? '+Inf' }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: latency.sumSeconds },
    { metricName: `${name}_count`, labels, value: below },
  ];
}
