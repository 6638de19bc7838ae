/** "Did you mean …?": the valid name closest to what was written. */
import { distance } from 'fastest-levenshtein';

/**
 * The candidate that `written` is most likely a slip of, or undefined when none is near: at most a third of the
 * letters (and at least two) may differ, letter case apart.
 */
export function nearest(written: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(written.length / 3));
  let best: { name: string; distance: number } | undefined;
  for (const name of candidates) {
    const d = distance(written.toLowerCase(), name.toLowerCase());
    // Two slips in a name of two letters are another name.
    if (d > limit || d >= name.length) continue;
    if (!best || d < best.distance) best = { name, distance: d };
  }
  return best?.name;
}

/** A hint that names the nearest candidate, or all of them when none is near. */
export function suggest(written: string, candidates: readonly string[]): string {
  const name = nearest(written, candidates);
  return name === undefined ? `one of: ${candidates.join(', ')}` : `did you mean "${name}"?`;
}
