/** Small multiples: one panel a target, with all results in it. */
import { wrapText } from '../font.js';
import type { Scene, Series } from './plot.js';

export interface Panel {
  /** The target's label. */
  readonly label: string;
  readonly series: readonly Series[];
}

/** A panel for each target that has runs with figures. */
export function panelsOf(scene: Scene): Panel[] {
  return scene.targets.map((label) => ({ label, series: scene.series.filter((s) => s.label === label) }));
}

/** What the target's runs measure instead of the broker; by result where that differs. */
export function caveatNotes({ series }: Panel): string[] {
  const counted = series.filter((s) => s.cell.counted.length > 0);
  const caveats = new Set(counted.map((s) => s.cell.caveat));
  if (caveats.size === 1) return [...caveats].filter((caveat) => caveat !== undefined);
  return counted.flatMap((s) => (s.cell.caveat === undefined ? [] : [`${s.letter ?? ''}: ${s.cell.caveat}`]));
}

/** Which result is dashed how, where there are several. */
export function dashNotes({ series }: Panel): string[] {
  const counted = series.filter((s) => s.letter !== undefined && s.cell.counted.length > 0);
  if (counted.length < 2) return [];
  return [counted.map((s) => `${s.letter} ${dashNames[s.resultIndex % dashNames.length]}`).join(', ')];
}

/** The target's name, and under it what must be said there; in lines of at most `width` pixels. */
export function panelTitle({ label }: Panel, width: number, notes: readonly string[]) {
  return {
    text: wrapText(label, width, 12, { bold: true }),
    // An empty subtitle would still take its line.
    ...(notes.length > 0 ? { subtitle: wrapText(notes.join('; '), width, 11) } : {}),
    fontSize: 12,
    fontWeight: 600 as const,
    lineHeight: 15,
    subtitleFontSize: 11,
    subtitleLineHeight: 14,
    subtitlePadding: 2,
    offset: 6,
    frame: 'group' as const,
  };
}

const dashes: readonly number[][] = [[], [5, 3], [2, 3], [9, 3, 2, 3]];
const dashNames = ['solid', 'dashed', 'dotted', 'dash-dot'] as const;

/** Results in one panel differ by dash. */
export function panelDash({ resultIndex }: Series): number[] {
  return dashes[resultIndex % dashes.length] ?? [];
}
