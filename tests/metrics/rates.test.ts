import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countBetween, RateSeries, steadyRate } from '../../src/metrics/rates.js';

describe('rate series', () => {
  it('keeps every event however long the run, in bounded memory', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.array(fc.nat(10_000), { maxLength: 400 }), (start, gapsMs) => {
        const series = new RateSeries();
        let now = start * 1e6;
        const times = gapsMs.map((gap) => (now += gap * 1e6));
        for (const time of times) series.add(time);
        const record = series.record();
        expect(record.counts.reduce((a, b) => a + b, 0)).toBe(times.length);
        expect(record.counts.length).toBeLessThanOrEqual(8_192);
        expect(countBetween(record, 0, now + record.widthNs)).toBe(times.length);
        const middle = Math.ceil((start * 1e6 + now) / 2 / record.widthNs) * record.widthNs;
        expect(countBetween(record, 0, middle)).toBe(times.filter((t) => t < middle).length);
      }),
    );
  });

  it('takes the steady rate from the middle, past a slow start and a slow end', () => {
    const series = new RateSeries();
    let now = 0;
    const send = (n: number, perSecond: number): void => {
      for (let i = 0; i < n; i++) series.add((now += 1e9 / perSecond));
    };
    send(1_000, 200);
    send(28_000, 10_000);
    send(1_000, 200);
    const rate = steadyRate([series.record()]);
    expect(rate).toBeGreaterThan(9_800);
    expect(rate).toBeLessThan(10_200);
  });

  it('adds up several workers whose series have different widths', () => {
    const short = new RateSeries();
    const long = new RateSeries();
    for (let t = 0; t < 100_000; t += 10) long.add(t * 1e6); // 100 s at 100/s: joins its buckets
    for (let t = 0; t < 50_000; t += 10) short.add(t * 1e6);
    expect(long.record().widthNs).toBeGreaterThan(short.record().widthNs);
    const rate = steadyRate([short.record(), long.record()]);
    expect(rate).toBeGreaterThan(130);
    expect(rate).toBeLessThan(180);
  });

  it('says 0 when there is nothing to tell', () => {
    expect(steadyRate([new RateSeries().record()])).toBe(0);
  });
});
