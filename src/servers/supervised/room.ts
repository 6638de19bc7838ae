import { randomBytes } from 'node:crypto';
import { lstat, mkdir, rm, statfs, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { ExitCode, MqbenchError, messageOf } from '../../errors.js';
import type { Launch, Room } from './launch.js';

/** A room that is not made yet: a folder that nobody else names, below the system's for temporary files, and credentials. */
export function planRoom(name: string, ports: readonly number[]): Room {
  const folder = join(tmpdir(), `mqbench-${name}-${secret(9)}`);
  return { folder, ports, username: `mqbench-${secret(4)}`, password: secret(18) };
}

/**
 * Makes the folder, for this user alone.
 * @throws MqbenchError where there can be none
 */
export async function makeRoom({ folder }: Room): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    throw new MqbenchError(`The folder for temporary files cannot be used: ${messageOf(error)}.`, {
      exitCode: ExitCode.environment,
      where: dirname(folder),
      hint: 'Set TMPDIR to a folder that is there, writable and on a disk with room.',
      cause: error,
    });
  });
}

/** Whether this is a folder of ours, made under this name: nothing else may be removed on a record's word. */
export async function isRoom(folder: string, name: string): Promise<boolean> {
  if (!isAbsolute(folder) || !basename(folder).startsWith(`mqbench-${name}-`)) return false;
  const found = await lstat(folder).catch(() => undefined);
  return found !== undefined && found.isDirectory() && found.uid === (process.getuid?.() ?? found.uid);
}

/** Letters, digits, `-` and `_` only: nothing that any configuration format would have to quote. */
export function secret(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}

/** Writes what a launch needs into its room. */
export async function furnish(room: Room, launch: Launch): Promise<void> {
  for (const path of launch.folders) await mkdir(join(room.folder, path), { recursive: true, mode: 0o700 });
  for (const [path, text] of Object.entries(launch.files)) {
    await mkdir(dirname(join(room.folder, path)), { recursive: true, mode: 0o700 });
    await writeFile(join(room.folder, path), text, { mode: 0o600 });
  }
  for (const [path, target] of Object.entries(launch.links)) {
    await mkdir(dirname(join(room.folder, path)), { recursive: true, mode: 0o700 });
    await symlink(target, join(room.folder, path));
  }
}

/** Removes a room; what is being written into it meanwhile is removed too. No error when it is gone already. */
export async function removeRoom(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** f_type of statfs(2) for the file systems where a sync costs something other than on a disk, and common ones. */
const fileSystems: Readonly<Record<number, string>> = {
  0x01021994: 'tmpfs (in memory: a sync to disk costs nothing)',
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x794c7630: 'overlayfs',
  0x6969: 'nfs',
  0x2fc12fc1: 'zfs',
};

/** On what kind of file system a folder lies, since that decides what a sync costs; undefined where unknown. */
export async function fileSystemOf(folder: string): Promise<string | undefined> {
  const { type } = await statfs(folder);
  return fileSystems[type];
}
