/** A git checkout beside the working folder, and the command that makes it ready. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { type ExitCode, InterruptedError, MqbenchError, messageOf } from '../errors.js';

const run = promisify(execFile);

export interface Checkout {
  /** The same folder of the repository as the working folder, in the checkout. */
  readonly folder: string;
  readonly commit: string;
  /** Removes it. Idempotent. */
  dispose(): Promise<void>;
}

/**
 * Checks a commit out into a temporary folder, which git knows as a worktree.
 * @param failsWith the exit code where that is impossible
 */
export async function checkOut(ref: string, failsWith: ExitCode): Promise<Checkout> {
  const git = async (...args: string[]): Promise<string> => (await run('git', args)).stdout.trim();
  let root: string;
  let commit: string;
  try {
    root = await git('rev-parse', '--show-toplevel');
    commit = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`);
  } catch {
    throw new MqbenchError(`There is no git commit "${ref}" here.`, {
      exitCode: failsWith,
      where: process.cwd(),
      hint: 'Fetch it first; in CI, check out with the whole history (fetch-depth: 0).',
    });
  }
  const parent = await mkdtemp(join(tmpdir(), 'mqbench-ref-'));
  const tree = join(parent, 'tree');
  const dispose = async (): Promise<void> => {
    await run('git', ['-C', root, 'worktree', 'remove', '--force', tree]).catch(() => undefined);
    await rm(parent, { recursive: true, force: true });
  };
  try {
    await run('git', ['-C', root, 'worktree', 'add', '--detach', tree, commit]);
  } catch (error) {
    await dispose();
    throw new MqbenchError(`${ref} cannot be checked out: ${messageOf(error)}`, { exitCode: failsWith, where: root });
  }
  const inside = relative(await realpath(root), await realpath(process.cwd()));
  return { folder: join(tree, inside), commit, dispose };
}

/** How much of a failed command's output is quoted, in characters. */
const quoted = 300;

/**
 * Runs a command in a shell and waits for its end.
 * @param logFile takes what it prints
 * @throws MqbenchError with `failsWith` when it does not end well; InterruptedError after Ctrl-C
 */
export async function prepare(
  command: string,
  o: {
    readonly folder: string;
    readonly env: Readonly<Record<string, string>>;
    readonly logFile: string;
    readonly failsWith: ExitCode;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const log = createWriteStream(o.logFile, { flags: 'a', mode: 0o600 });
  const child = spawn(command, {
    shell: true,
    cwd: o.folder,
    env: { ...process.env, ...o.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  // Whatever the shell started ends with it.
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It is gone already.
    }
  };
  o.signal.addEventListener('abort', kill, { once: true });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  try {
    const [code, killedBy] = (await once(child, 'close')) as [number | null, string | null];
    log.end();
    await once(log, 'finish');
    if (o.signal.aborted) throw new InterruptedError();
    if (code === 0) return;
    const output = (await readFile(o.logFile, 'utf8')).trim();
    throw new MqbenchError(
      `"${command}" ${killedBy === null ? `ended with ${code ?? 'no code'}` : `was ended by ${killedBy}`}.`,
      {
        exitCode: o.failsWith,
        where: o.folder,
        ...(output === '' ? {} : { hint: `Its last words: ${output.slice(-quoted).replaceAll('\n', ' ')}` }),
      },
    );
  } catch (error) {
    if (error instanceof MqbenchError) throw error;
    throw new MqbenchError(`"${command}" could not be run: ${messageOf(error)}`, {
      exitCode: o.failsWith,
      where: o.folder,
    });
  } finally {
    o.signal.removeEventListener('abort', kill);
  }
}
