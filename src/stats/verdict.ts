/**
 * What an interval says about a change, against a margin. Everything here is in "benefit": the natural logarithm of
 * the ratio B ÷ A, with its sign turned where less is better, so that more is always better.
 */
import type { Interval } from './signed-rank.js';

/** One-sided level of every bound. */
export const alpha = 0.01;

/** Of two measurements: which way is good. */
export type Better = 'higher' | 'lower';

/** What the interval alone says. */
export type IntervalVerdict =
  /** Not worse by the margin (non-inferior). */
  | 'pass'
  /** Neither worse nor better by the margin. */
  | 'equivalent'
  /** Better for certain, and perhaps by more than the margin. */
  | 'improved'
  /** Worse by more than the margin. */
  | 'regressed'
  | 'inconclusive';

export type Verdict =
  | IntervalVerdict
  /** There is no usable measurement to judge. */
  | 'invalid'
  /** A broker or client broke its promise; no speed makes up for that. */
  | 'failed';

/** Whether a gate lets it through. */
export function passes(verdict: Verdict): boolean {
  return verdict === 'pass' || verdict === 'equivalent' || verdict === 'improved';
}

/**
 * How much benefit may be lost: a margin of 10 % allows a ratio down to 0.9 where more is better, up to 1.1 where
 * less is.
 * @param margin above 0 and, where more is better, below 1
 */
export function limitOf(margin: number, better: Better): number {
  return better === 'higher' ? -Math.log(1 - margin) : Math.log(1 + margin);
}

/** ln(B ÷ A), turned so that more is better. */
export function benefit(a: number, b: number, better: Better): number {
  return better === 'higher' ? Math.log(b / a) : Math.log(a / b);
}

/** The ratio B ÷ A that a benefit stands for. */
export function ratioOf(value: number, better: Better): number {
  return Math.exp(better === 'higher' ? value : -value);
}

/** The verdict of one interval. Pass is non-inferiority: the lower bound lies above minus the limit. */
export function verdictOf({ lower, upper }: Interval, limit: number): IntervalVerdict {
  if (lower > -limit) {
    if (upper < limit) return 'equivalent';
    return lower > 0 ? 'improved' : 'pass';
  }
  return upper < -limit ? 'regressed' : 'inconclusive';
}
