/** The scrape endpoint of `mqbench run`. Imported only where it is asked for. */
import { Registry } from 'prom-client';
import { serveMetrics } from '../monitor/prometheus/endpoint.js';
import { RunMetrics } from '../monitor/prometheus/run.js';
import type { SessionListener } from '../run/session.js';
import type { Scenario } from '../scenario/types.js';

export interface MetricsWatch {
  /** Who is to be told of a scenario's session. */
  listeners(scenario: Scenario): readonly SessionListener[];
  close(): Promise<void>;
}

/** @throws UsageError, BrokerError where it cannot be listened there */
export async function openMetrics(listen: string): Promise<MetricsWatch> {
  const registry = new Registry();
  const metrics = new RunMetrics(registry);
  const endpoint = await serveMetrics(registry, listen);
  process.stderr.write(`metrics for Prometheus: ${endpoint.url}\n`);
  return { listeners: (scenario) => [metrics.listener(scenario)], close: () => endpoint.close() };
}
