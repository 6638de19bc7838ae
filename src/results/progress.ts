/**
 * progress.json in the folder of a result that is being written: how far its session is, for another process that
 * looks. It goes when the folder gets its name.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Name of the file in the folder. */
export const progressFile = 'progress.json';

export const progressSchema = z.strictObject({
  schema: z.literal('mqbench.progress'),
  /** Of the result that is being written. */
  id: z.string(),
  scenario: z.string(),
  /** ISO 8601. */
  updatedAt: z.string(),
  /** The run that is going on, and of how many. */
  place: z.number().int(),
  of: z.number().int(),
  cell: z.string(),
  stage: z.string(),
  /** Messages of the measured part so far; received are unique ones. */
  sent: z.number(),
  received: z.number(),
  /** Messages a second since the look before: received, or sent where nobody receives. */
  perSecond: z.number().optional(),
  /** End to end, under way; an upper bound of the bucket it falls into. */
  p99Seconds: z.number().optional(),
  /** What became of the runs that ended, the last first. */
  ended: z.array(z.strictObject({ cell: z.string(), repetition: z.number().int(), outcome: z.string() })),
});
export type Progress = z.infer<typeof progressSchema>;

/** Most runs that are kept in the file: it is rewritten once a second. */
export const mostEnded = 20;

/** What is in the folder, or undefined where there is nothing to be read. */
export async function readProgress(folder: string): Promise<Progress | undefined> {
  try {
    return progressSchema.safeParse(JSON.parse(await readFile(join(folder, progressFile), 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Takes the file away, where there is one. */
export async function removeProgress(folder: string): Promise<void> {
  await rm(join(folder, progressFile), { force: true }).catch(() => undefined);
}
