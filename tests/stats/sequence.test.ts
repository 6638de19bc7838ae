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
    for (let n = 0; n < 7; n++) expect(state(times(n, 0.5))).toMatchObject({ phase: 'screen', nextAt: 7, mostAt: 34 });
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
    // All are slower, and not by the margin.
    expect(state([...slow, ...times(7, -0.05)])).toMatchObject({ phase: 'decided', verdict: 'inconclusive' });
  });

  it('lets 14 fresh ones outvote one wild one, and 19 two, where the estimate stays beyond the margin', () => {
    const slow = times(7, -0.22);
    const once = [...slow, 0.9, ...times(6, -0.22)];
    expect(state(once)).toMatchObject({ phase: 'confirm', verdict: 'inconclusive', nextAt: 21, mostAt: 26 });
    expect(state([...once, ...times(6, -0.22)])).toMatchObject({ phase: 'confirm', verdict: 'inconclusive' });
    expect(state([...once, ...times(7, -0.22)])).toMatchObject({ phase: 'decided', verdict: 'regressed', nextAt: 21 });
    const twice = [...once, ...times(6, -0.22), 0.9];
    expect(state(twice)).toMatchObject({ phase: 'confirm', verdict: 'inconclusive', nextAt: 26, mostAt: 26 });
    expect(state([...twice, ...times(5, -0.22)])).toMatchObject({ phase: 'decided', verdict: 'regressed', nextAt: 26 });
    // Three are too many; and so are fewer that leave no loss beyond the margin.
    expect(state([...twice, ...times(4, -0.22), 0.9])).toMatchObject({ phase: 'decided', verdict: 'inconclusive' });
    expect(state([...slow, ...times(4, -0.22), ...times(3, 0.9)])).toMatchObject({
      phase: 'decided',
      verdict: 'inconclusive',
      nextAt: 14,
    });
  });

  it('says the same whatever comes after its decision', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -0.5, max: 0.5, noNaN: true }), { minLength: 34, maxLength: 40 }), (d) => {
        const whole = state(d);
        expect(whole.phase).toBe('decided');
        expect(state(d.slice(0, whole.nextAt))).toEqual(whole);
        if (whole.verdict === 'regressed') expect([7, 14, 19]).toContain(whole.nextAt - whole.suspectedAt!);
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
