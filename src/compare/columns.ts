/** The columns that begin every table of compared figures. */
import type { Column } from '../report/document.js';

export const figureColumns: readonly Column[] = [
  { label: 'Cell', align: 'left' },
  { label: 'Figure', align: 'left' },
  { label: 'A', align: 'right' },
  { label: 'B', align: 'right' },
  { label: 'B ÷ A [bounds]', align: 'right' },
];
