/** The figures of a plot as a table. */
import type { Column, TableBlock } from '../document.js';

/** A column of names and other words. */
export const words = (label: string): Column => ({ label, align: 'left' });

/** A column of figures. */
export const figures = (label: string): Column => ({ label, align: 'right' });

/** The table; so many of its leading columns name the row. */
export function tableOf(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  keys: TableBlock['keys'] = 1,
): TableBlock {
  return { kind: 'table', keys, columns, rows: rows.map((row) => row.map((text) => ({ text }))) };
}
