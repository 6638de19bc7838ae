/** The folder that keeps fetched broker software: private to the user, one writer at a time, whole files only. */
import { createHash } from 'node:crypto';
import { lstat, mkdir, readlink, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import envPaths from 'env-paths';
import { lock } from 'proper-lockfile';
import { BrokerError, InterruptedError, messageOf } from '../../../errors.js';
import { assertPrivate } from '../../private-folder.js';
import type { ProgressStep, StartContext } from '../../provider.js';

/** A holder of the lock refreshes it every few seconds; one that has not for this long is dead. Milliseconds. */
const lockStaleMs = 10_000;
const lockPollMs = 250;

/** Where fetched software is kept: `MQBENCH_CACHE`, else the platform's cache folder. Not created by this. */
export function cachePath(): string {
  const named = process.env['MQBENCH_CACHE'];
  return named === undefined || named === '' ? envPaths('mqbench', { suffix: '' }).cache : resolve(named);
}

/**
 * Creates the cache folder (0700) or checks the one that is there.
 * @returns its absolute path with symbolic links resolved
 * @throws BrokerError `unavailable` when it cannot be made, is not ours, or others may write to it: whoever can
 *   put files there decides what mqbench executes
 */
export async function openCache(): Promise<string> {
  const path = cachePath();
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const folder = await realpath(path);
    const found = await stat(folder);
    if (!found.isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
    assertPrivate(folder, found);
    return folder;
  } catch (error) {
    throw cacheFault(error, path);
  }
}

/**
 * The cache folder where there is one that may be used; creates nothing.
 * @throws BrokerError `unavailable` when the one that is there is not ours, or others may write to it
 */
export async function existingCache(): Promise<string | undefined> {
  const there = await stat(cachePath()).catch((error: NodeJS.ErrnoException) => error);
  return 'code' in there && there.code === 'ENOENT' ? undefined : openCache();
}

/**
 * Says what a file system fault in the cache folder means and what to do; other errors pass unchanged.
 * @param path where it happened, shown when the error names no path itself
 */
export function cacheFault(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const reasons: Record<string, string> = {
    ENOSPC: 'The disk of the cache folder is full.',
    EDQUOT: 'Your disk quota is used up.',
    EROFS: 'The cache folder is on a read-only file system.',
    EACCES: 'The cache folder cannot be written.',
    EPERM: 'The cache folder cannot be written.',
    ENOTDIR: 'The cache folder is not a folder.',
    EEXIST: 'The cache folder is not a folder.',
    ENAMETOOLONG: 'The path of the cache folder is too long.',
    // What Node makes of it when a folder of several levels cannot be made.
    ENOENT: 'The cache folder cannot be made, or went away.',
    EIO: 'The disk of the cache folder reports an error.',
  };
  const reason = code === undefined ? undefined : reasons[code];
  if (reason === undefined) return error;
  return new BrokerError(reason, 'unavailable', {
    where: (error as NodeJS.ErrnoException).path ?? path,
    hint: `${code === 'ENOSPC' || code === 'EDQUOT' ? 'Make room there, or set' : 'Set'} MQBENCH_CACHE to a folder that you can write to.`,
    cause: error,
  });
}

/** What the holder of a slot works with. */
export interface Slot {
  /** An empty folder on the cache's file system, removed when the work ends. Whatever a killed run left is gone. */
  readonly scratch: string;
  /** Aborted with the context's signal, and when the lock was lost to another process. */
  readonly signal: AbortSignal;
}

/**
 * Runs `work` as the only one, over all processes, that fills this slot of the cache. A second caller waits, says
 * so through progress, and must then look again whether there is still anything to do.
 * @param slot short file name of what is fetched, e.g. `maven-kafka`
 * @param what the same for a person, e.g. `Kafka`
 * @throws InterruptedError when the context is aborted; BrokerError `unavailable` for faults of the cache folder
 */
export async function exclusively<T>(
  cache: string,
  slot: string,
  what: string,
  context: StartContext,
  work: (slot: Slot) => Promise<T>,
): Promise<T> {
  const scratch = join(cache, 'work', slot);
  const lost = new AbortController();
  try {
    await mkdir(join(cache, 'work'), { recursive: true, mode: 0o700 });
    const release = await acquire(scratch, what, context, lost);
    try {
      // Away at once and as a whole: whoever lost the lock while it was stopped may go on any moment, and must not move
      // a tree into place of which half is gone.
      const old = `${scratch}.old`;
      await rm(old, { recursive: true, force: true });
      await rename(scratch, old).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
      await mkdir(scratch, { mode: 0o700 });
      await rm(old, { recursive: true, force: true });
      const result = await work({ scratch, signal: AbortSignal.any([context.signal, lost.signal]) });
      lost.signal.throwIfAborted();
      return result;
    } finally {
      // Once the lock is lost the folder is another process's.
      if (!lost.signal.aborted) await rm(scratch, { recursive: true, force: true });
      await release();
    }
  } catch (error) {
    if (context.signal.aborted) throw new InterruptedError();
    if (lost.signal.aborted) throw lost.signal.reason;
    throw cacheFault(error, scratch);
  }
}

async function acquire(
  path: string,
  what: string,
  context: StartContext,
  lost: AbortController,
): Promise<() => Promise<void>> {
  let waiting: ProgressStep | undefined;
  for (;;) {
    if (context.signal.aborted) throw new InterruptedError();
    try {
      const release = await lock(path, {
        realpath: false,
        stale: lockStaleMs,
        onCompromised: (error) =>
          lost.abort(
            new BrokerError('Another mqbench took over the cache folder while this one was stopped.', 'unavailable', {
              where: path,
              hint: 'Run it again.',
              cause: error,
            }),
          ),
      });
      waiting?.done();
      // A lock that was lost has nothing left to release, and that was reported already.
      return () => release().catch(() => undefined);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      waiting ??= context.progress.step(`Waiting for another mqbench that is fetching ${what}`);
      await sleep(lockPollMs, undefined, { signal: context.signal }).catch(() => undefined);
    }
  }
}

/**
 * A path for the same folder without characters that break shell scripts and colon-separated lists (PATH, ERL_LIBS,
 * LD_LIBRARY_PATH): the path itself when it is plain, else a symbolic link in a private folder under the system's
 * temporary folder. The link is small, found again by the next run, and stays.
 * @throws BrokerError `unavailable` when the private folder is someone else's
 */
export async function plainAlias(folder: string): Promise<string> {
  const isPlain = (path: string) => /^[\w@%+=,./-]+$/.test(path);
  if (isPlain(folder)) return folder;
  const temporary = isPlain(tmpdir()) ? tmpdir() : '/tmp';
  const links = join(temporary, `mqbench-links-${userInfo().uid}`);
  try {
    await mkdir(links, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const found = await lstat(links);
    if (!found.isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
    assertPrivate(links, found);
    // Named by what it points to, so that two caches, and two runs at once, never fight over one name.
    const link = join(links, createHash('sha256').update(folder).digest('hex').slice(0, 16));
    await symlink(folder, link).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST' || (await readlink(link)) !== folder) throw error;
    });
    return link;
  } catch (error) {
    if (error instanceof BrokerError) throw error;
    throw new BrokerError(`Cannot make a link to the cache folder: ${messageOf(error)}.`, 'unavailable', {
      where: links,
      hint: 'Set MQBENCH_CACHE to a folder whose path has no spaces, colons or other special characters.',
      cause: error,
    });
  }
}
