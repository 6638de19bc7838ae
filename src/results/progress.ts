/**
 * progress.json in the folder of a result that is being written: how far its session is, for another process that
 * looks. It goes when the folder gets its name.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { progressFile } from './place.js';
import { clientUseSchema } from './schema.js';

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
  /** What the client libraries say of the time since the look before, and the broker that they speak to. */
  clients: clientUseSchema.extend({ target: z.string(), broker: z.string() }).optional(),
  /** What became of the runs that ended, the last first. */
  ended: z.array(z.strictObject({ cell: z.string(), repetition: z.number().int(), outcome: z.string() })),
});
/** The stage in which nothing is heard: plots are drawn in one go. */
export const drawingStage = 'drawing plots';

export type Progress = z.infer<typeof progressSchema>;

/** Most runs that are kept in the file: it is rewritten once a second. */
export const mostEnded = 20;

/** Whether a folder beside the results is one that is being written, by its name. */
export function isDraft(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.tmp');
}

/** What is in the folder, or undefined where there is nothing to be read. */
export async function readProgress(folder: string): Promise<Progress | undefined> {
  try {
    return progressSchema.safeParse(JSON.parse(await readFile(join(folder, progressFile), 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** What is in every result of a folder that is being written. */
export async function readAllProgress(folder: string): Promise<Progress[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const drafts = names.filter(isDraft).map((name) => readProgress(join(folder, name)));
  return (await Promise.all(drafts)).flatMap((progress) => progress ?? []);
}

/** Takes the file away, where there is one. */
export async function removeProgress(folder: string): Promise<void> {
  await rm(join(folder, progressFile), { force: true }).catch(() => undefined);
}
