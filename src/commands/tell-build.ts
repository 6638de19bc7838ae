/** What a gate has to say, where a build is looked at: summary.md and junit.xml, and GitHub's own places. */
import { join } from 'node:path';
import { addStepSummary } from '../check/github.js';
import { StorageError } from '../errors.js';
import { writeWhole } from '../results/store.js';
import { say } from './paired.js';

export interface BuildReport {
  readonly markdown: string;
  readonly junit: string;
  /** For a runner of GitHub, a line each. */
  readonly annotations: string;
}

/**
 * @param folder for the two files; undefined where nobody said where they belong
 * @returns what kept a file from being written, which costs nothing of the rest
 */
export async function tellBuild(
  folder: string | undefined,
  { markdown, junit, annotations }: BuildReport,
): Promise<Error | undefined> {
  let unwritten: Error | undefined;
  if (folder !== undefined)
    try {
      await writeWhole(join(folder, 'summary.md'), markdown);
      await writeWhole(join(folder, 'junit.xml'), junit);
    } catch (error) {
      unwritten = new StorageError('The summary', folder, error);
    }
  await addStepSummary(markdown, process.env, (text) => say(`warning: ${text}`));
  if (process.env['GITHUB_ACTIONS'] === 'true') process.stderr.write(annotations);
  return unwritten;
}
