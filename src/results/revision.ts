/** The git revision of mqbench itself, where it runs from a checkout. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../root.js';

const run = promisify(execFile);

/** Empty when mqbench is an installed package, or git is not there. */
export async function readRevision(): Promise<{ gitRevision?: string; gitDirty?: boolean }> {
  // Without this an installed package would report the revision of whatever project it is installed in.
  if (!existsSync(join(packageRoot, '.git'))) return {};
  try {
    // Asking must not write: a git that is killed while it refreshes its index leaves the lock in the checkout.
    const git = async (...args: string[]): Promise<string> =>
      (await run('git', ['--no-optional-locks', '-C', packageRoot, ...args], { timeout: 5_000 })).stdout.trim();
    return { gitRevision: await git('rev-parse', 'HEAD'), gitDirty: (await git('status', '--porcelain')) !== '' };
  } catch {
    return {};
  }
}
