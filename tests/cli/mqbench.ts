/** Runs the mqbench command as a person does, and finds what it leaves behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { packageRoot } from '../../src/root.js';
import { goneWith, processesWith } from './processes.js';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running mqbench; `mark` is in the environment of every process that comes of it. */
export class Mqbench {
  private readonly mark = randomUUID();
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly finished: Promise<Finished>;

  constructor(args: readonly string[], options: { env?: Record<string, string>; cwd: string; ownGroup?: boolean }) {
    this.child = spawn(process.execPath, [join(packageRoot, 'dist', 'cli.js'), ...args], {
      cwd: options.cwd,
      env: { ...process.env, MQBENCH_TEST_MARK: this.mark, NO_COLOR: '1', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: options.ownGroup ?? false,
    });
    this.child.stdout!.on('data', (text: Buffer) => (this.stdout += text.toString()));
    this.child.stderr!.on('data', (text: Buffer) => (this.stderr += text.toString()));
    this.finished = new Promise((resolve) =>
      this.child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr })),
    );
  }

  /** Command lines of processes that came of this command and are still there. */
  left(): string[] {
    return processesWith(this.mark, this.child.pid);
  }

  /** Waits until nothing is left, for so long at most; returns what is. */
  gone(withinMs: number): Promise<string[]> {
    return goneWith(this.mark, withinMs, this.child.pid);
  }

  /** Resolves when stderr or stdout has said this. */
  async says(what: RegExp, withinMs = 180_000): Promise<void> {
    const end = Date.now() + withinMs;
    while (!what.test(this.stderr) && !what.test(this.stdout)) {
      if (Date.now() > end || this.child.exitCode !== null)
        throw new Error(`never said ${String(what)}; stderr:\n${this.stderr}\nstdout:\n${this.stdout}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
