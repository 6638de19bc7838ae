/** CPU that producers and consumers use, from look to look. */
import { cpuSeconds } from '../../metrics/proc.js';

export class WorkerCpu {
  #used = new Map<number, number>();
  #at: number;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.#at = now();
  }

  /**
   * @param pids of all workers that there are now
   * @returns cores that they used together since the last call; undefined where nothing can be read
   */
  next(pids: readonly number[]): number | undefined {
    const before = { used: this.#used, at: this.#at };
    this.#used = new Map(
      pids.flatMap((pid) => {
        const seconds = cpuSeconds(pid);
        return seconds === undefined ? [] : [[pid, seconds] as const];
      }),
    );
    this.#at = this.now();
    const elapsed = (this.#at - before.at) / 1000;
    if (this.#used.size === 0 || elapsed <= 0) return undefined;
    let grown = 0;
    // A worker that came since has used what it has since then.
    for (const [pid, seconds] of this.#used) grown += seconds - (before.used.get(pid) ?? 0);
    return Math.round((grown / elapsed) * 1000) / 1000;
  }
}
