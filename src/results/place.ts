/** Names in a result folder, and how it gets its own. */
import { rename, rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Name of the file that tells how far a session is; see progress.ts. */
export const progressFile = 'progress.json';

/** The last file that is stored of a paired session; each of its sides has a result.json in a folder of its own. */
export const sessionFile = 'ab.json';

/** The last file that is stored of a run, and of a paired session: a folder with one of them is whole. */
export const wholeWith = ['result.json', sessionFile] as const;

/** A result folder that has no name of its own yet. */
export interface Unnamed {
  /** Where it is, under a temporary name. */
  readonly folder: string;
  /** What it is to be called. */
  readonly final: string;
  /** The outermost of the folders that were made for it to stand in; undefined where all were there. */
  readonly made: string | undefined;
}

/** Removes a folder that gets no name, and what was made for it to stand in as far as nothing else is in there. */
export async function removeUnnamed({ folder, final, made }: Unnamed): Promise<void> {
  // Workers and servers that are about to end may still write their logs.
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  if (made === undefined) return;
  try {
    for (let around = dirname(final); around.length >= made.length; around = dirname(around)) await rmdir(around);
  } catch {
    // Somebody else has put something there, or has removed it as well.
  }
}

/** Names tried when others write into the same place: `name`, `name-2`, … */
const mostNames = 100;

/**
 * Gives a finished folder its name; where something of that name is there already (two runs at once into one
 * folder), the next free one with a number at its end. Nothing is ever replaced.
 * @returns the name that it got
 * @throws the operating system's error
 */
export async function giveName(folder: string, wanted: string): Promise<string> {
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}-${n}`;
    try {
      await rename(folder, name);
      return name;
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      // What rename(2) says when a folder with something in it, or a file, has the name.
      if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(code) || n === mostNames) throw error;
    }
  }
}
