/** Schedules as they are drawn, without a clock: counts, order, rates, and the distribution of Poisson's gaps. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanRate, type OpenLoad, peakRate, timeOf, warmupLoad } from '../../../src/run/arrivals/curve.js';
import { mix, schedule } from '../../../src/run/arrivals/schedule.js';

const rate = fc.integer({ min: 1, max: 1_000_000 });
const seconds = fc.integer({ min: 1, max: 600 });
const load: fc.Arbitrary<OpenLoad> = fc.oneof(
  rate.map((perSecond) => ({ kind: 'rate' as const, perSecond })),
  fc.record({ kind: fc.constant('ramp' as const), fromPerSecond: rate, toPerSecond: rate, overSeconds: seconds }),
  fc.record({ kind: fc.constant('bursts' as const), perSecond: rate, onSeconds: seconds, offSeconds: seconds }),
);
const anyLoad: fc.Arbitrary<OpenLoad> = fc
  .tuple(load, fc.boolean())
  .map(([of, poisson]) => (poisson ? { ...of, arrivals: 'poisson' as const } : of));
const producers = fc.integer({ min: 1, max: 7 });

/** The first so many times of all producers together, in order. */
function together(of: OpenLoad, producers: number, each: number, seed = 1): number[] {
  const times: number[] = [];
  for (let index = 0; index < producers; index++) {
    const next = schedule(of, { index, producers }, seed);
    for (let i = 0; i < each; i++) times.push(next());
  }
  return times.sort((a, b) => a - b);
}

/** How many messages all producers have due before a time. */
function dueBefore(of: OpenLoad, producers: number, endSeconds: number, seed = 1): number {
  let count = 0;
  for (let index = 0; index < producers; index++) {
    const next = schedule(of, { index, producers }, seed);
    while (next() < endSeconds * 1e9) count++;
  }
  return count;
}

