/** Runs a program of the system to its end, with its output kept and everything it started ended on an abort. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { InterruptedError } from '../../../errors.js';

export interface CommandOptions {
  readonly signal: AbortSignal;
  /** The command is ended after this long and counts as failed. Milliseconds. */
  readonly timeoutMs: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Lines that the command writes to file descriptor 3. */
  readonly onStatus?: (line: string) => void;
}

export interface CommandResult {
  /** Whether it ended by itself with exit code 0. */
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** More than any command here prints; the rest is dropped. Characters. */
const outputLimit = 4_000_000;

/**
 * Never rejects because of what the command does: a missing program or a failure is `ok: false` with the reason in
 * `stderr`.
 * @throws InterruptedError when the signal is aborted, once the command has ended
 */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  if (options.signal.aborted) throw new InterruptedError();
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // A process group of its own, so that helpers of the command (apt's download methods) end with it.
    detached: true,
    env: { ...process.env, LC_ALL: 'C', ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    if (stdout.length < outputLimit) stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < outputLimit) stderr += text;
  });
  const status = child.stdio[3];
  if (status instanceof Readable) {
    createInterface({ input: status }).on('line', (line) => options.onStatus?.(line));
  }

  let timedOut = false;
  const end = (signal: NodeJS.Signals) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has just ended.
    }
  };
  const timers: NodeJS.Timeout[] = [];
  const endSoon = () => {
    end('SIGTERM');
    timers.push(setTimeout(() => end('SIGKILL'), 3_000));
  };
  timers.push(
    setTimeout(() => {
      timedOut = true;
      endSoon();
    }, options.timeoutMs),
  );
  options.signal.addEventListener('abort', endSoon, { once: true });
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      stderr += error.message;
      resolve(null);
    });
    child.once('close', (exitCode) => resolve(exitCode));
  });
  timers.forEach(clearTimeout);
  options.signal.removeEventListener('abort', endSoon);
  if (options.signal.aborted) throw new InterruptedError();
  if (timedOut) stderr += `\n${file} was ended after ${options.timeoutMs / 1000} s`;
  return { ok: code === 0 && !timedOut, stdout, stderr };
}
