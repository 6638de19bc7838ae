/** Writes how far a session is into its result folder, about once a second, for `mqbench serve`. */
import { join } from 'node:path';
import { latencyBounds, type LatencySoFar } from '../metrics/latency-counts.js';
import { progressFile } from '../results/place.js';
import { mostEnded, type Progress } from '../results/progress.js';
import type { RunRecord } from '../results/schema.js';
import { writeWhole } from '../results/store.js';
import type { LiveSample } from '../run/live.js';
import type { SessionListener } from '../run/session.js';
import type { PlannedRun } from '../scenario/types.js';
import { outcomeText } from './run-outcome.js';

export class ProgressWriter implements SessionListener {
  readonly #path: string;
  #state: Omit<Progress, 'updatedAt'>;
  /** The write under way; what comes meanwhile is written after it, once. */
  #writing: Promise<void> | undefined;
  #again = false;
  #last: { readonly done: number; readonly at: number } | undefined;

  /**
   * @param draft the result's folder while it is being written
   * @param brokers the address of each target's broker
   */
  constructor(
    draft: { readonly id: string; readonly folder: string },
    scenario: string,
    private readonly brokers: ReadonlyMap<string, string>,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#path = join(draft.folder, progressFile);
    this.#state = {
      schema: 'mqbench.progress',
      id: draft.id,
      scenario,
      place: 0,
      of: 0,
      cell: '',
      stage: 'starting',
      sent: 0,
      received: 0,
      ended: [],
    };
    this.#write();
  }

  runBegins(run: PlannedRun, place: number, of: number): void {
    this.begins(run.cell.id, place, of);
  }

  /** @param of 0 where nobody knows how many there will be */
  begins(cell: string, place: number, of: number, stage = 'provision'): void {
    this.#last = undefined;
    this.#set({ place, of, cell, stage, ...noMessages });
  }

  stage(stage: string): void {
    this.#set({ stage });
  }

  progress(): void {
    // The looks at the workers say more.
  }

  sampled(target: string, { workers, sent, received, endToEnd, clientUse }: LiveSample): void {
    // Nobody answered: what was known stays.
    if (workers === 0) return;
    const all = (of: LiveSample['sent']): number => of.warmup + of.measure;
    const done = all(received) > 0 ? all(received) : all(sent);
    const at = this.now();
    const before = this.#last;
    this.#last = { done, at };
    const p99Seconds = quantile(endToEnd, 0.99);
    const broker = this.brokers.get(target);
    this.#set({
      sent: sent.measure,
      received: received.measure,
      ...(before === undefined || at <= before.at
        ? {}
        : { perSecond: Math.max(0, Math.round(((done - before.done) * 1000) / (at - before.at))) }),
      ...(p99Seconds === undefined ? {} : { p99Seconds }),
      clients: broker === undefined || clientUse === undefined ? undefined : { target, broker, ...clientUse },
    });
  }

  runEnds(run: PlannedRun, record: RunRecord): void {
    if (run.discard) this.stage('pause');
    else this.ends(run.cell.id, run.repetition, outcomeText(record));
  }

  ends(cell: string, repetition: number, outcome: string): void {
    this.#set({ stage: 'pause', ended: [{ cell, repetition, outcome }, ...this.#state.ended].slice(0, mostEnded) });
  }

  warn(): void {
    // Told on stderr, and in the result.
  }

  /** Says a last word; nothing is written after it. */
  async end(stage: string): Promise<void> {
    this.#set({ stage, ...noMessages });
    while (this.#writing !== undefined) await this.#writing;
  }

  #set(change: Partial<Progress>): void {
    this.#state = { ...this.#state, ...change };
    this.#write();
  }

  #write(): void {
    if (this.#writing !== undefined) {
      this.#again = true;
      return;
    }
    this.#again = false;
    const text = JSON.stringify({ ...this.#state, updatedAt: new Date().toISOString() });
    // A disk that is full is told by whoever stores the result.
    this.#writing = writeWhole(this.#path, text)
      .catch(() => undefined)
      .then(() => {
        this.#writing = undefined;
        if (this.#again) this.#write();
      });
  }
}

const noMessages = { sent: 0, received: 0, perSecond: undefined, p99Seconds: undefined, clients: undefined };

/** The upper bound of the bucket that holds a quantile; undefined of nothing, or beyond the last bound. */
function quantile({ counts }: LatencySoFar, share: number): number | undefined {
  let left = counts.reduce((sum, n) => sum + n, 0) * share;
  if (left === 0) return undefined;
  for (const [i, n] of counts.entries()) {
    left -= n;
    if (left <= 0) return latencyBounds[i];
  }
  return undefined;
}
