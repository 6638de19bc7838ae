/**
 * What `mqbench noise` found out about a machine, cell by cell, and the margins that fit. What was seen of one cell says
 * nothing of another, nor of another scenario.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { questionDigest } from '../compare/comparability.js';
import { defaultMargins, type Margins, type MetricId, metricIds } from '../compare/metrics.js';
import { marginText } from '../compare/wording.js';
import { ExitCode, MqbenchError } from '../errors.js';
import { plural } from '../plural.js';
import type { Result } from '../results/schema.js';
import { storeFile } from '../results/store.js';

/** Where `noise` writes and `check` reads. */
export const marginsFile = '.mqbench/margins.json';

const metricId = z.enum(metricIds);
const cellSchema = z.strictObject({
  /** The scenario's name, for a person. */
  scenario: z.string(),
  /** Digest of its question, without what may differ between two that are compared. */
  question: z.string(),
  cell: z.string(),
  madeAt: z.string(),
  pairs: z.number().int(),
  /** Of the figures that its runs have. */
  margins: z.partialRecord(metricId, z.number().positive().max(0.9)),
  /** Standard deviation of a pair's ln ratio. */
  sd: z.partialRecord(metricId, z.number().nonnegative()),
});
export type CellNoise = z.infer<typeof cellSchema>;

const schema = z.strictObject({
  schema: z.literal('mqbench.margins'),
  version: z.literal(2),
  /** Of the machine; on another one they mean nothing. */
  fingerprint: z.string(),
  cells: z.array(cellSchema),
});

/**
 * Adds what was found out; of other cells and scenarios the file keeps what it has, of another machine nothing.
 * @throws StorageError
 */
export async function writeMargins(
  fingerprint: string,
  found: readonly CellNoise[],
  file = marginsFile,
): Promise<void> {
  const before = schema.safeParse(parse(await readFile(file, 'utf8').catch(() => '')));
  const kept = before.success && before.data.fingerprint === fingerprint ? before.data.cells : [];
  const isNew = ({ question, cell }: CellNoise): boolean =>
    found.some((one) => one.question === question && one.cell === cell);
  const cells = [...kept.filter((one) => !isNew(one)), ...found];
  const text = JSON.stringify({ schema: 'mqbench.margins', version: 2, fingerprint, cells }, null, 1);
  await storeFile('What was found out', file, `${text}\n`);
}

/** What a gate asks about. */
export interface Asked {
  readonly fingerprint: string;
  readonly scenario: Result['scenario'];
  /** Ids. */
  readonly cells: readonly string[];
}

/** The margins of a gate, and where they come from. */
export interface FoundMargins {
  /** The widest that any of its cells needs, and never below the default. */
  readonly margins: Margins;
  /** The largest of its cells; of what was never measured nothing is known. */
  readonly sds: Readonly<Partial<Record<MetricId, number>>>;
  /** Each figure's margin with its origin, e.g. "12 % (noise of kafka/1000B, 10 pairs of 2026-11-21)". */
  readonly originOf: (id: MetricId) => string;
  /** Cells of which no noise is known. */
  readonly unknown: readonly string[];
}

/**
 * The margins of this machine for the cells that are asked about, else the defaults.
 * @throws MqbenchError exit 5 when there is a file that is none
 */
export async function readMarginsFile(
  { fingerprint, scenario, cells }: Asked,
  warn: (text: string) => void,
  file = marginsFile,
): Promise<FoundMargins> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const parsed = text === undefined ? undefined : schema.safeParse(parse(text));
  if (parsed?.success === false)
    throw new MqbenchError('The margins of this machine cannot be read.', {
      exitCode: ExitCode.baseline,
      where: file,
      hint: 'Remove the file, or make it again with `mqbench noise`.',
    });
  const ofOther = parsed !== undefined && parsed.data.fingerprint !== fingerprint;
  if (ofOther) warn(`${file} is of another machine and is not used; run \`mqbench noise\` here`);
  const question = questionDigest(scenario);
  const known = (ofOther ? [] : (parsed?.data.cells ?? [])).filter(
    (one) => one.question === question && cells.includes(one.cell),
  );
  const widest = (id: MetricId): CellNoise | undefined =>
    known
      .filter(({ margins }) => (margins[id] ?? 0) > defaultMargins[id])
      .sort((x, y) => (y.margins[id] ?? 0) - (x.margins[id] ?? 0))[0];
  const margins = Object.fromEntries(
    metricIds.map((id) => [id, widest(id)?.margins[id] ?? defaultMargins[id]]),
  ) as Record<MetricId, number>;
  const sds: Partial<Record<MetricId, number>> = {};
  for (const id of metricIds) {
    const seen = known.flatMap(({ sd }) => sd[id] ?? []);
    if (seen.length > 0) sds[id] = Math.max(...seen);
  }
  return {
    margins,
    sds,
    originOf: (id) => {
      const by = widest(id);
      const origin =
        by === undefined ? 'default' : `noise of ${by.cell}, ${plural(by.pairs, 'pair')} of ${by.madeAt.slice(0, 10)}`;
      return `${marginText(margins[id])} (${origin})`;
    },
    unknown: cells.filter((id) => !known.some(({ cell }) => cell === id)),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
