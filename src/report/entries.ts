/** The rows of tables: cells of one or several results, in one order. */
import { axesOf, type AxisName, comparePoints } from '../scenario/axes.js';
import { compareSizes } from '../scenario/sizes.js';
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
  /** The further axes of the report, each a column. */
  readonly axes: readonly AxisName[];
}

/** `brief` for a terminal: evidence only of what needs it. */
export type Detail = 'brief' | 'full';

/** All cells by size, target, further axes, rate and result. */
export function entriesOf(models: readonly ReportModel[]): Entry[] {
  const rated = models.some(({ cells }) => cells.some((cell) => cell.ratePerSecond !== undefined));
  const points = models.flatMap(({ cells }) => cells.map((cell) => cell.axes));
  const axes = axesOf(points);
  const byAxes = comparePoints(points);
  const entries = models.flatMap((model, i) =>
    model.cells.map((cell): Entry => ({
      model,
      cell,
      letter: models.length > 1 ? resultLetter(i) : undefined,
      rated,
      axes,
    })),
  );
  const targets = [...new Set(models.flatMap((model) => model.targets.map((t) => t.name)))];
  return entries.toSorted(
    (a, b) =>
      compareSizes(a.cell.size, b.cell.size) ||
      targets.indexOf(a.cell.target) - targets.indexOf(b.cell.target) ||
      byAxes(a.cell.axes, b.cell.axes) ||
      (a.cell.ratePerSecond ?? 0) - (b.cell.ratePerSecond ?? 0),
  );
}
