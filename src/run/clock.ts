/**
 * The one place that knows how two workers' times compare. All processes of one machine share its monotonic
 * clock (CLOCK_MONOTONIC behind `process.hrtime`), so a time is nanoseconds since the session's origin.
 */

import { performance } from 'node:perf_hooks';

/** Nanoseconds since the session's origin; a double holds them exactly for 104 days. */
export type Nanoseconds = number;

export interface Clock {
  now(): Nanoseconds;
}

/** The origin a session gives to its workers. */
export function newOrigin(): bigint {
  return process.hrtime.bigint();
}

/** Tries to read both clocks at once; the closest pair counts. */
const calibrations = 20;

/**
 * A clock counting from `origin`, equal in every process of this machine to within a microsecond: `performance.now()`
 * reads the same monotonic clock as `process.hrtime.bigint()`, in half the time and without making a BigInt, but
 * counts from the start of its thread. Where that lies is found once, between two readings.
 */
export function createClock(origin: bigint): Clock {
  let zero = 0;
  let closest = Infinity;
  for (let i = 0; i < calibrations; i++) {
    const before = performance.now();
    const now = Number(process.hrtime.bigint() - origin);
    const after = performance.now();
    if (after - before >= closest) continue;
    closest = after - before;
    zero = now - ((before + after) / 2) * 1e6;
  }
  return { now: () => Math.round(zero + performance.now() * 1e6) };
}
