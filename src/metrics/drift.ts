/**
 * Long runs: did the rate or somebody's memory go in one direction all the time? Thresholds are stated in
 * docs/measuring.md.
 */
import type { Sample, Trend } from '../results/schema.js';
import { median } from '../stats/summary.js';
import { mannKendall, type Point, theilSen } from '../stats/trend.js';
import type { GaugeRecord } from './gauge.js';

/** Below this, warming up cannot be told from drift. */
export const leastSeconds = 60;
/** A rate that changes by this share of its median over the measured part drifts. */
export const rateDrift = 0.1;
/** Memory drifts when it grows by this share of its median … */
export const memoryDrift = 0.1;
/** … and by so many bytes: in a client, … */
export const clientBytes = 16e6;
/** … and in a broker, which fills what it was given before it collects. */
export const brokerBytes = 64e6;
/** And only where the test of no trend says so: two-sided p < 0.01 of a standard normal. */
export const leastZ = 2.58;
/** Comparing all pairs is quadratic. */
const mostPoints = 300;
const leastPoints = 10;

/** What is looked at. Times are nanoseconds on the session's clock, samples count from `from`. */
export interface Course {
  /** The measured part, without the drain. */
  readonly from: number;
  readonly to: number;
  readonly samples: readonly Sample[];
  /** What of a sample is the rate; undefined where the load itself changes its rate. */
  readonly rateOf: ((sample: Sample) => number) | undefined;
  /** e.g. `messages received per second`. */
  readonly rateName: string;
  /** By name, e.g. `memory of consumer 2`. */
  readonly clients: ReadonlyMap<string, GaugeRecord>;
  readonly broker: GaugeRecord;
}

/** The trends of a run; none when it was too short to tell. Pure. */
export function trendsOf(course: Course): Trend[] {
  const seconds = (course.to - course.from) / 1e9;
  if (seconds < leastSeconds) return [];
  const { rateOf } = course;
  const rates =
    rateOf === undefined
      ? []
      : course.samples
          .filter((s) => s.phase === 'measure' && s.t + s.seconds <= seconds)
          .map((s) => ({ x: s.t + s.seconds / 2, y: rateOf(s) / s.seconds }));
  const within = ({ at, values }: GaugeRecord): Point[] =>
    at.flatMap((time, i) =>
      time >= course.from && time <= course.to ? [{ x: (time - course.from) / 1e9, y: values[i] as number }] : [],
    );
  const grows = (least: number) => (trend: Trend) => trend.change >= memoryDrift && trend.to - trend.from >= least;
  return [
    ...trend(course.rateName, 'per second', rates, seconds, ({ change }) => Math.abs(change) >= rateDrift),
    ...[...course.clients].flatMap(([what, gauge]) => trend(what, 'bytes', within(gauge), seconds, grows(clientBytes))),
    ...trend('memory of the broker', 'bytes', within(course.broker), seconds, grows(brokerBytes)),
  ];
}

function trend(
  what: string,
  unit: Trend['unit'],
  all: readonly Point[],
  seconds: number,
  tooMuch: (trend: Trend) => boolean,
): Trend[] {
  if (all.length < leastPoints) return [];
  const step = Math.ceil(all.length / mostPoints);
  const points = all.filter((_, i) => i % step === 0);
  const { slope, intercept } = theilSen(points);
  const middle = median(points.map(({ y }) => y));
  const found: Trend = {
    what,
    unit,
    from: intercept,
    to: intercept + slope * seconds,
    change: middle === 0 ? 0 : (slope * seconds) / middle,
    z: mannKendall(points.map(({ y }) => y)),
    drifts: false,
  };
  return [{ ...found, drifts: Math.abs(found.z) >= leastZ && tooMuch(found) }];
}

/** A drift in words, for the run's warnings. */
export function driftText({ what, unit, from, to, change }: Trend): string {
  const show = (value: number): string =>
    unit === 'bytes' ? `${(value / 1e6).toFixed(0)} MB` : Math.round(value).toLocaleString('en-US');
  const percent = `${change > 0 ? '+' : '−'}${(Math.abs(change) * 100).toFixed(0)} %`;
  return `drift: ${what} went from ${show(from)} to ${show(to)} over the measured part (${percent})`;
}
