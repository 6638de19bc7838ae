/**
 * The one place that knows how two workers' times compare. All processes of one machine share its monotonic
 * clock (CLOCK_MONOTONIC behind `process.hrtime`), so a time is nanoseconds since the session's origin.
 */

/** Nanoseconds since the session's origin; a double holds them exactly for 104 days. */
export type Nanoseconds = number;

export interface Clock {
  now(): Nanoseconds;
}

/** The origin a session gives to its workers. */
export function newOrigin(): bigint {
  return process.hrtime.bigint();
}

/** A clock counting from `origin`, equal in every process of this machine. */
export function createClock(origin: bigint): Clock {
  return { now: () => Number(process.hrtime.bigint() - origin) };
}
