/**
 * The rate at which messages are due, as a curve over time. What a schedule needs of it is the inverse of its
 * integral: at what time so many messages are due.
 */
import type { RunLoad } from '../../scenario/types.js';

/** Nanoseconds after the start at which `messages` (0 or more, not only whole numbers) are due; never decreasing. */
export type TimeOf = (messages: number) => number;

/** An open loop: everything but full speed. */
export type OpenLoad = Exclude<RunLoad, { readonly kind: 'closed' }>;

/** The curve of a load. Pure. */
export function timeOf(load: OpenLoad): TimeOf {
  switch (load.kind) {
    case 'rate':
      return (n) => (n * 1e9) / load.perSecond;
    case 'ramp':
      return ramp(load.fromPerSecond, load.toPerSecond, load.overSeconds);
    case 'bursts':
      return bursts(load.perSecond, load.onSeconds, load.offSeconds);
  }
}

/**
 * From a to b a second over T seconds, then b. Due until t: a·t + (b − a)·t² ÷ 2T. Solved for t in the form that
 * does not cancel where a and b are close.
 */
function ramp(a: number, b: number, over: number): TimeOf {
  const within = ((a + b) / 2) * over;
  const slope = (b - a) / over;
  return (n) => {
    const seconds = n < within ? (2 * n) / (a + Math.sqrt(a * a + 2 * slope * n)) : over + (n - within) / b;
    return seconds * 1e9;
  };
}

/** A message that would fall on the end of a burst is the first of the next. */
function bursts(rate: number, on: number, off: number): TimeOf {
  const each = rate * on;
  return (n) => {
    const whole = Math.floor(n / each);
    return (whole * (on + off) + (n - whole * each) / rate) * 1e9;
  };
}

/** The highest rate that the load asks for at any time, in messages a second. */
export function peakRate(load: OpenLoad): number {
  return load.kind === 'ramp' ? Math.max(load.fromPerSecond, load.toPerSecond) : load.perSecond;
}

/** Mean rate over the first so many seconds, in messages a second. */
export function meanRate(load: OpenLoad, seconds: number): number {
  switch (load.kind) {
    case 'rate':
      return load.perSecond;
    case 'ramp': {
      const { fromPerSecond: a, toPerSecond: b, overSeconds: over } = load;
      if (seconds >= over) return (((a + b) / 2) * over + b * (seconds - over)) / seconds;
      return a + (((b - a) / over) * seconds) / 2;
    }
    case 'bursts': {
      const { perSecond, onSeconds: on, offSeconds: off } = load;
      const whole = Math.floor(seconds / (on + off));
      return (perSecond * (whole * on + Math.min(on, seconds - whole * (on + off)))) / seconds;
    }
  }
}

/** The load of the warm-up: a ramp begins at its foot and must not be climbed before it counts. */
export function warmupLoad(load: OpenLoad): OpenLoad {
  if (load.kind !== 'ramp') return load;
  const { arrivals, fromPerSecond: perSecond } = load;
  return { kind: 'rate', perSecond, ...(arrivals === undefined ? {} : { arrivals }) };
}
