/** Lines on stdout: rows of figures, and each figure beside its target. */

/** Prints a head line and returns what prints a row below it. */
export function table(heads: readonly string[]): (cells: readonly string[]) => void {
  const line = (cells: readonly string[]): void =>
    console.log(cells.map((cell, i) => cell.padStart(Math.max(heads[i]?.length ?? 0, 9))).join('   '));
  line(heads);
  return line;
}

/** A figure, its target and whether it is met; never an exit code, because machines differ. */
export function verdict(figure: string, value: string, target: string, met: boolean): void {
  console.log(`${figure}: ${value}; target ${target}: ${met ? 'met' : 'NOT met'}`);
}

export const rate = (perSecond: number): string => Math.round(perSecond).toLocaleString('en');

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** `median (lowest to highest)` in a stated number of digits after the point. */
export function medianRange(values: readonly number[], digits: number): string {
  const text = (value: number): string => value.toFixed(digits);
  return `${text(median(values))} (${text(Math.min(...values))} to ${text(Math.max(...values))})`;
}
