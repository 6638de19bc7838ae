/** A worker that does one task after another: it holds each message for its weight, then is done with it. */

/** A message that waits to be worked on. */
export interface Task {
  readonly seconds: number;
  /** Called when its time is over. */
  done(): void;
}

export interface TaskCounts {
  readonly tasks: number;
  /** Time that tasks were held, in nanoseconds. */
  readonly busyNs: number;
  /** Most messages that were here at once: the one that is worked on and those that wait for it. */
  readonly mostHeld: number;
}

/** So many tasks that are done are forgotten together. */
const keptDone = 1_024;

export class TaskWorker {
  /** From `first` on; what stands before is done. Shifting a long array would move all of it each time. */
  private waiting: Task[] = [];
  private first = 0;
  private busy = false;
  private timer: NodeJS.Timeout | undefined;
  private startedAt = 0;
  private tasks = 0;
  private busyNs = 0;
  private held = 0;
  private mostHeld = 0;

  /** @param now in nanoseconds */
  constructor(private readonly now: () => number) {}

  take(task: Task): void {
    this.waiting.push(task);
    this.held++;
    this.mostHeld = Math.max(this.mostHeld, this.held);
    if (!this.busy) this.next();
  }

  record(): TaskCounts {
    return { tasks: this.tasks, busyNs: this.busyNs, mostHeld: this.mostHeld };
  }

  /** Drops what waits and what is worked on: nobody acknowledges it. */
  stop(): void {
    clearTimeout(this.timer);
    this.waiting = [];
  }

  private next(): void {
    const task = this.waiting[this.first++];
    this.busy = task !== undefined;
    if (task === undefined || this.first >= keptDone) {
      this.waiting = this.waiting.slice(this.first);
      this.first = 0;
    }
    if (task === undefined) return;
    this.startedAt = this.now();
    this.hold(task);
  }

  /** A timer may end a fraction of a millisecond early; the task is then held a little longer. */
  private hold(task: Task): void {
    const heldNs = this.now() - this.startedAt;
    const leftMs = task.seconds * 1_000 - heldNs / 1e6;
    if (leftMs > 0) {
      this.timer = setTimeout(() => this.hold(task), Math.ceil(leftMs));
      return;
    }
    this.tasks++;
    this.busyNs += heldNs;
    this.held--;
    task.done();
    // Not from here: a thousand tasks without weight would be a thousand calls deep.
    setImmediate(() => this.next());
  }
}
