import { describe, expect, it } from 'vitest';
import { summarizeTasks } from '../../src/tasks/summary.js';

const weights = { by: 'turn', oddSeconds: 0.04, evenSeconds: 0 } as const;
const worker = (tasks: number, busySeconds: number) => ({ tasks, busyNs: busySeconds * 1e9, mostHeld: 1 });

describe('the work of a run', () => {
  it('is what the weights say, shared evenly, beside what the workers did', () => {
    const summary = summarizeTasks({
      weights,
      sent: [60, 40],
      workers: [worker(50, 2), worker(50, 0.1)],
      firstSend: 1e9,
      lastDone: 3.5e9,
    });
    expect(summary).toMatchObject({ completionSeconds: 2.5, evenSeconds: 1 });
    expect(summary!.workers.map((w) => w.busyShare)).toEqual([0.8, 0.04]);
  });

  it('is nothing where nobody did any', () => {
    expect(summarizeTasks({ weights, sent: [10], workers: [], firstSend: 1, lastDone: 0 })).toBeUndefined();
    expect(
      summarizeTasks({ weights, sent: [10], workers: [worker(0, 0)], firstSend: 1e9, lastDone: 0 }),
    ).toBeUndefined();
  });
});
