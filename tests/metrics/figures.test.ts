import { describe, expect, it } from 'vitest';
import { courseEnd, measuredSpan, phaseAt, type RunTimes } from '../../src/metrics/figures.js';

const second = 1e9;
/** Filled from second 100 to 234 of the session; nothing was received. */
const nothingReceived: RunTimes = {
  firstSend: 100 * second,
  lastSend: 233 * second,
  lastConfirm: 234 * second,
  firstReceipt: 0,
  lastReceipt: 0,
};

describe('the measured part', () => {
  it.each(['consume', 'backlog'] as const)('of a filled queue (%s) is from first to last receipt', (work) => {
    const times = { ...nothingReceived, firstReceipt: 240 * second, lastReceipt: 250 * second };
    expect(measuredSpan(work, times)).toEqual({ from: 240 * second, to: 250 * second });
    expect([230, 245].map((at) => phaseAt(at * second, work, times))).toEqual(['fill', 'measure']);
  });

  it.each(['consume', 'backlog'] as const)('begins where the fill ended if nothing came of it (%s)', (work) => {
    expect(measuredSpan(work, nothingReceived)).toEqual({ from: 234 * second, to: 234 * second });
    expect([99, 100, 233, 235].map((at) => phaseAt(at * second, work, nothingReceived))).toEqual([
      'warmup',
      'fill',
      'fill',
      'measure',
    ]);
    expect(courseEnd(work, nothingReceived)).toBe(234 * second);
    // Where nothing is confirmed, the last send is what is known.
    expect(measuredSpan(work, { ...nothingReceived, lastConfirm: 0 }).from).toBe(233 * second);
  });

  it('never ends before it begins', () => {
    expect(measuredSpan('transfer', nothingReceived)).toEqual({ from: 100 * second, to: 100 * second });
  });
});
