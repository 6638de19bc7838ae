/** Which cells of two results belong together, and which of their runs can be used. Pure. */
import type { Result, RunRecord } from '../results/schema.js';
import { sameQuestion } from '../scenario/cells.js';
import type { Cell as PlannedCell } from '../scenario/types.js';

type Cell = Result['cells'][number];

export interface MatchedCell<A = Cell, B = Cell> {
  readonly a: A;
  readonly b: B;
  /** The cell's id, or both where they differ. */
  readonly label: string;
}

/** The cells of a result or a plan. */
interface Cells<C> {
  readonly cells: readonly C[];
}

/** Cells of the same name; where each side has one target only, those of the same size, axes and rate, whatever the names. */
export function matchCells<A extends PlannedCell, B extends PlannedCell>(
  a: Cells<A>,
  b: Cells<B>,
  letter = 'B',
): { matched: MatchedCell<A, B>[]; unmatched: string[] } {
  const single = ({ cells }: Cells<PlannedCell>): boolean => new Set(cells.map((cell) => cell.target)).size === 1;
  const byQuestion = single(a) && single(b);
  const matched = a.cells.flatMap((cell): MatchedCell<A, B>[] => {
    const other =
      b.cells.find((c) => c.id === cell.id) ?? (byQuestion ? b.cells.find((c) => sameQuestion(c, cell)) : undefined);
    if (other === undefined) return [];
    return [{ a: cell, b: other, label: cell.id === other.id ? cell.id : `${cell.id} → ${other.id}` }];
  });
  const used = new Set<PlannedCell>(matched.flatMap((match) => [match.a, match.b]));
  return {
    matched,
    unmatched: [
      ...a.cells.filter((cell) => !used.has(cell)).map((cell) => `${cell.id} (only in A)`),
      ...b.cells.filter((cell) => !used.has(cell)).map((cell) => `${cell.id} (only in ${letter})`),
    ],
  };
}

/** Whether a run's figures stand, on this side. */
export type Usable = (run: RunRecord, side: Problem['side']) => boolean;

export const isUsable = (run: RunRecord): boolean =>
  run.complete && run.verdict.status === 'ok' && run.figures !== undefined;

/** A cell's runs in the order of their repetitions. */
export function runsOf(result: Result, cellId: string): RunRecord[] {
  return result.runs.filter((run) => run.cell === cellId).sort((x, y) => x.repetition - y.repetition);
}

/** Runs of the same repetition on both sides, both usable, in order. */
export function pairsOf(
  a: readonly RunRecord[],
  b: readonly RunRecord[],
  usable: Usable = isUsable,
): [RunRecord, RunRecord][] {
  const usableB = b.filter((run) => usable(run, 'B'));
  return a.flatMap((run): [RunRecord, RunRecord][] => {
    const other = usable(run, 'A') ? usableB.find(({ repetition }) => repetition === run.repetition) : undefined;
    return other === undefined ? [] : [[run, other]];
  });
}

/**
 * A run that is not `ok`: `failed` broke a promise, `died` did not end, `invalid` cannot be used; the first two speak
 * against a cell whatever its speed.
 */
export interface Problem {
  readonly kind: 'failed' | 'died' | 'invalid';
  readonly side: 'A' | 'B';
  readonly repetition: number;
  /** Which side, which run, and why. */
  readonly text: string;
}

/** Every run that is not `ok`, on either side. */
export function problemsOf(
  sides: readonly { readonly name: Problem['side']; readonly letter?: string; readonly runs: readonly RunRecord[] }[],
  usable: Usable = isUsable,
): Problem[] {
  return sides.flatMap(({ name, letter = name, runs }) =>
    runs.flatMap((run): Problem[] => {
      const why = run.verdict.evidence[0] ?? run.error ?? 'it has no figures';
      const problem = (kind: Problem['kind'], text: string): Problem[] => [
        { kind, side: name, repetition: run.repetition, text: `${letter}, ${run.cell} run ${run.repetition} ${text}` },
      ];
      if (run.verdict.status === 'failed') return problem('failed', `failed: ${why}`);
      if (!run.complete) return problem('died', `did not end: ${run.error ?? why}`);
      return usable(run, name) ? [] : problem('invalid', `is invalid: ${why}`);
    }),
  );
}
