/** What a command has outside its result folder while it goes on, and how it is removed. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { signal, waitUntil } from '../servers/supervised/process.js';

const run = promisify(execFile);

export type Leftover =
  /** A git worktree in a temporary folder of its own. */
  | { readonly kind: 'checkout'; readonly repository: string; readonly folder: string; readonly tree: string }
  /** A process group, by its leader's id. */
  | { readonly kind: 'group'; readonly id: number };

/** How long a process group may take to end in good order, in milliseconds. */
const defaultGraceMs = 5_000;

/** Removes it. What is gone already is no error. */
export async function removeLeftover(leftover: Leftover): Promise<void> {
  if (leftover.kind === 'group') return endGroup(leftover.id);
  const { repository, folder, tree } = leftover;
  // Twice: a worktree is locked while it is being made.
  await run('git', ['-C', repository, 'worktree', 'remove', '--force', '--force', tree]).catch(() => undefined);
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** Asks every process of a group to end, and does not ask for long. */
export async function endGroup(id: number, graceMs = defaultGraceMs): Promise<void> {
  if (!signal(-id, 'SIGTERM')) return;
  if (!(await waitUntil(() => !isThere(id), graceMs))) signal(-id, 'SIGKILL');
}

/** Whether a process group has a process; signal 0 only asks (kill(2)). */
function isThere(id: number): boolean {
  try {
    process.kill(-id, 0);
    return true;
  } catch {
    return false;
  }
}
