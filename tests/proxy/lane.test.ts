/** One direction of the proxy by a clock that the test moves. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type Conditions, Lane } from '../../src/proxy/lane.js';

const ms = 1e6;

function laneWith(conditions: Conditions) {
  const now = { conditions, time: 0 };
  const from = new PassThrough();
  const to = new PassThrough({ highWaterMark: 1e9 });
  const lane = new Lane(
    from,
    to,
    () => now.conditions,
    () => now.time,
    () => undefined,
    () => undefined,
  );
  /** Bytes that have come out by that time, in milliseconds. */
  const through = (at: number): number => {
    now.time = at * ms;
    for (let next: number | undefined = 0; next !== undefined && next <= now.time;) next = lane.flush(now.time);
    return to.readableLength;
  };
  const change = (changed: Partial<Conditions>): void => {
    if ('bytesPerSecond' in changed) lane.throttled(now.time);
    now.conditions = { ...now.conditions, ...changed };
  };
  return { from, through, change };
}

/** Lets streams tell each other. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

const free: Conditions = { delayMs: 0, bytesPerSecond: undefined, frozen: false };

describe('a throttled lane', () => {
  it('lets a large chunk through bit by bit, as fast as the rate and no faster', async () => {
    const { from, through } = laneWith({ ...free, bytesPerSecond: 10_000 });
    from.write(Buffer.alloc(10_000));
    await turn();
    expect([0, 5, 10, 100, 505, 999, 1_000].map(through)).toEqual([0, 0, 100, 1_000, 5_000, 9_900, 10_000]);
  });

  it('lets everything through at once when the rate is no longer limited', async () => {
    const { from, through, change } = laneWith({ ...free, bytesPerSecond: 1_000 });
    from.write(Buffer.alloc(60_000));
    await turn();
    expect(through(100)).toBe(100);
    change({ bytesPerSecond: undefined });
    expect(through(100)).toBe(60_000);
  });

  it('counts from when it began: what waited before has no credit', async () => {
    const { from, through, change } = laneWith({ ...free, frozen: true });
    from.write(Buffer.alloc(1_000));
    await turn();
    expect(through(5_000)).toBe(0);
    change({ frozen: false, bytesPerSecond: 1_000 });
    expect([5_000, 5_500, 6_000].map(through)).toEqual([0, 500, 1_000]);
  });

  it('takes in no more than passes soon', async () => {
    const { from, through } = laneWith({ ...free, bytesPerSecond: 10_000 });
    from.write(Buffer.alloc(1_100));
    await turn();
    expect(from.isPaused()).toBe(true);
    from.write(Buffer.alloc(500));
    await turn();
    expect(from.readableLength).toBe(500);
    // What takes 100 ms is held, and no more.
    through(10);
    expect(from.isPaused()).toBe(false);
  });
});

describe('a lane that delays', () => {
  it('holds each byte for so long, and what it holds no longer than the delay is now', async () => {
    const { from, through, change } = laneWith({ ...free, delayMs: 50 });
    from.write(Buffer.alloc(10));
    await turn();
    expect([0, 49, 50].map(through)).toEqual([0, 0, 10]);
    from.write(Buffer.alloc(10));
    await turn();
    expect(through(51)).toBe(10);
    change({ delayMs: 0 });
    expect(through(51)).toBe(20);
  });
});
