/**
 * One run from destination to record: provision, connect, be ready, warm up, measure, drain, verify, clean up.
 * Whatever happens, the workers end and the destination goes.
 */
import { join } from 'node:path';
import type { DestinationSpec } from '../brokers/adapter.js';
import { InterruptedError, messageOf } from '../errors.js';
import { MachineMeter, residentBytes } from '../metrics/machine.js';
import type { RunRecord } from '../results/schema.js';
import type { PlannedRun, Scenario } from '../scenario/types.js';
import { createClock } from './clock.js';
import type { Phase } from './envelope.js';
import type { RunListener } from './live.js';
import type { EventMessage, PhaseExtent, RunOptions, WorkerRecord } from './protocol.js';
import { buildRunRecord } from './run-record.js';
import type { TargetSession } from './target-session.js';
import { WorkerProcess } from './worker-process.js';

export interface RunContext {
  readonly origin: bigint;
  readonly scenario: Scenario;
  readonly logDir: string;
  readonly signal: AbortSignal;
  readonly listener: RunListener;
  /** Marks this run's messages and names its destination; unique in the session. */
  readonly runNumber: number;
  /** Unique to the session, for names on the broker. */
  readonly sessionId: string;
}

/** Time a probe may take to come through once all are ready, in milliseconds. */
const probeTimeoutMs = 15_000;
/** Late duplicates get so long to arrive after the last expected message, in milliseconds. */
const lateMs = 250;

/** Something that ends the run early and stays: a lost connection, a dead worker, Ctrl-C. */
class Abort {
  private readonly rejections: ((error: Error) => void)[] = [];
  error: Error | undefined;

  raise(error: Error): void {
    this.error ??= error;
    for (const reject of this.rejections.splice(0)) reject(error);
  }

  /** `work`, or the abort when that comes first. */
  async race<T>(work: Promise<T>): Promise<T> {
    if (this.error) {
      work.catch(() => undefined);
      throw this.error;
    }
    return new Promise<T>((resolve, reject) => {
      this.rejections.push(reject);
      work.then(resolve, reject);
    });
  }
}

/** Runs one planned run. Never rejects for what the broker or a client does: that is in the record. */
export async function runCell(planned: PlannedRun, target: TargetSession, context: RunContext): Promise<RunRecord> {
  const run = new CellRun(planned, target, context);
  return run.execute();
}

class CellRun {
  private readonly abort = new Abort();
  private readonly incidents = new Map<string, number>();
  private readonly producers: WorkerProcess[] = [];
  private readonly consumers: WorkerProcess[] = [];
  private readonly spec: DestinationSpec;
  private readonly clock;

  constructor(
    private readonly planned: PlannedRun,
    private readonly target: TargetSession,
    private readonly context: RunContext,
  ) {
    this.clock = createClock(context.origin);
    this.spec = {
      name: `mqbench-${context.sessionId}-${context.runNumber}`,
      guarantee: context.scenario.guarantee,
      consumers: context.scenario.consumers,
    };
  }

  async execute(): Promise<RunRecord> {
    const { context, target } = this;
    const startedAt = new Date().toISOString();
    const meter = new MachineMeter(this.clock, target.server.pids);
    const interrupt = (): void => this.abort.raise(new InterruptedError());
    context.signal.addEventListener('abort', interrupt, { once: true });
    if (context.signal.aborted) interrupt();
    void target.gone.then((error) => this.abort.raise(error));

    let error: Error | undefined;
    let created = false;
    try {
      context.listener.stage('provision');
      created = true;
      await this.abort.race(target.control.request('create-destination', { spec: this.spec }));
      context.listener.stage('connect');
      await this.abort.race(this.startWorkers());
      await this.probe();
      context.listener.stage('warm up');
      await this.warmUp();
      await this.measure();
    } catch (caught) {
      error = caught instanceof Error ? caught : new Error(messageOf(caught));
    }
    const brokerRss = residentBytes(target.server.pids);
    const records = await this.collect();
    meter.stop();
    context.listener.stage('clean up');
    const untidy = await this.cleanUp(created);
    context.signal.removeEventListener('abort', interrupt);

    return buildRunRecord({
      planned: this.planned,
      scenario: context.scenario,
      startedAt,
      records,
      meter,
      brokerRss,
      error: error === undefined ? undefined : messageOf(error),
      incidents: [...[...this.incidents].map(([what, n]) => (n === 1 ? what : `${what} (${n} times)`)), ...untidy],
    });
  }

  private readonly onEvent = (event: EventMessage): void => {
    switch (event.type) {
      case 'lost':
        this.abort.raise(new Error(event.error.message));
        break;
      case 'incident':
        this.incidents.set(event.what, (this.incidents.get(event.what) ?? 0) + 1);
        break;
    }
  };

  private async startWorkers(): Promise<void> {
    const { context, planned, target } = this;
    const { scenario } = context;
    const run: RunOptions = {
      origin: context.origin,
      runNumber: context.runNumber,
      seed: scenario.seed,
      sizeBytes: planned.cell.sizeBytes,
      producers: scenario.producers,
      destination: this.spec,
      guarantee: scenario.guarantee,
      load: scenario.load,
      stallMs: scenario.drainSeconds * 1000,
    };
    const log = (name: string): string => join(context.logDir, `run-${context.runNumber}-${name}.log`);
    const starting: Promise<unknown>[] = [];
    for (let index = 0; index < scenario.consumers; index++) {
      const worker = new WorkerProcess(`consumer ${index}`, this.onEvent, log(`consumer-${index}`));
      this.consumers.push(worker);
      const connect = target.connectOptions(`mqbench consumer ${index}`);
      starting.push(worker.request('start-consumer', { connect, run, index, prefetch: scenario.prefetch }));
    }
    for (let index = 0; index < scenario.producers; index++) {
      const worker = new WorkerProcess(`producer ${index}`, this.onEvent, log(`producer-${index}`));
      this.producers.push(worker);
      const connect = target.connectOptions(`mqbench producer ${index}`);
      starting.push(worker.request('start-producer', { connect, run, index }));
    }
    await Promise.all(starting);
  }

