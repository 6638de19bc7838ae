/** What mqbench costs: its throughput ÷ the bare loop's, both on one server, in pairs whose order is drawn. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { newOrigin } from '../dist/run/clock.js';
import { runCell } from '../dist/run/run-cell.js';
import { TargetSession } from '../dist/run/target-session.js';
import { loadAdapter } from '../dist/brokers/registry.js';
import { builtInTargets } from '../dist/scenario/targets.js';
import type { RunScenario } from '../dist/scenario/run-load.js';
import type { Cell, Scenario, Target } from '../dist/scenario/types.js';
import { acquireServers } from '../dist/servers/index.js';
import { createProgress } from '../dist/servers/progress.js';
import { signedRankInterval } from '../dist/stats/signed-rank.js';
import { consumers, inFlight } from './bare/client.js';
import { prefetch } from './bare/rabbitmq.js';
import { runBare } from './bare/run.js';

export interface OverheadOptions {
  readonly target: string;
  readonly sizeBytes: number;
  readonly pairs: number;
  readonly seed: number;
  /** Measured messages a run; undefined for as many as take some five seconds. */
  readonly messages: number | undefined;
  readonly logDir: string;
  readonly signal: AbortSignal;
}

const rate = (perSecond: number): string => Math.round(perSecond).toLocaleString('en').padStart(9);

export async function overhead(o: OverheadOptions): Promise<void> {
  const target = await builtIn(o.target);
  const servers = await acquireServers([target], 'local', {
    progress: createProgress(process.stderr),
    signal: o.signal,
    env: process.env,
  });
  try {
    const server = servers.servers.get(target.name);
    if (!server) throw new Error(servers.missing[0]?.reason ?? `no server for ${o.target}`);
    const session = await TargetSession.open(target, server, o.logDir);
    try {
      await pairs(o, session);
    } finally {
      await session.close();
    }
  } finally {
    await servers.stopAll();
  }
}

/** A built-in target with its adapter's defaults. */
async function builtIn(name: string): Promise<Target> {
  const found = builtInTargets.get(name);
  if (!found) throw new Error(`there is no target ${name}`);
  const options = (await loadAdapter(found.adapter)).options.parse({}) as Target['options'];
  return { name, adapter: found.adapter, server: found.server, url: undefined, options };
}

async function pairs(o: OverheadOptions, session: TargetSession): Promise<void> {
  const warmupSeconds = 3;
  let messages = o.messages ?? 0;
  let runNumber = 0;
  const cell: Cell = { id: `${o.target}/${o.sizeBytes}B`, target: o.target, sizeBytes: o.sizeBytes };
  /** @param extent what to measure: so many messages, or for so long */
  const mqbench = async (
    extent: Pick<Scenario, 'messages' | 'durationSeconds'> = { messages, durationSeconds: undefined },
  ): Promise<number> => {
    runNumber++;
    const scenario: RunScenario = {
      name: 'overhead',
      description: '',
      pattern: 'work-queue',
      work: 'transfer',
      walking: false,
      targets: [session.target],
      producers: 1,
      consumers,
      destinations: 1,
      lateConsumers: undefined,
      ...extent,
      sizes: [o.sizeBytes],
      guarantee: 'at-least-once',
      load: { kind: 'closed', inFlight },
      prefetch,
      repetitions: o.pairs,
      warmupSeconds,
      drainSeconds: 60,
      pauseSeconds: 0,
      seed: o.seed,
    };
    const record = await runCell({ order: runNumber, cell, repetition: runNumber, discard: false }, session, {
      origin: newOrigin(),
      scenario,
      logDir: o.logDir,
      signal: o.signal,
      listener: { stage: () => undefined, progress: () => undefined },
      runNumber,
      sessionId: 'bench',
    });
    if (record.figures === undefined || record.verdict.status !== 'ok')
      throw new Error(`mqbench's run is ${record.verdict.status}: ${record.verdict.evidence.join('; ')}`);
    return record.figures.throughput;
  };
  let warmup = messages;
  const bare = async (): Promise<number> => {
    runNumber++;
    const destination = {
      name: `mqbench-bare-${process.pid}-${runNumber}`,
      guarantee: 'at-least-once' as const,
      consumers,
    };
    await session.control.request('create-destination', { spec: destination });
    try {
      const start = {
        client: o.target,
        endpoint: session.server.endpoint,
        destination: destination.name,
        sizeBytes: o.sizeBytes,
      };
      return await runBare(start, messages, warmup);
    } finally {
      await session.control.request('delete-destination', { spec: destination });
    }
  };

  // Once each, discarded: the server is warm, and the message count fits its speed.
  const first = await mqbench({ messages: undefined, durationSeconds: 2 });
  if (o.messages === undefined) messages = Math.max(20_000, Math.round(first * 5));
  warmup = Math.round(first * warmupSeconds);
  await bare();

  console.log(
    `\n${o.target}, ${o.sizeBytes} B, ${messages.toLocaleString('en')} messages a run, 1 producer, ${consumers} consumers`,
  );
  console.log('pair   bare loop     mqbench   mqbench ÷ bare   order');
  const random = xoroshiro128plus(o.seed);
  const logRatios: number[] = [];
  for (let pair = 1; pair <= o.pairs && !o.signal.aborted; pair++) {
    const bareFirst = uniformInt(random, 0, 1) === 0;
    let a: number;
    let b: number;
    if (bareFirst) {
      a = await bare();
      b = await mqbench();
    } else {
      b = await mqbench();
      a = await bare();
    }
    logRatios.push(Math.log(b / a));
    console.log(
      `${String(pair).padStart(4)}   ${rate(a)}   ${rate(b)}   ${(b / a).toFixed(3).padStart(14)}   ${bareFirst ? 'bare first' : 'mqbench first'}`,
    );
  }
  const { estimate, lower, upper } = signedRankInterval(logRatios, 0.01);
  const show = (x: number): string => (Number.isFinite(x) ? Math.exp(x).toFixed(3) : 'none from so few pairs');
  console.log(
    `Hodges–Lehmann ${show(estimate)}, one-sided 99 % bounds ${show(lower)} and ${show(upper)} (exact signed rank, ${logRatios.length} pairs)`,
  );
}
