/** `mqbench baseline`: save a result as the standard for later checks, and say what is saved. */
import { baselineFile, readBaseline, saveBaseline } from '../check/baseline.js';
import { isUsable } from '../compare/cells.js';
import type { Result } from '../results/schema.js';
import { readResult } from '../results/store.js';
import { median } from '../stats/summary.js';
import { formatRate } from '../report/format.js';
import { textTable } from './text-table.js';

export interface BaselineFlags {
  readonly file?: string;
  readonly json: boolean;
}

/** @throws UsageError or ResultError for a result that cannot be a baseline */
export async function baselineSave(folder: string, flags: BaselineFlags): Promise<string> {
  const file = flags.file ?? baselineFile;
  const { result } = await saveBaseline(await readResult(folder), file, new Date());
  return flags.json
    ? `${JSON.stringify({ file, result: result.id })}\n`
    : `${file}: ${result.id}\n\n${cellsText(result)}`;
}

/** @throws MqbenchError exit 5 when there is none, or it was changed */
export async function baselineShow(flags: BaselineFlags): Promise<string> {
  const file = flags.file ?? baselineFile;
  const { savedAt, result } = await readBaseline(file);
  if (flags.json) return `${JSON.stringify({ file, savedAt, result })}\n`;
  const { environment: e, scenario } = result;
  return `${[
    `${file}: ${result.id}, saved ${savedAt}`,
    `scenario ${scenario.name}; ${e.cpuModel}, ${e.cores} cores, Node ${e.node}; machine ${e.fingerprint.slice(0, 8)}`,
    '',
    cellsText(result),
  ].join('\n')}`;
}

function cellsText(result: Result): string {
  return textTable(
    ['CELL', 'RUNS', 'MESSAGES/S'],
    result.cells.map(({ id }) => {
      const runs = result.runs.filter((run) => run.cell === id && isUsable(run));
      return [id, String(runs.length), formatRate(median(runs.map((run) => run.figures?.throughput ?? NaN)))];
    }),
    [1, 2],
  );
}
