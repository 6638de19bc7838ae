import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHistogram, highestNs, newHistogram } from '../../src/metrics/histogram.js';
import { LatencyCounts } from '../../src/metrics/latency-counts.js';
import { recordNs } from '../fixtures/histogram.js';

/** The same durations recorded one by one by the library. */
function byLibrary(durations: readonly number[]): string {
  const histogram = newHistogram();
  for (const ns of durations) recordNs(histogram, ns);
  return encodeHistogram(histogram);
}

function byCounts(durations: readonly number[]): string {
  const counts = new LatencyCounts();
  for (const ns of durations) counts.record(ns);
  return counts.encode();
}

/** All magnitudes alike, from below a nanosecond to beyond the hour. */
const duration = fc
  .double({ min: -1, max: Math.log(highestNs) + 1, noNaN: true })
  .map((logarithm) => Math.exp(logarithm));

describe('latency counts', () => {
  it('become the very histogram that the library makes of the same durations', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(duration, duration.map(Math.round))), (durations) => {
        expect(byCounts(durations)).toBe(byLibrary(durations));
      }),
    );
  });

  it('agree with the library on both sides of every border', () => {
    const borders: number[] = [];
    for (let exponent = 0; exponent < 42; exponent++)
      for (const part of [0, 1, 511, 1_023]) borders.push(Math.floor((1 + part / 1_024) * 2 ** exponent));
    const durations = borders.flatMap((border) => [border - 1, border, border + 1]);
    for (const ns of durations) expect(byCounts([ns]), `${ns} ns`).toBe(byLibrary([ns]));
  });

  it('clamp what is out of range', () => {
    const durations = [-5, 0, 0.5, highestNs, highestNs + 1, 1e300, Infinity];
    expect(byCounts(durations)).toBe(byLibrary(durations));
  });
});
