/**
 * Wakes the event loop at a point in time, to within about 0.1 ms. Node's own timers have a grain of 1 ms,
 * which is more than a broker's latency, and spinning would take a core from the broker: so a thread sleeps
 * (Atomics.wait has the operating system's precision) and sends a message when the time has come.
 */
import { Worker } from 'node:worker_threads';
import type { Clock, Nanoseconds } from './clock.js';

/** Always the compiled entry: a thread cannot run TypeScript. */
const entry = new URL('../../dist/run/wakeup-thread.js', import.meta.url);

/** Shared words: 0 is set to 1 when a time waits in `due`, 1 is never set (the thread sleeps on it). */
export interface WakeupShared {
  readonly state: Int32Array;
  readonly due: Float64Array;
}

export class Wakeup {
  private readonly shared: WakeupShared;
  private readonly thread: Worker;
  private waiting = false;

  constructor(
    private readonly clock: Clock,
    origin: bigint,
    private readonly onDue: () => void,
  ) {
    this.shared = {
      state: new Int32Array(new SharedArrayBuffer(8)),
      due: new Float64Array(new SharedArrayBuffer(8)),
    };
    this.thread = new Worker(entry, {
      workerData: { ...this.shared, origin },
    });
    this.thread.on('message', () => {
      this.waiting = false;
      this.onDue();
    });
    this.thread.unref();
  }

  /** Calls onDue at or just after `due`; one request at a time, a second one before that is ignored. */
  at(due: Nanoseconds): void {
    if (this.waiting) return;
    this.waiting = true;
    // Nearer than a thread switch takes: the next turn of the loop is soon enough.
    if (due - this.clock.now() < 50_000) {
      setImmediate(() => {
        this.waiting = false;
        this.onDue();
      });
      return;
    }
    this.shared.due[0] = due;
    Atomics.store(this.shared.state, 0, 1);
    Atomics.notify(this.shared.state, 0);
  }

  async close(): Promise<void> {
    await this.thread.terminate();
  }
}
