/** Whether latency is true: a proxy adds a known delay, and another decoder reads the same percentiles. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { HistogramRecord, RunRecord } from '../../dist/results/schema.js';
import type { Suite, SuiteOptions } from '../options.js';
import { ensurePerfTest } from '../peers/perf-test.js';
import { median, medianRange, table, verdict } from '../print.js';
import { Sessions } from '../sessions.js';
import { decodeWithJava } from './java-decoder.js';
import type { DelayAsk, ProxyAnswer, ProxyAsk } from './proxy-process.js';

const delayMs = 20;
/** A message passes the proxy on its way in and on its way out; so does a message and its confirm. */
const addedMs = 2 * delayMs;
const tolerance = 0.01;
const ratePerSecond = 200;

type Kind = 'endToEnd' | 'publish';
const kinds: readonly Kind[] = ['endToEnd', 'publish'];

export const latency: Suite = {
  summary: 'latency through a proxy with a known delay, and its histograms read by another decoder',
  async run(o) {
    for (const target of o.targets ?? ['memory'])
      await Sessions.with([target], o, (sessions) => throughProxy(target, o, sessions));
  },
};

async function throughProxy(target: string, o: SuiteOptions, sessions: Sessions): Promise<void> {
  const { url } = sessions.get(target).server.endpoint;
  const { hostname, port } = new URL(url);
  const proxy = new ProxyProcess();
  try {
    const listening = await proxy.ask({ host: hostname, port: Number(port) });
    const detour = new URL(url);
    detour.host = `127.0.0.1:${listening.port}`;
    await sessions.through(target, detour.href, async (session) => {
      const shape = {
        sizeBytes: o.sizeBytes,
        extent: { seconds: o.seconds ?? 10 },
        rate: ratePerSecond,
        warmupSeconds: 1,
        consumers: 1,
        seed: o.seed,
      };
      console.log(
        `\n${target} at ${ratePerSecond} messages a second through a proxy, ${delayMs} ms each way and none, in ms`,
      );
      const row = table(['pair', 'held', ...kinds.flatMap((kind) => [`${kind} p50`, 'rise', 'mean rise', 'p99 rise'])]);
      const rises: Record<Kind, number[]> = { endToEnd: [], publish: [] };
      let last: RunRecord | undefined;
      for (let pair = 1; pair <= (o.pairs ?? 5); pair++) {
        await proxy.ask({ delayMs: 0 });
        const without = await sessions.run(session, shape);
        await proxy.ask({ delayMs });
        const withDelay = (last = await sessions.run(session, shape));
        const { heldMs } = await proxy.ask({ delayMs: 0 });
        const cells = kinds.flatMap((kind) => {
          const [before, after] = [histogramOf(without, kind), histogramOf(withDelay, kind)];
          rises[kind].push(after.p50Ms - before.p50Ms);
          const rise = (of: (h: HistogramRecord) => number): string => (of(after) - of(before)).toFixed(3);
          return [after.p50Ms.toFixed(3), rise((h) => h.p50Ms), rise((h) => h.meanMs), rise((h) => h.p99Ms)];
        });
        row([String(pair), heldMs.toFixed(3), ...cells]);
      }
      for (const kind of kinds) {
        const off = Math.abs(median(rises[kind]) / addedMs - 1);
        verdict(
          `${target}, rise of ${kind} latency (p50), ms`,
          medianRange(rises[kind], 3),
          `${addedMs} within ${tolerance * 100} %`,
          off <= tolerance,
        );
      }
      if (last) await readElsewhere(last, o.signal);
    });
  } finally {
    proxy.end();
  }
}

function histogramOf(record: RunRecord, kind: Kind): HistogramRecord {
  if (!record.latency) throw new Error('the run has no latency');
  return record.latency[kind];
}

class ProxyProcess {
  private readonly child: ChildProcess = fork(fileURLToPath(new URL('./proxy-process.js', import.meta.url)), []);

  ask(question: ProxyAsk | DelayAsk): Promise<ProxyAnswer> {
    this.child.send(question);
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void => reject(new Error(`the proxy ended with code ${code}`));
      this.child.once('exit', ended);
      this.child.once('message', (answer: ProxyAnswer) => {
        this.child.off('exit', ended);
        resolve(answer);
      });
    });
  }

  end(): void {
    this.child.disconnect();
  }
}

/** The stored histograms through HdrHistogram's own log processor (Java). */
async function readElsewhere(record: RunRecord, signal: AbortSignal): Promise<void> {
  const { java, hdrHistogramJar } = await ensurePerfTest(signal);
  console.log('\nthe last run with the delay, figures in ms');
  const row = table(['histogram', 'figure', 'mqbench', 'HdrHistogram for Java']);
  let differing = 0;
  for (const kind of kinds) {
    const stored = histogramOf(record, kind);
    const read = await decodeWithJava(java, hdrHistogramJar, stored.hdr, signal);
    const figures: readonly (readonly [string, number, number])[] = [
      ['p50', stored.p50Ms, read.atMs(50)],
      ['p90', stored.p90Ms, read.atMs(90)],
      ['p95', stored.p95Ms, read.atMs(95)],
      ['p99', stored.p99Ms, read.atMs(99)],
      ['p99.9', stored.p999Ms, read.atMs(99.9)],
      ['max', stored.maxMs, read.maxMs],
      ['count', stored.count, read.count],
    ];
    for (const [name, ours, theirs] of figures) {
      row([kind, name, String(ours), String(theirs)]);
      if (ours !== theirs) differing++;
    }
  }
  verdict('figures that another decoder reads otherwise', String(differing), '0', differing === 0);
}
