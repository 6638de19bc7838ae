/** The rows of tables: cells of one or several results, in one order. */
import type { CellModel, ReportModel } from './model.js';
import { resultLetter } from './wording.js';

/** A row's origin: a cell, and which of the results it comes from. */
export interface Entry {
  readonly model: ReportModel;
  readonly cell: CellModel;
  /** A, B, … where several results are laid over each other. */
  readonly letter: string | undefined;
  /** Some cell of the report has a rate of its own, so each row says which. */
  readonly rated: boolean;
}

/** `brief` for a terminal: evidence only of what needs it. */
export type Detail = 'brief' | 'full';

/** All cells by size, target, rate and result. */
export function entriesOf(models: readonly ReportModel[]): Entry[] {
  const rated = models.some(({ cells }) => cells.some((cell) => cell.ratePerSecond !== undefined));
  const entries = models.flatMap((model, i) =>
    model.cells.map((cell): Entry => ({ model, cell, letter: models.length > 1 ? resultLetter(i) : undefined, rated })),
  );
  const targets = [...new Set(models.flatMap((model) => model.targets.map((t) => t.name)))];
  return entries.toSorted(
    (a, b) =>
      a.cell.sizeBytes - b.cell.sizeBytes ||
      targets.indexOf(a.cell.target) - targets.indexOf(b.cell.target) ||
      (a.cell.ratePerSecond ?? 0) - (b.cell.ratePerSecond ?? 0),
  );
}
