/** ab.json: how a paired session went, so that its judgement can be replayed from the folder. */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isUsable, type Usable } from '../compare/cells.js';
import { compareResults, type Comparison } from '../compare/compare.js';
import { metricIds } from '../compare/metrics.js';
import { messageOf, ResultError } from '../errors.js';
import { sessionFile } from '../results/place.js';
import type { RunRecord } from '../results/schema.js';
import { readResult } from '../results/store.js';

/** Raised when a reader of an older version could misread the file. */
export const abVersion = 1;

const metricId = z.enum(metricIds);
export const abSchema = z.strictObject({
  schema: z.literal('mqbench.ab'),
  version: z.literal(abVersion),
  id: z.string(),
  /** The command that made it. */
  kind: z.enum(['ab', 'check', 'noise', 'self-test']),
  startedAt: z.string(),
  finishedAt: z.string(),
  /** Paired: both sides in this session. Unpaired: A is a stored baseline. */
  design: z.enum(['paired', 'unpaired']),
  labels: z.strictObject({ A: z.string(), B: z.string() }),
  /** What each side was asked to differ in, without secrets, and the commit of its git ref; of a stored baseline nothing. */
  variants: z
    .strictObject({ A: z.record(z.string(), z.string()).optional(), B: z.record(z.string(), z.string()) })
    .optional(),
  /** Draws the order within each pair and among the cells. */
  seed: z.number().int(),
  looks: z.array(z.number().int().positive()),
  gated: z.array(metricId),
  margins: z.record(metricId, z.number().positive()),
  /** Which side went first, in the order in which the pairs were run. */
  order: z.array(z.strictObject({ cell: z.string(), pair: z.number().int(), first: z.enum(['A', 'B']) })),
  /** B was held back on purpose: missing its schedule does not make its runs unusable. */
  brake: z.boolean(),
  partialReason: z.string().optional(),
});
export type AbRecord = z.infer<typeof abSchema>;

/** So many pairs of a cell that cannot be used are repeated; what died or failed is not. */
export const mostRepeats = 2;

/** Which runs count; of a braked B, every complete one that kept its promise does. */
export function usableIn({ brake }: Pick<AbRecord, 'brake'>): Usable {
  return (run, side) => (brake && side === 'B' ? isBrakedUsable(run) : isUsable(run));
}

function isBrakedUsable(run: RunRecord): boolean {
  return run.complete && run.verdict.status !== 'failed' && run.figures !== undefined;
}

/** The folders of the two sides in a session's folder. */
export const sideFolder = { A: 'a', B: 'b' } as const;

/**
 * Reads a session's folder and judges it again.
 * @returns undefined when the folder is none
 * @throws ResultError when it is damaged
 */
export async function readSession(folder: string): Promise<{ record: AbRecord; comparison: Comparison } | undefined> {
  const file = join(folder, sessionFile);
  try {
    await (await open(file)).close();
  } catch {
    return undefined;
  }
  let data: unknown;
  try {
    data = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new ResultError(`${file} is not whole: ${messageOf(error)}.`, {
      where: file,
      hint: 'Was it cut off while it was copied? Copy the folder again, or measure again.',
    });
  }
  const parsed = abSchema.safeParse(data);
  if (!parsed.success)
    throw new ResultError(
      `${file} does not have the shape of a paired session: ${parsed.error.issues[0]?.path.join('.') ?? ''} ${parsed.error.issues[0]?.message ?? ''}.`,
      {
        where: file,
        hint: 'Was it edited by hand, or written by another version of mqbench?',
      },
    );
  const record = parsed.data;
  const [a, b] = [await readResult(join(folder, sideFolder.A)), await readResult(join(folder, sideFolder.B))];
  return { record, comparison: compareResults(a, b, compareOptions(record)) };
}

/** How the runs of a session are compared. */
export function compareOptions(
  record: Pick<AbRecord, 'design' | 'margins' | 'gated' | 'looks' | 'brake' | 'kind' | 'variants'>,
): Comparison['options'] {
  return {
    design: record.design,
    margins: record.margins,
    // A session that looks for the noise decides nothing on its way.
    ...(record.kind === 'noise' ? {} : { sequential: { metrics: record.gated, looks: record.looks } }),
    usable: usableIn(record),
    mostRepeats,
    ...(record.variants === undefined ? {} : { variants: record.variants }),
  };
}
