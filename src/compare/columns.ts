/** The columns that begin every table of compared figures. */
import type { Column } from '../report/document.js';

/** @param letter of the result that is compared with A */
export function figureColumns(letter: string): readonly Column[] {
  return [
    { label: 'Cell', align: 'left' },
    { label: 'Figure', align: 'left' },
    { label: 'A', align: 'right' },
    { label: letter, align: 'right' },
    { label: `${letter} ÷ A [bounds]`, align: 'right' },
  ];
}
