/** A stored baseline: a result of before, sealed so that nobody edits it unnoticed. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isUsable } from '../compare/cells.js';
import { ExitCode, MqbenchError, messageOf, UsageError } from '../errors.js';
import { type Result, resultSchema } from '../results/schema.js';
import { storeFile } from '../results/store.js';
import { hashOfJson } from '../scenario/canonical-json.js';

/** Where `baseline save` writes and `check` reads. */
export const baselineFile = '.mqbench/baseline.json';
export const baselineVersion = 1;
/** Fewer runs of a cell give no bound at .01 against seven fresh ones (1 ÷ C(10, 3) is .0083, 1 ÷ C(9, 2) .028). */
export const fewestRuns = 3;

const schema = z.strictObject({
  schema: z.literal('mqbench.baseline'),
  version: z.literal(baselineVersion),
  savedAt: z.string(),
  /** SHA-256 over the result as canonical JSON. */
  seal: z.string(),
  result: resultSchema,
});
export type Baseline = z.infer<typeof schema>;

const sealOf = (result: Result): string => hashOfJson(result);

/** Cells that have too few usable runs to be judged against, e.g. "kafka/100B has 2". */
export function thinCells(result: Result): string[] {
  return result.cells.flatMap((cell) => {
    const runs = result.runs.filter((run) => run.cell === cell.id && isUsable(run)).length;
    return runs < fewestRuns ? [`${cell.id} has ${runs}`] : [];
  });
}

/**
 * Saves a result as the baseline, without its samples.
 * @throws UsageError for a result that nothing can be judged against; StorageError
 */
export async function saveBaseline(result: Result, file: string, now: Date): Promise<Baseline> {
  const refuse = (why: string, hint: string): never => {
    throw new UsageError(`${result.id} cannot be a baseline: ${why}.`, { where: result.id, hint });
  };
  if (result.partial)
    refuse(`it is partial (${result.partialReason ?? 'cut off'})`, 'Run the scenario again, to its end.');
  const bad = result.runs.find((run) => run.verdict.status === 'failed');
  if (bad !== undefined)
    refuse(`${bad.cell} run ${bad.repetition} failed`, 'What broke its promise is no standard for anything.');
  const thin = thinCells(result);
  if (result.cells.length === 0 || thin.length > 0)
    refuse(
      `it needs at least ${fewestRuns} usable runs of each cell (${thin.join(', ') || 'it has no cells'})`,
      'Run with --repetitions 10: more runs, narrower bounds.',
    );
  const slim: Result = { ...result, runs: result.runs.map((run) => ({ ...run, samples: [] })) };
  const baseline: Baseline = {
    schema: 'mqbench.baseline',
    version: baselineVersion,
    savedAt: now.toISOString(),
    seal: sealOf(slim),
    result: slim,
  };
  await storeFile('The baseline', file, `${JSON.stringify(baseline)}\n`);
  return baseline;
}

/**
 * Reads a baseline.
 * @throws MqbenchError exit 5 when there is none, or it is not what was saved
 */
export async function readBaseline(file: string): Promise<Baseline> {
  const refuse = (message: string, hint: string): never => {
    throw new MqbenchError(message, { exitCode: ExitCode.baseline, where: file, hint });
  };
  const again = 'Save it again: mqbench baseline save results/<id>.';
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) =>
    refuse(
      error.code === 'ENOENT' ? 'There is no baseline.' : `The baseline cannot be read: ${messageOf(error)}.`,
      'Save one with `mqbench baseline save results/<id>`, or compare two variants in one session with --base.',
    ),
  );
  let data: unknown;
  try {
    data = JSON.parse(text ?? '');
  } catch {
    return refuse('The baseline is not whole.', again);
  }
  const head = z.looseObject({ schema: z.literal('mqbench.baseline'), version: z.number() }).safeParse(data);
  if (!head.success) return refuse('This file is no baseline of mqbench.', again);
  if (head.data.version !== baselineVersion)
    return refuse(`The baseline has format ${head.data.version}, and this mqbench reads ${baselineVersion}.`, again);
  const parsed = schema.safeParse(data);
  if (!parsed.success)
    return refuse(
      `The baseline does not have its shape: ${parsed.error.issues[0]?.path.join('.') ?? ''}: ${parsed.error.issues[0]?.message ?? ''}.`,
      again,
    );
  if (parsed.data.seal !== sealOf(parsed.data.result))
    return refuse('The baseline was changed after it was saved: its seal does not fit.', again);
  return parsed.data;
}
