/** mqbench itself as a suite drives it: servers that stay up, and single runs on them through the code of `mqbench run`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAdapter } from '../dist/brokers/registry.js';
import type { RunRecord } from '../dist/results/schema.js';
import { newOrigin } from '../dist/run/clock.js';
import { runCell } from '../dist/run/run-cell.js';
import { TargetSession } from '../dist/run/target-session.js';
import { parseScenario } from '../dist/scenario/parse.js';
import { buildPlan } from '../dist/scenario/plan.js';
import { runScenario } from '../dist/scenario/run-load.js';
import { resolveTarget } from '../dist/scenario/targets.js';
import { acquireServers } from '../dist/servers/index.js';
import { createProgress } from '../dist/servers/progress.js';
import type { RunningServer, StartContext } from '../dist/servers/provider.js';
import type { SuiteOptions } from './options.js';
import { consumers, inFlight, prefetch } from './settings.js';

/** What one run does; what is left out is as in settings.ts. */
export interface RunShape {
  readonly sizeBytes: number;
  /** So many messages, or as many as go in so many seconds. */
  readonly extent: { readonly messages: number } | { readonly seconds: number };
  /** Messages a second; full speed when absent. */
  readonly rate?: number;
  readonly warmupSeconds?: number;
  readonly consumers?: number;
  readonly seed: number;
  /** Whether the broker is looked at once a second, as in `mqbench run`; true when absent. */
  readonly sampling?: boolean;
}

/** Several targets with their servers up. */
export class Sessions {
  private runNumber = 0;

  private constructor(
    private readonly open: ReadonlyMap<string, TargetSession>,
    private readonly logDir: string,
    private readonly signal: AbortSignal,
    /** In place of what the suites ask for, in seconds. */
    private readonly warmup: number | undefined,
  ) {}

  /** Brings servers up locally, does the work and takes everything down again. */
  static async with(
    names: readonly string[],
    { signal, warmup }: SuiteOptions,
    work: (sessions: Sessions) => Promise<void>,
  ): Promise<void> {
    const targets = await Promise.all(names.map((name) => resolveTarget(name)));
    const logDir = mkdtempSync(join(tmpdir(), 'mqbench-bench-'));
    const servers = await acquireServers(targets, 'local', { ...startContext(signal), env: process.env });
    const open = new Map<string, TargetSession>();
    try {
      for (const target of targets) {
        const server = servers.servers.get(target.name);
        if (!server) throw servers.missing.find((m) => m.target === target.name)?.error ?? new Error(target.name);
        open.set(target.name, await TargetSession.open(target, server, logDir));
      }
      await work(new Sessions(open, logDir, signal, warmup));
    } finally {
      await Promise.all([...open.values()].map((session) => session.close()));
      await servers.stopAll();
      rmSync(logDir, { recursive: true, force: true });
    }
  }

  get(name: string): TargetSession {
    const session = this.open.get(name);
    if (!session) throw new Error(`no session for ${name}`);
    return session;
  }

  /** A second session on a server that is reached at another address, for as long as the work takes. */
  async through(name: string, url: string, work: (session: TargetSession) => Promise<void>): Promise<void> {
    const { target, server } = this.get(name);
    const detour: RunningServer = { ...server, endpoint: { ...server.endpoint, url } };
    const session = await TargetSession.open(target, detour, this.logDir);
    try {
      await work(session);
    } finally {
      await session.close();
    }
  }

  /** A name on the broker that nothing else has. */
  nextDestination(): string {
    return `mqbench-bench-${process.pid}-${this.nextNumber()}`;
  }

  nextNumber(): number {
    return ++this.runNumber;
  }

  get logs(): string {
    return this.logDir;
  }

  /** One run that went well. @throws Error with the verdict's evidence when it did not */
  async run(on: string | TargetSession, shape: RunShape): Promise<RunRecord> {
    const record = await this.tryRun(on, shape);
    if (record.figures === undefined || record.verdict.status !== 'ok')
      throw new Error(`mqbench's run is ${record.verdict.status}: ${record.verdict.evidence.join('; ')}`);
    return record;
  }

  /** One run, whatever its verdict. */
  async tryRun(on: string | TargetSession, shape: RunShape): Promise<RunRecord> {
    this.signal.throwIfAborted();
    const session = typeof on === 'string' ? this.get(on) : on;
    const { extent } = shape;
    const text = JSON.stringify({
      name: 'bench',
      pattern: 'work-queue',
      targets: [session.target.name],
      producers: 1,
      consumers: shape.consumers ?? consumers,
      ...('messages' in extent ? { messages: extent.messages } : { duration: `${extent.seconds}s` }),
      sizes: [`${shape.sizeBytes}B`],
      guarantee: 'at-least-once',
      load: shape.rate === undefined ? { mode: 'full-speed', inFlight } : { rate: `${shape.rate}/s` },
      prefetch,
      repetitions: 1,
      warmup: `${this.warmup ?? shape.warmupSeconds ?? 3}s`,
      drain: '60s',
      pause: '0s',
      seed: shape.seed,
    });
    const scenario = await parseScenario(text, 'bench');
    const adapter = await loadAdapter(session.target.adapter);
    const plan = buildPlan(scenario, new Map([[adapter.id, adapter]]), 'local');
    const planned = plan.runs.find((run) => !run.discard);
    if (!planned) throw new Error(plan.refused[0]?.reason ?? 'nothing is planned');
    return runCell(planned, session, {
      origin: newOrigin(),
      scenario: runScenario(scenario, planned.cell),
      logDir: this.logDir,
      signal: this.signal,
      listener: { stage: () => undefined, progress: () => undefined },
      runNumber: this.nextNumber(),
      sessionId: `bench-${process.pid}`,
      // The record says so, too.
      failed: () => undefined,
      sampling: shape.sampling ?? true,
    });
  }
}

export function startContext(signal: AbortSignal): StartContext {
  return { progress: createProgress(process.stderr), signal };
}

/** Throughput of a run that went well, in messages a second. */
export function throughputOf(record: RunRecord): number {
  return record.figures?.throughput ?? 0;
}
