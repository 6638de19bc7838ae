/** Small multiples: one panel a target, with all results in it. */
import type { Scene, Series } from './plot.js';
import { ink } from './theme.js';

export interface Panel {
  /** The target's label. */
  readonly label: string;
  readonly series: readonly Series[];
  /** What its runs measure instead of the broker, if they do. */
  readonly caveat: string | undefined;
}

/** A panel for each target that has runs with figures. */
export function panelsOf(scene: Scene): Panel[] {
  return scene.targets.map((label) => {
    const series = scene.series.filter((s) => s.label === label);
    return { label, series, caveat: series.find((s) => s.cell.caveat !== undefined)?.cell.caveat };
  });
}

/** Name, what must be said beside it, and which result is dashed how. */
export function panelTitle(panel: Panel, addition?: string) {
  const notes = [panel.caveat, addition].filter((note) => note !== undefined);
  const letters = panel.series.filter((s) => s.letter !== undefined && s.cell.counted.length > 0);
  if (letters.length > 1)
    notes.push(letters.map((s) => `${s.letter} ${dashNames[s.resultIndex % dashNames.length]}`).join(', '));
  const text = notes.length > 0 ? `${panel.label}: ${notes.join('; ')}` : panel.label;
  return { text, fontSize: 12, fontWeight: 600, color: ink, offset: 6, frame: 'group', anchor: 'start' } as const;
}

const dashes: readonly number[][] = [[], [5, 3], [2, 3], [9, 3, 2, 3]];
const dashNames = ['solid', 'dashed', 'dotted', 'dash-dot'] as const;

/** Results in one panel differ by dash. */
export function panelDash({ resultIndex }: Series): number[] {
  return dashes[resultIndex % dashes.length] ?? [];
}
