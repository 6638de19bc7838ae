import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { looksUpTo, sequenceState, type SequenceState } from '../../src/stats/sequence.js';
import { signedRankInterval } from '../../src/stats/signed-rank.js';
import { alpha, limitOf } from '../../src/stats/verdict.js';

const limit = limitOf(0.1, 'higher');
const state = (d: readonly number[], looks?: readonly number[]): SequenceState =>
  sequenceState((from, to) => signedRankInterval(d.slice(from, to), alpha), d.length, limit, looks);
const times = (n: number, value: number): number[] => Array.from({ length: n }, (_, i) => value + i * 1e-6);
/** Neither here nor there: the bounds of any number of these lie on both sides of the margin. */
const unclear = (n: number): number[] => Array.from({ length: n }, (_, i) => -0.1 + (i % 2 === 0 ? 0.1 : -0.1));

describe('the sequence', () => {
  it('does not decide before its first look', () => {
    for (let n = 0; n < 7; n++) expect(state(times(n, 0.5))).toMatchObject({ phase: 'screen', nextAt: 7, mostAt: 22 });
  });

  it('passes at the first look where all seven lie above the margin', () => {
    expect(state(times(7, 0))).toMatchObject({ phase: 'decided', verdict: 'equivalent', nextAt: 7 });
    expect(state(times(7, 0.3))).toMatchObject({ phase: 'decided', verdict: 'improved' });
    expect(state([...times(6, 0), 0.4])).toMatchObject({ phase: 'decided', verdict: 'pass' });
  });

  it('goes on to 10 and 15 where it is unclear, and ends inconclusive', () => {
    expect(state(unclear(7))).toMatchObject({ phase: 'screen', nextAt: 10 });
    expect(state(unclear(10))).toMatchObject({ phase: 'screen', nextAt: 15 });
    expect(state(unclear(15))).toMatchObject({ phase: 'decided', verdict: 'inconclusive', suspectedAt: undefined });
  });

  it('never fails on the screen alone: seven fresh ones must say the same', () => {
    const slow = times(7, -0.22);
    expect(state(slow)).toMatchObject({ phase: 'confirm', verdict: 'inconclusive', suspectedAt: 7, nextAt: 14 });
    expect(state([...slow, ...times(6, -0.22)])).toMatchObject({ phase: 'confirm', verdict: 'inconclusive' });
    expect(state([...slow, ...times(7, -0.22)])).toMatchObject({ phase: 'decided', verdict: 'regressed' });
    // One of the seven is not slower.
    expect(state([...slow, ...times(6, -0.22), 0.01])).toMatchObject({ phase: 'decided', verdict: 'inconclusive' });
    // All are slower, and not by the margin.
    expect(state([...slow, ...times(7, -0.05)])).toMatchObject({ phase: 'decided', verdict: 'inconclusive' });
  });

  it('says the same whatever comes after its decision', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -0.5, max: 0.5, noNaN: true }), { minLength: 22, maxLength: 30 }), (d) => {
        const whole = state(d);
        expect(whole.phase).toBe('decided');
        expect(state(d.slice(0, whole.nextAt))).toEqual(whole);
        if (whole.verdict === 'regressed') expect(whole.suspectedAt).toBe(whole.nextAt - 7);
      }),
    );
  });

  it('takes its looks from the cap', () => {
    expect(looksUpTo(7)).toEqual([7]);
    expect(looksUpTo(12)).toEqual([7, 10]);
    expect(looksUpTo(15)).toEqual([7, 10, 15]);
    expect(looksUpTo(30)).toEqual([7, 10, 15, 30]);
    expect(state(unclear(7), [7])).toMatchObject({ phase: 'decided', verdict: 'inconclusive' });
  });
});
