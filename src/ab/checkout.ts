/** A git checkout beside the working folder, and the command that makes it ready. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { type ExitCode, InterruptedError, MqbenchError, messageOf } from '../errors.js';
import { endGroup, type Leftover, removeLeftover } from '../results/leftovers.js';
import { redact } from '../results/redact.js';
import type { Draft } from '../results/store.js';

const run = promisify(execFile);

export interface Checkout {
  /** The whole repository's folder. */
  readonly root: string;
  /** The same folder of the repository as the working folder, in the checkout. */
  readonly folder: string;
  readonly commit: string;
  /** Removes it. Idempotent. */
  dispose(): Promise<void>;
}

/**
 * Checks a commit out into a temporary folder, which git knows as a worktree.
 * @param failsWith the exit code where that is impossible
 * @param alsoRemove is told what has to go should this process be killed
 */
export async function checkOut(ref: string, failsWith: ExitCode, alsoRemove: Draft['alsoRemove']): Promise<Checkout> {
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
  const checkout: Leftover = { kind: 'checkout', repository: root, folder: parent, tree };
  const forget = alsoRemove(checkout);
  const dispose = async (): Promise<void> => {
    await removeLeftover(checkout);
    forget();
  };
  try {
    await run('git', ['-C', root, 'worktree', 'add', '--detach', tree, commit]);
  } catch (error) {
    await dispose();
    throw new MqbenchError(`${ref} cannot be checked out: ${messageOf(error)}`, {
      exitCode: failsWith,
      where: root,
      hint: `See what \`git worktree add --detach <folder> ${ref}\` says; \`git worktree prune\` forgets folders that are gone.`,
    });
  }
  const inside = relative(await realpath(root), await realpath(process.cwd()));
  return { root: tree, folder: join(tree, inside), commit, dispose };
}

/** How much of a failed command's output is quoted, in characters. */
const quoted = 300;

/**
 * Runs a command in a shell and waits for its end. What it leaves running in the background is ended with it: nothing
 * may run beside the measurement.
 * @param logFile takes what it prints
 * @param grace milliseconds that its processes have to end when they are asked to
 * @throws MqbenchError with `failsWith` when it does not end well; InterruptedError after Ctrl-C
 */
export async function prepare(
  command: string,
  o: {
    readonly folder: string;
    readonly env: Readonly<Record<string, string>>;
    readonly logFile: string;
    readonly failsWith: ExitCode;
    readonly alsoRemove: Draft['alsoRemove'];
    readonly signal: AbortSignal;
    readonly grace?: number;
  },
): Promise<void> {
  if (o.signal.aborted) throw new InterruptedError();
  // The file itself and no pipe: a pipe stays open for as long as anything that the command started runs.
  const log = await open(o.logFile, 'a', 0o600);
  let ended: { code: number | null; killedBy: string | null };
  try {
    ended = await runToItsEnd(command, log.fd, o);
  } catch (error) {
    throw new MqbenchError(`"${redact(command)}" could not be run: ${messageOf(error)}`, {
      exitCode: o.failsWith,
      where: o.folder,
      hint: 'Is the folder there, and can a shell be started?',
    });
  } finally {
    await log.close();
  }
  if (o.signal.aborted) throw new InterruptedError();
  const { code, killedBy } = ended;
  if (code === 0) return;
  const output = (await readFile(o.logFile, 'utf8')).trim();
  throw new MqbenchError(
    `"${redact(command)}" ${killedBy === null ? `ended with ${code ?? 'no code'}` : `was ended by ${killedBy}`}.`,
    {
      exitCode: o.failsWith,
      where: o.folder,
      hint:
        output === ''
          ? 'It printed nothing: run it by hand to see why.'
          : `Its last words: ${redact(output.slice(-quoted).replaceAll('\n', ' '))}`,
    },
  );
}

async function runToItsEnd(
  command: string,
  log: number,
  { folder, env, signal: stop, alsoRemove, grace }: Parameters<typeof prepare>[1],
): Promise<{ code: number | null; killedBy: string | null }> {
  const child = spawn(command, {
    shell: true,
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
    // A group of its own, so that whatever the shell starts can be ended with it.
    detached: true,
  });
  const group = child.pid;
  const forget = group === undefined ? undefined : alsoRemove({ kind: 'group', id: group });
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  const end = async (): Promise<void> => {
    if (group !== undefined) await endGroup(group, grace);
  };
  const interrupt = (): void => void end();
  stop.addEventListener('abort', interrupt, { once: true });
  try {
    const [code, killedBy] = await exited;
    return { code, killedBy };
  } finally {
    stop.removeEventListener('abort', interrupt);
    await end();
    forget?.();
  }
}
