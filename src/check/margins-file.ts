/** What `mqbench noise` found out about a machine, and the margins that fit it. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { defaultMargins, type Margins, metricIds } from '../compare/metrics.js';
import { ExitCode, MqbenchError } from '../errors.js';
import { writeWhole } from '../results/store.js';

/** Where `noise` writes and `check` reads. */
export const marginsFile = '.mqbench/margins.json';

const schema = z.strictObject({
  schema: z.literal('mqbench.margins'),
  version: z.literal(1),
  madeAt: z.string(),
  /** Of the machine; on another one they mean nothing. */
  fingerprint: z.string(),
  pairs: z.number().int(),
  margins: z.record(z.enum(metricIds), z.number().positive().max(0.9)),
  /** Standard deviation of a pair's ln ratio, the largest of all cells. */
  sd: z.record(z.enum(metricIds), z.number().nonnegative()),
});
export type MarginsFile = z.infer<typeof schema>;

export async function writeMargins(found: MarginsFile, file = marginsFile): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeWhole(file, `${JSON.stringify(found, null, 1)}\n`);
}

/**
 * The margins of this machine, else the defaults.
 * @throws MqbenchError exit 5 when there is a file that is none
 */
export async function readMarginsFile(
  fingerprint: string,
  warn: (text: string) => void,
  file = marginsFile,
): Promise<{ margins: Margins; found: MarginsFile | undefined }> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return { margins: defaultMargins, found: undefined };
  const parsed = schema.safeParse(parse(text));
  if (!parsed.success)
    throw new MqbenchError('The margins of this machine cannot be read.', {
      exitCode: ExitCode.baseline,
      where: file,
      hint: 'Remove the file, or make it again with `mqbench noise`.',
    });
  if (parsed.data.fingerprint !== fingerprint) {
    warn(`${file} is of another machine and is not used; run \`mqbench noise\` here`);
    return { margins: defaultMargins, found: undefined };
  }
  return { margins: parsed.data.margins, found: parsed.data };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
