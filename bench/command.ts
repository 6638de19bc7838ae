/** Runs the mqbench command as a person would, and takes the time. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Timed {
  readonly seconds: number;
  readonly code: number | null;
  readonly stdout: string;
}

/**
 * @param onLine told each line of stderr with the seconds since the start
 * @param env what differs from this process's environment
 */
export function runTimed(
  file: string,
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
    readonly onLine?: (line: string, seconds: number) => void;
  },
): Promise<Timed> {
  const begin = performance.now();
  const since = (): number => (performance.now() - begin) / 1e3;
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: options.signal,
    // mqbench takes everything down again on SIGTERM.
    killSignal: 'SIGTERM',
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  createInterface({ input: child.stderr }).on('line', (line) => options.onLine?.(line, since()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ seconds: since(), code, stdout }));
  });
}
