import { describe, expect, it } from 'vitest';
import { type Course, driftText, trendsOf } from '../../src/metrics/drift.js';
import { Gauge } from '../../src/metrics/gauge.js';
import type { Sample } from '../../src/results/schema.js';

const seconds = 300;
const gauge = (of: (t: number) => number) => {
  const at = Array.from({ length: seconds }, (_, t) => t);
  return { at: at.map((t) => t * 1e9), values: at.map(of) };
};
const samples = (of: (t: number) => number): Sample[] =>
  Array.from({ length: seconds }, (_, t) => ({
    t,
    seconds: 1,
    phase: 'measure',
    sent: 1_000,
    confirmed: 1_000,
    received: of(t),
    perConsumer: [],
  }));
const wobble = (t: number): number => Math.sin(t * 1.7) * 20;
const steady: Course = {
  from: 0,
  to: seconds * 1e9,
  samples: samples((t) => 1_000 + wobble(t)),
  rateOf: (s) => s.received,
  rateName: 'messages received per second',
  clients: new Map([['memory of producer 0', gauge((t) => 100e6 + wobble(t) * 1e4)]]),
  broker: gauge(() => 500e6),
};
const drifting = (course: Course): string[] => trendsOf(course).flatMap((t) => (t.drifts ? [t.what] : []));

describe('drift', () => {
  it('is not seen where there is none', () => {
    expect(trendsOf(steady).map(({ what }) => what)).toEqual([
      'messages received per second',
      'memory of producer 0',
      'memory of the broker',
    ]);
    expect(drifting(steady)).toEqual([]);
  });

  it('of the rate is seen either way, from 10 % on', () => {
    const falling = (by: number) => ({
      ...steady,
      samples: samples((t) => 1_000 * (1 - (by * t) / seconds) + wobble(t)),
    });
    expect(drifting(falling(0.2))).toEqual(['messages received per second']);
    expect(drifting(falling(-0.2))).toEqual(['messages received per second']);
    expect(drifting(falling(0.04))).toEqual([]);
    const [rate] = trendsOf(falling(0.2));
    expect(rate?.from).toBeCloseTo(1_000, -2);
    expect(driftText(rate!)).toMatch(/^drift: messages received per second went from 1,00\d to 80\d .*\(−2\d %\)$/);
  });

  it('is not looked for where the load itself changes its rate', () => {
    expect(drifting({ ...steady, rateOf: undefined, samples: samples((t) => t) })).toEqual([]);
  });

  it('of memory is growth by 10 % and 16 MB in a client, 64 MB in the broker', () => {
    const client = (to: number) => ({
      ...steady,
      clients: new Map([
        ['memory of consumer 1', gauge((t) => 100e6 + ((to - 100e6) * t) / seconds + wobble(t) * 1e3)],
      ]),
    });
    expect(drifting(client(130e6))).toEqual(['memory of consumer 1']);
    expect(drifting(client(112e6))).toEqual([]);
    // A heap that shrinks is no leak.
    expect(drifting(client(60e6))).toEqual([]);
    const broker = (by: number) => ({ ...steady, broker: gauge((t) => 300e6 + (by * t) / seconds) });
    expect(drifting(broker(100e6))).toEqual(['memory of the broker']);
    expect(drifting(broker(50e6))).toEqual([]);
  });

  it('needs a minute, and looks at the measured part alone', () => {
    expect(trendsOf({ ...steady, to: 59e9 })).toEqual([]);
    const before = gauge((t) => (t < 150 ? t * 1e6 : 150e6));
    expect(drifting({ ...steady, from: 150e9, clients: new Map([['memory of producer 0', before]]) })).toEqual([]);
  });
});

describe('a gauge', () => {
  it('keeps bounded memory and the whole course', () => {
    const long = new Gauge();
    for (let i = 0; i < 100_000; i++) long.add(i, i * 2);
    const { at, values } = long.record();
    expect(at.length).toBeLessThan(2_048);
    expect(at.length).toBeGreaterThan(1_000);
    expect(at[0]).toBe(0);
    expect(at.at(-1)).toBeGreaterThan(99_000);
    expect(values.every((value, i) => value === (at[i] as number) * 2)).toBe(true);
  });
});
