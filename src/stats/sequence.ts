/**
 * The judgement as it goes on: screened at a few looks, and a suspicion confirmed on fresh evidence. A pure function
 * of what was measured, so that it is replayed from a stored result exactly as it was decided.
 *
 * At each look the exact one-sided bounds at the level .01 are held against the margin. Non-inferior ends it with a
 * pass; worse by more than the margin is a suspicion and no verdict. It is confirmed on fresh samples alone: their
 * estimate beyond the margin and their upper bound below 0. Of 7 that takes all seven worse (P = 2⁻⁷ by chance), which
 * one stalled run can spoil; while the estimate stays beyond the margin, 14 and 19 fresh ones may say it instead.
 */
import type { Interval } from './signed-rank.js';
import { type IntervalVerdict, verdictOf } from './verdict.js';

/** Samples (pairs, or runs against a baseline) after which the screen looks. */
export const standardLooks: readonly number[] = [7, 10, 15];
/** How many a person can ask for: fewer show nothing at the level .01 (2⁻⁶ is .016), and more are a day's work. */
export const pairsRange = { min: 7, max: 200 } as const;
/**
 * Fresh samples that can confirm a suspicion: the fewest whose exact signed-rank bound at .01 lies below 0 with none,
 * one and two samples above it, however far.
 */
export const confirmingLooks = [7, 14, 19] as const;
/** The longest confirmation. */
export const mostConfirming = Math.max(...confirmingLooks);

export interface SequenceState {
  readonly phase: 'screen' | 'confirm' | 'decided';
  /** What the evidence says so far; the verdict once decided. Never `regressed` before it is confirmed. */
  readonly verdict: IntervalVerdict;
  /** Over the screen's samples. */
  readonly screened: Interval;
  /** The look that raised the suspicion, in samples; undefined without one. */
  readonly suspectedAt: number | undefined;
  /** Over the confirming samples; undefined before the first. */
  readonly confirmed: Interval | undefined;
  /** Samples in all after which the next decision can fall; the number there are once decided. */
  readonly nextAt: number;
  /** Samples in all that it can take at most. */
  readonly mostAt: number;
}

/**
 * The looks for a cap on the screen's samples: the standard ones up to it, and the cap itself beyond the last. A cap
 * between two of them adds no look, so that the chance of a false pass stays what the standard looks make it.
 * @param cap at least the first look
 */
export function looksUpTo(cap: number): number[] {
  const looks = standardLooks.filter((look) => look <= cap);
  return cap > (standardLooks.at(-1) ?? 0) ? [...looks, cap] : looks;
}

/**
 * Where the sequence stands.
 * @param interval estimate and bounds over the samples from (0-based, inclusive) to (exclusive)
 * @param samples how many there are
 * @param limit loss of benefit that the margin allows
 */
export function sequenceState(
  interval: (from: number, to: number) => Interval,
  samples: number,
  limit: number,
  looks: readonly number[] = standardLooks,
): SequenceState {
  const last = looks.at(-1) ?? 0;
  for (const look of looks) {
    if (samples < look) {
      const screened = interval(0, samples);
      return {
        phase: 'screen',
        verdict: 'inconclusive',
        screened,
        suspectedAt: undefined,
        confirmed: undefined,
        nextAt: look,
        mostAt: last + mostConfirming,
      };
    }
    const screened = interval(0, look);
    const verdict = verdictOf(screened, limit);
    if (verdict === 'regressed') return confirmation(interval, samples, limit, look, screened);
    if (verdict !== 'inconclusive' || look === last)
      return {
        phase: 'decided',
        verdict,
        screened,
        suspectedAt: undefined,
        confirmed: undefined,
        nextAt: look,
        mostAt: look,
      };
  }
  throw new Error('a sequence needs at least one look');
}

function confirmation(
  interval: (from: number, to: number) => Interval,
  samples: number,
  limit: number,
  look: number,
  screened: Interval,
): SequenceState {
  const at = { screened, suspectedAt: look, mostAt: look + mostConfirming };
  for (const more of confirmingLooks) {
    const end = look + more;
    if (samples < end) {
      const confirmed = samples > look ? interval(look, samples) : undefined;
      return { ...at, phase: 'confirm', verdict: 'inconclusive', confirmed, nextAt: end };
    }
    const confirmed = interval(look, end);
    const beyond = confirmed.estimate < -limit;
    if (beyond && confirmed.upper < 0)
      return { ...at, phase: 'decided', verdict: 'regressed', confirmed, nextAt: end, mostAt: end };
    if (!beyond || more === mostConfirming)
      return { ...at, phase: 'decided', verdict: 'inconclusive', confirmed, nextAt: end, mostAt: end };
  }
  throw new Error('a confirmation needs at least one look');
}
