/** Whether a cell needs another pair. Pure. */
import type { ComparedCell } from '../compare/compare.js';
import { mostConfirming } from '../stats/sequence.js';
import { mostRepeats } from './record.js';
import type { AbOptions } from './session.js';

/** @param pairs how many were run, usable or not */
export function isDecided(
  cell: ComparedCell | undefined,
  pairs: number,
  { kind, looks, gated }: Pick<AbOptions, 'kind' | 'looks' | 'gated'>,
): boolean {
  if (cell === undefined) return true;
  // What failed or died, and what could not be used again and again, is not made good by more of it.
  if (cell.overruled !== undefined) return true;
  const last = looks.at(-1) ?? 0;
  // No sequence takes longer: whatever is undecided then lacks the figure, and would lack it for ever.
  if (pairs >= last + mostConfirming + mostRepeats) return true;
  if (kind === 'noise') return (cell.metrics[0]?.samples ?? 0) >= last;
  return gated.every((id) => cell.metrics.find((m) => m.metric.id === id)?.sequence?.phase === 'decided');
}
