/** Names in a result folder, and how it gets its own. */
import { rename } from 'node:fs/promises';

/** Name of the file that tells how far a session is; see progress.ts. */
export const progressFile = 'progress.json';

/** The last file that is stored of a paired session; each of its sides has a result.json in a folder of its own. */
export const sessionFile = 'ab.json';

/** The last file that is stored of a run, and of a paired session: a folder with one of them is whole. */
export const wholeWith = ['result.json', sessionFile] as const;

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
