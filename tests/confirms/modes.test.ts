import { describe, expect, it } from 'vitest';
import { confirmModes, modeGuarantee, publishingOf, waitText } from '../../src/confirms/modes.js';

describe('the ways to wait for confirms', () => {
  it('are what a producer does differently', () => {
    expect(Object.fromEntries(confirmModes.map((mode) => [mode, publishingOf(mode, 50)]))).toEqual({
      none: { guarantee: 'at-most-once' },
      'one-by-one': { group: 1 },
      batches: { group: 50 },
      transactions: { group: 50, transactionSize: 50 },
      asynchronous: {},
    });
  });

  it('guarantee what the scenario says, but without confirms', () => {
    expect(confirmModes.map((mode) => modeGuarantee(mode, 'replicated'))).toEqual([
      'at-most-once',
      ...Array.from({ length: 4 }, () => 'replicated'),
    ]);
  });

  it('are told apart in words', () => {
    expect(new Set(confirmModes.map((mode) => waitText(mode, 100, 1_000))).size).toBe(confirmModes.length);
    expect(waitText('asynchronous', 100, 1_000)).toContain('1,000 in flight');
  });
});
