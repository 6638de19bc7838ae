/** `mqbench report`: draws a result again, or lays several over each other. */
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { composeReport } from '../report/compose.js';
import { buildModel } from '../report/model.js';
import { renderTerminal } from '../report/table.js';
import { writeReport } from '../report/write.js';
import { readResult } from '../results/store.js';
import { comparisonName, refuseResult } from './comparison-folder.js';
import { wantsColour } from './print-error.js';

/** What a file or a pipe gets. */
const widthOfAPipe = 100;

export interface ReportContext {
  /** Width of the terminal. */
  readonly columns: number;
  readonly color: boolean;
  readonly progress?: (what: string) => void;
}

/**
 * One folder is redrawn in place, or into `out`; several are laid over each other in `out`, by default a new
 * folder beside the first. No broker and no network is needed.
 * @param folders result folders, or their result.json
 * @returns the text for stdout
 * @throws UsageError without folders, or when a report would replace that of another result
 * @throws ResultError when one cannot be read, StorageError when the report cannot be written
 */
export async function report(
  folders: readonly string[],
  options: { readonly out?: string; readonly signal?: AbortSignal },
  context: ReportContext = terminal(),
): Promise<string> {
  const [first] = folders;
  if (first === undefined) throw new UsageError('No result was named.', { hint: 'mqbench report results/<id>' });
  const results = [];
  for (const folder of folders) results.push(await readResult(folder));
  const own = resolve(first.endsWith('.json') ? dirname(first) : first);
  const target =
    options.out === undefined
      ? results.length === 1
        ? own
        : join(dirname(own), comparisonName(results.map((result) => result.id)))
      : resolve(options.out);
  if (results.length > 1 || target !== own) refuseResult(target);
  const { files } = await writeReport(target, results, {
    ...(context.progress === undefined ? {} : { progress: context.progress }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const text = renderTerminal(composeReport(results.map(buildModel), 'brief'), context);
  return `${text}\n\n${files.length} files written to ${target}; open ${join(target, 'report.html')}`;
}

function terminal(): ReportContext {
  return {
    columns: process.stdout.columns ?? widthOfAPipe,
    color: wantsColour(process.stdout, process.env),
    progress: (what) => void process.stderr.write(`drawing ${what}\n`),
  };
}
