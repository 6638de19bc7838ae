import { describe, expect, it } from 'vitest';
import { pauseOf } from '../../src/metrics/pause.js';
import type { Sample } from '../../src/results/schema.js';
import type { RunLoad } from '../../src/scenario/types.js';

const closed: RunLoad = { kind: 'closed', inFlight: 100 };

/** One sample of half a second for each letter: `.` nothing, `x` something, upper case in the drain. */
function samples(course: string): Sample[] {
  return [...course].map((letter, at) => {
    const count = letter.toLowerCase() === 'x' ? 10 : 0;
    return {
      t: at / 2,
      seconds: 0.5,
      phase: letter === 'X' || letter === ':' ? 'drain' : 'measure',
      sent: count,
      confirmed: count,
      received: count,
      perConsumer: [count],
    };
  });
}

describe('pauseOf', () => {
  it('tells the longest pause and when it began', () => {
    expect(pauseOf(samples('xx.xx......xx....x'), closed)).toMatch(/for 3\.0 s, from 2\.5 s after/);
  });

  it('has nothing to say of a steady run, of short gaps, or of a slow drain', () => {
    expect(pauseOf(samples('xxxxxxxx'), closed)).toBeUndefined();
    expect(pauseOf(samples('xx...xx...xx'), closed)).toBeUndefined();
    expect(pauseOf(samples('xx:::::::X'), closed)).toBeUndefined();
    expect(pauseOf([], closed)).toBeUndefined();
  });

  it('does not take the silence between bursts for a pause', () => {
    const bursts: RunLoad = { kind: 'bursts', perSecond: 100, onSeconds: 1, offSeconds: 3 };
    expect(pauseOf(samples('xx......xx......xx'), bursts)).toBeUndefined();
    expect(pauseOf(samples('xx............xx'), bursts)).toMatch(/6\.0 s/);
  });

  it('does not take a low rate for a pause', () => {
    expect(pauseOf(samples('x......x......x'), { kind: 'rate', perSecond: 0.5 })).toBeUndefined();
    expect(pauseOf(samples('x......x......x'), { kind: 'rate', perSecond: 500 })).toMatch(/3\.0 s/);
  });
});
