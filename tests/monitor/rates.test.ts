import { describe, expect, it } from 'vitest';
import { RateKeeper } from '../../src/monitor/rates.js';
import type { Counters, Reading } from '../../src/monitor/sample.js';

function reading(destinations: Record<string, Counters>, counters: Counters = {}): Reading {
  return {
    product: 'RabbitMQ',
    source: 'test',
    nodes: [],
    counters,
    destinations: Object.entries(destinations).map(([name, of]) => ({ name, kind: 'queue', counters: of })),
    destinationCount: Object.keys(destinations).length,
    notes: [],
  };
}
const inRate = (keeper: RateKeeper, value: number, atMs: number): number | undefined =>
  keeper.add(reading({ q: { in: value } }), atMs).destinations[0]?.rates.in;

describe('rates', () => {
  it('are absent the first time, then growth over time', () => {
    const keeper = new RateKeeper(0);
    expect(inRate(keeper, 100, 0)).toBeUndefined();
    expect(inRate(keeper, 1100, 2000)).toBe(500);
    expect(inRate(keeper, 1100, 3000)).toBe(0);
    // Each look is exact here: what came between the last two looks counts over the time between them.
    expect(inRate(keeper, 1200, 4000)).toBe(100);
  });

  it('never go below zero: a counter that fell counts from 0 again, and that is told', () => {
    const keeper = new RateKeeper(0);
    keeper.add(reading({ q: { in: 5000 } }, { in: 9000 }), 0);
    const after = keeper.add(reading({ q: { in: 300 } }, { in: 300 }), 1000);
    expect(after.destinations[0]?.rates.in).toBe(300);
    expect(after.rates.in).toBe(300);
    expect(after.notes.join()).toMatch(/count from 0 again.*the broker, q/);
    expect(keeper.add(reading({ q: { in: 301 } }, { in: 301 }), 2000).notes).toEqual([]);
  });

  it('forget a destination that vanished', () => {
    const keeper = new RateKeeper(0);
    keeper.add(reading({ a: { in: 10 }, b: { in: 10 } }), 0);
    expect(keeper.add(reading({ b: { in: 11 } }), 1000).destinations.map(({ name }) => name)).toEqual(['b']);
    const again = keeper.add(reading({ a: { in: 4 }, b: { in: 11 } }), 2000);
    expect(again.destinations[0]?.rates.in).toBeUndefined();
    expect(again.notes).toEqual([]);
  });

  it('neither fall to 0 nor leap between two refreshes of a broker that refreshes every 5 s', () => {
    const keeper = new RateKeeper(5);
    const rates: (number | undefined)[] = [];
    // 100 a second, refreshed at 0, 5, 10, … s, looked at every second; it stops at 20 s.
    for (let s = 0; s <= 30; s++) rates.push(inRate(keeper, 100 * Math.min(20, Math.floor(s / 5) * 5), s * 1000));
    expect(rates.slice(0, 5)).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(new Set(rates.slice(5, 27))).toEqual(new Set([100]));
    expect(rates.at(-1)).toBe(0);
    // After standing still, the first change came within one refresh.
    expect(inRate(keeper, 2000, 59_000)).toBe(0);
    expect(inRate(keeper, 2500, 60_000)).toBe(100);
  });

  it('takes the first change of a broker that refreshes every 5 s over no less than 5 s', () => {
    // 100 a second; whoever comes 4.5 s after a refresh sees the next one half a second later.
    const keeper = new RateKeeper(5);
    expect(inRate(keeper, 1000, 4500)).toBeUndefined();
    expect(inRate(keeper, 1500, 5000)).toBe(100);
    expect(inRate(keeper, 2000, 10_000)).toBe(100);
  });

  it('are over the whole time where someone looks less often than the broker refreshes', () => {
    const keeper = new RateKeeper(5);
    inRate(keeper, 0, 0);
    expect(inRate(keeper, 6000, 60_000)).toBe(100);
    expect(inRate(keeper, 6000, 120_000)).toBe(0);
    expect(inRate(keeper, 12_000, 180_000)).toBe(100);
  });

  it('tell destinations of the same name in two virtual hosts apart', () => {
    const keeper = new RateKeeper(0);
    const both = (a: number, b: number): Reading => ({
      ...reading({}),
      destinations: [
        { name: 'q', kind: 'queue', vhost: 'a', counters: { in: a } },
        { name: 'q', kind: 'queue', vhost: 'b', counters: { in: b } },
      ],
    });
    keeper.add(both(0, 1000), 0);
    expect(keeper.add(both(1, 1002), 1000).destinations.map(({ rates }) => rates.in)).toEqual([1, 2]);
  });
});