describe('every schedule', () => {
  it('never goes backwards, begins at 0 or later and is the same for the same seed', () => {
    fc.assert(
      fc.property(anyLoad, producers, fc.integer(), (of, producers, seed) => {
        for (let index = 0; index < producers; index++) {
          const one = schedule(of, { index, producers }, seed);
          const again = schedule(of, { index, producers }, seed);
          let before = 0;
          for (let i = 0; i < 200; i++) {
            const at = one();
            expect(at).toBeGreaterThanOrEqual(before);
            expect(again()).toBe(at);
            before = at;
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has the same times, dealt out in turn, however many producers share it', () => {
    fc.assert(
      fc.property(load, producers, (of, producers) => {
        expect(together(of, producers, 50)).toEqual(together(of, 1, 50 * producers));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a constant rate', () => {
  it('has exactly rate × seconds messages, whoever sends them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 20 }), producers, (perSecond, s, p) => {
        expect(dueBefore({ kind: 'rate', perSecond }, p, s)).toBe(perSecond * s);
      }),
      { numRuns: 40 },
    );
  });

  it('has even distances', () => {
    expect(together({ kind: 'rate', perSecond: 4 }, 2, 3)).toEqual([0, 0.25e9, 0.5e9, 0.75e9, 1e9, 1.25e9]);
  });
});

describe('a ramp', () => {
  const ramp: OpenLoad = { kind: 'ramp', fromPerSecond: 100, toPerSecond: 900, overSeconds: 10 };

  it('sends the area under the curve, then goes on at the rate where it ended', () => {
    expect(dueBefore(ramp, 1, 10)).toBe(5_000);
    expect(dueBefore(ramp, 3, 12)).toBe(5_000 + 2 * 900);
  });

  it('has at each time the rate that it should have, downwards too', () => {
    fc.assert(
      fc.property(rate, rate, seconds, fc.double({ min: 0.05, max: 0.95, noNaN: true }), (a, b, over, share) => {
        const at = timeOf({ kind: 'ramp', fromPerSecond: a, toPerSecond: b, overSeconds: over });
        const t = over * share;
        const due = a * t + (((b - a) / over) * t * t) / 2;
        expect(at(due) / 1e9).toBeCloseTo(t, 5);
      }),
    );
  });

  it('is not climbed in the warm-up', () => {
    expect(warmupLoad({ ...ramp, arrivals: 'poisson' })).toEqual({
      kind: 'rate',
      perSecond: 100,
      arrivals: 'poisson',
    });
  });
});

describe('bursts', () => {
  const bursts: OpenLoad = { kind: 'bursts', perSecond: 1_000, onSeconds: 0.5, offSeconds: 1.5 };

  it('send at their rate while on and nothing while off', () => {
    const times = together(bursts, 2, 1_000);
    expect(times.every((at) => (at / 1e9) % 2 < 0.5)).toBe(true);
    expect(dueBefore(bursts, 1, 0.5)).toBe(500);
    expect(dueBefore(bursts, 1, 2)).toBe(500);
    expect(dueBefore(bursts, 3, 6)).toBe(1_500);
  });
});

describe('Poisson arrivals', () => {
  const poisson = (perSecond: number): OpenLoad => ({ kind: 'rate', perSecond, arrivals: 'poisson' });

  it.each([1, 4])('of %i producers together have exponential gaps of the stated rate', (producers) => {
    const n = 20_000;
    const times = together(poisson(500), producers, n / producers, 7);
    // The last ones of a producer that ran ahead stand alone.
    const gaps = times.slice(1, n * 0.9).map((at, i) => (at - (times[i] as number)) / 1e9);
    const mean = gaps.reduce((a, b) => a + b) / gaps.length;
    expect(mean * 500).toBeGreaterThan(0.96);
    expect(mean * 500).toBeLessThan(1.04);
    // Kolmogorov and Smirnov's distance from 1 − e^(−500 t); 1.95 ÷ √n is passed by chance once in 1,000 seeds.
    const sorted = gaps.toSorted((a, b) => a - b);
    const distance = Math.max(
      ...sorted.map((gap, i) => {
        const expected = 1 - Math.exp(-500 * gap);
        return Math.max(Math.abs((i + 1) / sorted.length - expected), Math.abs(i / sorted.length - expected));
      }),
    );
    expect(distance).toBeLessThan(1.95 / Math.sqrt(sorted.length));
  });

  it('count in a second like a Poisson variable: its variance is its mean', () => {
    const next = schedule(poisson(100), { index: 0, producers: 1 }, 3);
    const counts = new Array<number>(1_000).fill(0);
    for (let at = next(); at < 1_000e9; at = next()) counts[Math.floor(at / 1e9)]!++;
    const mean = counts.reduce((a, b) => a + b) / counts.length;
    const variance = counts.reduce((sum, c) => sum + (c - mean) ** 2, 0) / (counts.length - 1);
    expect(mean).toBeGreaterThan(98);
    expect(mean).toBeLessThan(102);
    expect(variance / mean).toBeGreaterThan(0.85);
    expect(variance / mean).toBeLessThan(1.15);
  });

  it('follow ramps and bursts', () => {
    const within = dueBefore(
      { kind: 'ramp', fromPerSecond: 100, toPerSecond: 900, overSeconds: 10, arrivals: 'poisson' },
      2,
      10,
    );
    // Standard deviation 71.
    expect(Math.abs(within - 5_000)).toBeLessThan(300);
    const bursts: OpenLoad = { kind: 'bursts', perSecond: 1_000, onSeconds: 1, offSeconds: 3, arrivals: 'poisson' };
    expect(together(bursts, 2, 2_000).every((at) => (at / 1e9) % 4 <= 1)).toBe(true);
  });

  it('differ from seed to seed, producer to producer and phase to phase', () => {
    const first = (index: number, seed: number) => schedule(poisson(1), { index, producers: 2 }, seed)();
    expect(new Set([first(0, 1), first(1, 1), first(0, 2), first(1, 2), first(0, mix(1, 2))]).size).toBe(5);
  });
});

describe('rates of a load', () => {
  it('have a mean over a time and a peak', () => {
    const ramp: OpenLoad = { kind: 'ramp', fromPerSecond: 900, toPerSecond: 100, overSeconds: 10 };
    expect(peakRate(ramp)).toBe(900);
    expect(meanRate(ramp, 10)).toBe(500);
    expect(meanRate(ramp, 20)).toBe(300);
    expect(meanRate(ramp, 5)).toBe(700);
    const bursts: OpenLoad = { kind: 'bursts', perSecond: 1_000, onSeconds: 1, offSeconds: 3 };
    expect(peakRate(bursts)).toBe(1_000);
    expect(meanRate(bursts, 4)).toBe(250);
    expect(meanRate(bursts, 5)).toBe(400);
  });
});
