/** What the broker did in a run, beside what went through it: from the stored samples. Pure. */
import type { BrokerSampleRecord, RunRecord, Sample } from '../results/schema.js';
import { type CellModel, counts } from './model.js';

/** Messages that a queue holds, or that a consumer group has still to commit; undefined where the broker tells neither. */
export function depthOf({ lag, ready, unacknowledged }: BrokerSampleRecord): number | undefined {
  return lag ?? (ready === undefined ? undefined : ready + (unacknowledged ?? 0));
}

/** True while the broker blocked publishers or held clients up. */
export function isHeldUp({ memoryAlarm, diskAlarm, heldUp = 0 }: BrokerSampleRecord): boolean {
  return memoryAlarm === true || diskAlarm === true || heldUp > 0;
}

/** A part of a run. */
export interface PhaseSpan {
  readonly phase: Sample['phase'];
  /** Seconds since the measured part began. */
  readonly from: number;
  readonly to: number;
}

/** The parts of a run in their order. */
export function phasesOf({ samples }: RunRecord): PhaseSpan[] {
  const spans: PhaseSpan[] = [];
  for (const { phase, t, seconds } of samples) {
    const last = spans.at(-1);
    const to = Number((t + seconds).toFixed(3));
    if (last?.phase === phase) spans[spans.length - 1] = { ...last, to };
    else spans.push({ phase, from: t, to });
  }
  return spans;
}

/**
 * The run of a cell whose broker is shown: the one in the middle by throughput of those that count, else of all that
 * were sampled.
 */
export function shownRun({ runs }: CellModel): RunRecord | undefined {
  const sampled = runs.filter((run) => (run.broker?.samples.length ?? 0) > 0 && run.samples.length > 1);
  const counted = sampled.filter(counts);
  return middleRun(counted.length > 0 ? counted : sampled);
}

/** The run in the middle by throughput; of an even number the slower of the two. */
export function middleRun(runs: readonly RunRecord[]): RunRecord | undefined {
  const sorted = runs.toSorted((a, b) => (a.figures?.throughput ?? 0) - (b.figures?.throughput ?? 0));
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
