import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TaskWorker } from '../../src/tasks/worker.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const now = () => Math.round(performance.now() * 1e6);

describe('a worker', () => {
  it('does one task at a time, each for as long as it weighs, in the order in which they came', async () => {
    const worker = new TaskWorker(now);
    const begin = performance.now();
    const ends: [string, number][] = [];
    const task = (name: string, seconds: number) => ({
      seconds,
      done: () => void ends.push([name, Math.round(performance.now() - begin)]),
    });
    worker.take(task('a', 0.03));
    worker.take(task('b', 0.01));
    worker.take(task('c', 0));
    await vi.advanceTimersByTimeAsync(100);
    worker.take(task('d', 0.02));
    await vi.advanceTimersByTimeAsync(100);
    expect(ends).toEqual([
      ['a', 30],
      ['b', 40],
      ['c', 40],
      ['d', 120],
    ]);
    const { tasks, busyNs, mostHeld } = worker.record();
    expect({ tasks, mostHeld }).toEqual({ tasks: 4, mostHeld: 3 });
    expect(busyNs / 1e6).toBeCloseTo(60, 1);
  });

  it('holds a task for its whole weight when a timer ends early', async () => {
    let clock = 0;
    const worker = new TaskWorker(() => clock);
    const done = vi.fn();
    worker.take({ seconds: 0.01, done });
    clock = 9.6e6;
    await vi.advanceTimersByTimeAsync(10);
    expect(done).not.toHaveBeenCalled();
    clock = 10.7e6;
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toHaveBeenCalledOnce();
    expect(worker.record().busyNs).toBe(10.7e6);
  });

  it('does thousands of tasks without weight without a stack of thousands of calls', async () => {
    vi.useRealTimers();
    const worker = new TaskWorker(now);
    for (let i = 0; i < 20_000; i++) worker.take({ seconds: 0, done: () => undefined });
    while (worker.record().tasks < 20_000) await new Promise((resolve) => setImmediate(resolve));
    expect(worker.record()).toMatchObject({ tasks: 20_000 });
  });

  it('is done with nothing more once it is stopped', async () => {
    const worker = new TaskWorker(now);
    const done = vi.fn();
    worker.take({ seconds: 0.01, done });
    worker.take({ seconds: 0.01, done });
    worker.stop();
    await vi.advanceTimersByTimeAsync(100);
    expect(done).not.toHaveBeenCalled();
  });
});
