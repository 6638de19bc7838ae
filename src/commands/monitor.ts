/** `mqbench monitor`: what brokers say of themselves, again and again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import pc from 'picocolors';
import { Registry } from 'prom-client';
import { ExitCode, UsageError } from '../errors.js';
import { BrokerMetrics } from '../monitor/prometheus/broker.js';
import { type MetricsEndpoint, serveMetrics } from '../monitor/prometheus/endpoint.js';
import type { TargetSample } from '../monitor/sample.js';
import { findTargets } from '../monitor/targets.js';
import { csvHeader, csvRows } from '../monitor/view/csv.js';
import { renderSamples } from '../monitor/view/table.js';
import { Watch } from '../monitor/watch.js';
import { readDuration } from '../scenario/units.js';
import type { ServerChoice } from '../servers/provider.js';
import { urlVariable } from '../servers/endpoint/index.js';
import { wantsColour } from './print-error.js';
import { readUrls } from './run-flags.js';

export interface MonitorFlags {
  /** Between two looks, e.g. `5s`. */
  readonly interval: string;
  readonly once: boolean;
  readonly json: boolean;
  readonly csv: boolean;
  /** Part of a destination's name. */
  readonly filter: string;
  readonly server: ServerChoice;
  readonly url: readonly string[];
  /** Folder in which mqbench's runs write their results. */
  readonly results: string;
  /** Where to listen for Prometheus, `host:port`. */
  readonly prometheus?: string;
  /** Aborted on Ctrl-C, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
}

/** Brokers refresh no figure more often, and each question costs them something. */
const shortestSeconds = 0.2;

/**
 * Watches until the signal aborts or nobody reads any more, or looks once.
 * @throws UsageError, BrokerError before it begins; what happens to a broker after that is told, and watching goes on
 * @returns 6 for `--once` when no target answered
 */
export async function monitor(names: readonly string[], flags: MonitorFlags): Promise<ExitCode> {
  const intervalMs = readInterval(flags.interval);
  if (flags.json && flags.csv)
    throw new UsageError('Samples are either JSON or CSV.', { where: '--json --csv', hint: 'Give one of them.' });
  const env = { ...process.env };
  const targets = names.map((name) => ({ name }));
  const urls = readUrls(flags.url, names.length === 0 ? undefined : { targets }, flags.server);
  for (const [target, url] of urls) env[urlVariable(target)] = url;
  const watched = await findTargets({ names, addressed: [...urls.keys()], server: flags.server, env });
  const watch = new Watch(watched, { containing: flags.filter }, flags.results);
  const registry = new Registry();
  const metrics = new BrokerMetrics(registry);
  const print = printer(flags);
  const show: Show = (samples) => {
    metrics.update(samples);
    print(samples);
  };
  let endpoint: MetricsEndpoint | undefined;
  // `monitor | head` has all that it wants; Prometheus goes on asking.
  const unread = new AbortController();
  const onUnread = (): void => unread.abort();
  if (flags.prometheus === undefined) process.stdout.once('error', onUnread);
  const signal = AbortSignal.any([flags.signal, unread.signal]);
  try {
    if (flags.prometheus !== undefined) {
      endpoint = await serveMetrics(registry, flags.prometheus);
      process.stderr.write(`metrics for Prometheus: ${endpoint.url}\n`);
    }
    // Rates need two looks.
    if (flags.once) {
      await watch.look(onceMs);
      await pause(intervalMs, signal);
      const samples = await watch.look(onceMs);
      show(samples);
      return samples.some(({ sample }) => sample !== undefined) ? ExitCode.ok : ExitCode.environment;
    }
    for (let next = performance.now(); !signal.aborted;) {
      show(await watch.look(intervalMs));
      // On the beat, whatever a look took; one that was missed is left out.
      next = Math.max(next + intervalMs, performance.now());
      await pause(next - performance.now(), signal);
    }
    return ExitCode.ok;
  } finally {
    process.stdout.off('error', onUnread);
    await endpoint?.close();
    await watch.close();
  }
}

/** Somewhat more than a question may take. */
const onceMs = 12_000;

function readInterval(text: string): number {
  const reading = readDuration(text);
  if (!('value' in reading) || reading.value < shortestSeconds)
    throw new UsageError(`"${text}" is no interval of at least ${shortestSeconds} s.`, {
      where: '--interval',
      hint: 'Write it as a time, e.g. 5s or 500ms.',
    });
  return reading.value * 1000;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

type Show = (samples: readonly TargetSample[]) => void;

function printer(flags: MonitorFlags): Show {
  const out = process.stdout;
  if (flags.json) return (samples) => void out.write(samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
  if (flags.csv) {
    out.write(`${csvHeader}\n`);
    return (samples) =>
      void out.write(
        samples
          .flatMap(csvRows)
          .map((row) => `${row}\n`)
          .join(''),
      );
  }
  const colour = pc.createColors(wantsColour(out, process.env));
  const alert = (text: string): string => colour.red(text);
  if (out.isTTY !== true || flags.once)
    return (samples) => void out.write(`${renderSamples(samples, { columns: out.columns ?? 80, alert })}\n\n`);
  const draw = createLogUpdate(out);
  return (samples) => draw(renderSamples(samples, { columns: out.columns, rows: out.rows, alert }));
}