  /** A few messages of no consequence: every path from producer to consumer has been used once before time counts. */
  private async probe(): Promise<void> {
    const each = this.context.scenario.consumers;
    await this.sendPhase('probe', { messages: each });
    const expected = each * this.producers.length;
    const arrived = await this.abort.race(this.awaitReceipts('probe', expected, probeTimeoutMs));
    if (!arrived)
      throw new Error(
        `of ${expected} probe messages not all came through within ${probeTimeoutMs / 1000} s of everyone being ready`,
      );
  }

  private async warmUp(): Promise<void> {
    const { warmupSeconds } = this.context.scenario;
    if (warmupSeconds === 0) return;
    const { confirmed } = await this.sendPhase('warmup', { durationNs: warmupSeconds * 1e9 });
    const stallMs = Math.min(10_000, this.context.scenario.drainSeconds * 1000);
    const arrived = await this.abort.race(this.awaitReceipts('warmup', confirmed, stallMs));
    if (!arrived)
      this.onEvent({
        type: 'incident',
        what: 'messages of the warm-up were still missing when the measured part began',
      });
  }

  private async measure(): Promise<void> {
    const { scenario, listener } = this.context;
    await this.abort.race(
      Promise.all([...this.producers, ...this.consumers].map((worker) => worker.request('begin-measure', {}))),
    );
    listener.stage('measure');
    const extent: PhaseExtent =
      scenario.messages === undefined
        ? { durationNs: (scenario.durationSeconds ?? 0) * 1e9 }
        : { messages: scenario.messages };
    const { confirmed } = await this.sendPhase('measure', extent);
    listener.stage('drain');
    await this.abort.race(this.awaitReceipts('measure', confirmed, scenario.drainSeconds * 1000));
    await this.abort.race(new Promise((resolve) => setTimeout(resolve, lateMs)));
  }

  /** All producers send one phase, sharing its messages; resolves when all are settled. */
  private async sendPhase(phase: Phase, extent: PhaseExtent): Promise<{ sent: number; confirmed: number }> {
    const startAt = this.clock.now() + 20e6;
    const n = this.producers.length;
    const watch = phase === 'measure' ? undefined : setInterval(() => void this.tell(phase), 1_000);
    try {
      const answers = await this.abort.race(
        Promise.all(
          this.producers.map((worker, index) => {
            const share: PhaseExtent =
              'messages' in extent && phase !== 'probe'
                ? { messages: Math.floor((extent.messages - index + n - 1) / n) }
                : extent;
            return worker.request('send', { phase, extent: share, startAt }, 0);
          }),
        ),
      );
      return {
        sent: answers.reduce((sum, a) => sum + a.sent, 0),
        confirmed: answers.reduce((sum, a) => sum + a.confirmed, 0),
      };
    } finally {
      clearInterval(watch);
    }
  }

  private async tell(phase: Phase): Promise<void> {
    try {
      const ask = (workers: readonly WorkerProcess[]) =>
        Promise.all(workers.map((worker) => worker.request('progress', {}, 5_000)));
      const [sent, received] = await Promise.all([ask(this.producers), ask(this.consumers)]);
      const sum = (list: typeof sent) => list.reduce((total, p) => total + p.done[phase], 0);
      this.context.listener.progress(sum(sent), sum(received));
    } catch {
      // Only a display; the run itself notices what went wrong.
    }
  }

  /**
   * Waits until so many messages of a phase have arrived.
   * @param stallMs gives up when nothing at all has arrived for so long
   * @returns false when it gave up
   */
  private async awaitReceipts(phase: Phase, expected: number, stallMs: number): Promise<boolean> {
    let activity = -1;
    let lastMove = this.clock.now();
    while (this.abort.error === undefined) {
      const answers = await Promise.all(this.consumers.map((worker) => worker.request('progress', {})));
      if (answers.reduce((sum, a) => sum + a.done[phase], 0) >= expected) return true;
      const total = answers.reduce((sum, a) => sum + a.activity, 0);
      const now = this.clock.now();
      if (total !== activity) lastMove = now;
      else if (now - lastMove > stallMs * 1e6) return false;
      activity = total;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  }

  /** What every worker that still answers has; after an abort the producers stop first. */
  private async collect(): Promise<WorkerRecord[]> {
    if (this.abort.error)
      await Promise.allSettled(this.producers.map((worker) => worker.request('stop-sending', {}, 2_000)));
    const answers = await Promise.allSettled(
      [...this.producers, ...this.consumers].map((worker) => worker.request('collect', {}, 30_000)),
    );
    return answers.flatMap((a) => (a.status === 'fulfilled' ? [a.value] : []));
  }

  private async cleanUp(created: boolean): Promise<string[]> {
    // After an abort nobody waits for acknowledgements that no longer matter.
    const end = (worker: WorkerProcess): Promise<void> => (this.abort.error ? worker.kill() : worker.close());
    await Promise.all(this.producers.map(end));
    await Promise.all(this.consumers.map(end));
    if (!created) return [];
    try {
      await this.target.control.request('delete-destination', { spec: this.spec }, 20_000);
      return [];
    } catch (error) {
      return [`${this.spec.name} could not be deleted from the broker: ${messageOf(error)}`];
    }
  }
}
