/** RabbitMQ's PerfTest: one producer and four consumers in one JVM, on a queue that is there already. */
import type { Endpoint } from '../../dist/brokers/adapter.js';
import { ensureJava, ensureLockedArtifacts, runCommand } from '../../dist/servers/local/store/index.js';
import { median } from '../print.js';
import { startContext } from '../sessions.js';
import { consumers, inFlight, prefetch } from '../settings.js';

export interface JavaTool {
  readonly java: string;
  readonly classPath: string;
}

/** Where PerfTest's lock lies, and HdrHistogram's in it. */
const lock = new URL('../../bench/peers/locks/perf-test.json', import.meta.url);

export async function ensurePerfTest(signal: AbortSignal): Promise<JavaTool & { readonly hdrHistogramJar: string }> {
  const context = startContext(signal);
  const artifacts = await ensureLockedArtifacts({ lock, name: 'RabbitMQ PerfTest', artifactId: 'perf-test' }, context);
  const { java } = await ensureJava(context);
  return { java, classPath: artifacts.jars.join(':'), hdrHistogramJar: artifacts.byArtifact('HdrHistogram') };
}

export interface PerfTestRun {
  readonly tool: JavaTool;
  readonly endpoint: Endpoint;
  readonly queue: string;
  readonly sizeBytes: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly signal: AbortSignal;
}

/**
 * Messages received a second, by PerfTest's own count of each second: the median of those after the warm-up.
 * @throws Error when PerfTest fails or its output has other words
 */
export async function runPerfTest(run: PerfTestRun): Promise<number> {
  const uri = new URL(run.endpoint.url.replace(/^amqp:/, 'http:'));
  uri.username = encodeURIComponent(run.endpoint.username ?? 'guest');
  uri.password = encodeURIComponent(run.endpoint.password ?? 'guest');
  if (uri.pathname.length <= 1) uri.pathname = '/%2F';
  const seconds = run.warmupSeconds + run.seconds;
  const args = [
    '-x',
    1,
    '-y',
    consumers,
    '-u',
    run.queue,
    // As mqbench publishes: the default exchange, whose routing key is the queue's name.
    '-e',
    '',
    '-k',
    run.queue,
    '-p',
    '-f',
    'persistent',
    '-f',
    'mandatory',
    '-s',
    run.sizeBytes,
  ];
  const limits = ['-c', inFlight, '-q', prefetch, '-i', 1, '-z', seconds, '-mf', 'compact', '-sb'];
  const { ok, stdout, stderr } = await runCommand(
    run.tool.java,
    ['-cp', run.tool.classPath, 'com.rabbitmq.perf.PerfTest', ...[...args, ...limits].map(String)],
    {
      signal: run.signal,
      timeoutMs: (seconds + 60) * 1_000,
      // By the environment, where other users of the machine cannot read the password off the command line.
      env: { URI: uri.href.replace(/^http:/, 'amqp:') },
    },
  );
  const rates = receivedRates(stdout);
  if (!ok || rates.length <= run.warmupSeconds)
    throw new Error(
      `PerfTest failed: ${/^Caused by: .*/m.exec(stderr)?.[0] ?? stderr.trim().split('\n')[0] ?? 'no output'}`,
    );
  const received = median(rates.slice(run.warmupSeconds));
  if (received === 0) throw new Error('PerfTest received nothing');
  return received;
}

/** The column `received` of its table of seconds. */
export function receivedRates(stdout: string): number[] {
  const rows = stdout.split('\n');
  const head = rows.find((row) => /\breceived\b/.test(row));
  if (head === undefined) return [];
  const place = head
    .trim()
    .split(/\s{2,}|\t/)
    .findIndex((word) => word.startsWith('received'));
  return rows.flatMap((row) => {
    const cells = row.trim().split(/\s{2,}|\t/);
    const number = /^([\d.,]+)/.exec(cells[place] ?? '')?.[1];
    return /^\d/.test(row.trim()) && number !== undefined ? [Number(number.replaceAll(',', ''))] : [];
  });
}
