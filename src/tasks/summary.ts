/** What the weights of a run's messages came to. */
import type { TasksRecord } from '../results/schema.js';
import { totalSeconds, type Weights } from './weights.js';
import type { TaskCounts } from './worker.js';

export interface TaskMaterial {
  readonly weights: Weights;
  /** Measured messages of each producer. */
  readonly sent: readonly number[];
  readonly workers: readonly TaskCounts[];
  /** On the session's clock, in nanoseconds. */
  readonly firstSend: number;
  readonly lastDone: number;
}

/** Pure; undefined where nothing was done. */
export function summarizeTasks({ weights, sent, workers, firstSend, lastDone }: TaskMaterial): TasksRecord | undefined {
  const completionSeconds = (lastDone - firstSend) / 1e9;
  if (workers.length === 0 || completionSeconds <= 0) return undefined;
  return {
    completionSeconds,
    evenSeconds: sent.reduce((sum, messages) => sum + totalSeconds(weights, messages), 0) / workers.length,
    workers: workers.map(({ tasks, busyNs, mostHeld }) => ({
      tasks,
      busySeconds: busyNs / 1e9,
      busyShare: busyNs / 1e9 / completionSeconds,
      mostHeld,
    })),
  };
}
