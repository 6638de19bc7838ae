/** The columns that name a row, and small helpers for cells. */
import type { Entry } from './entries.js';
import type { CellText, Column } from './document.js';
import { axisColumn, axisValueText, isWorded } from '../scenario/axes.js';
import { sizeText } from '../scenario/sizes.js';
import { formatCount, nothing } from './format.js';
import { pointOf, type Spread } from './model.js';

/** Size, target, each further axis and, where several results are laid over each other, which one. */
export function keyColumns(entries: readonly Entry[]): Column[] {
  const overlay = entries.some((entry) => entry.letter !== undefined);
  return [
    { label: 'Size', align: 'right' },
    { label: 'Target', align: 'left' },
    ...(entries[0]?.axes ?? []).map((name) => ({
      label: axisColumn(name),
      align: isWorded(name) ? ('left' as const) : ('right' as const),
    })),
    ...(entries.some((entry) => entry.rated) ? [{ label: 'Offered/s', align: 'right' } as const] : []),
    ...(overlay ? [{ label: 'Result', align: 'left' } as const] : []),
  ];
}

export function keyCells({ cell, model, letter, rated, axes }: Entry): CellText[] {
  const label = model.targets.find((t) => t.name === cell.target)?.label ?? cell.target;
  return [
    { text: sizeText(cell.size) },
    { text: label, tone: 'strong' },
    // In an overlay a result may not vary what another does.
    ...axes.map((name) => ({ text: axisValueText(pointOf(model.result, cell), name) })),
    ...(rated ? [{ text: cell.ratePerSecond === undefined ? nothing : formatCount(cell.ratePerSecond) }] : []),
    ...(letter === undefined ? [] : [{ text: letter }]),
  ];
}

/** The median, or a dash. */
export function medianCell(
  spread: Spread | undefined,
  format: (value: number) => string,
  tone?: CellText['tone'],
): CellText {
  if (!spread) return { text: nothing, tone: 'dim' };
  return tone === undefined ? { text: format(spread.median) } : { text: format(spread.median), tone };
}

/** Lowest and highest; one figure where they are the same. */
export function rangeCell(spread: Spread | undefined, format: (value: number) => string): CellText {
  if (!spread) return { text: nothing, tone: 'dim' };
  const [low, high] = [format(spread.low), format(spread.high)];
  return { text: low === high ? low : `${low}–${high}`, tone: 'dim' };
}

/** Whether any cell has more than one run, so that there is a range to show. */
export function hasRanges(entries: readonly Entry[]): boolean {
  return entries.some(({ cell }) => cell.counted.length > 1);
}
