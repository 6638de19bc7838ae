/** When one producer's messages are due. Pure: the same load, place and seed give the same times. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type OpenLoad, timeOf } from './curve.js';

/** A producer's place among those that share a load. */
export interface Place {
  /** From 0. */
  readonly index: number;
  readonly producers: number;
}

/** Gives, call by call, the nanoseconds after the start at which the next message is due; never decreasing, without end. */
export type Schedule = () => number;

/**
 * The schedule of one producer. All producers' schedules together have the rate that the load states.
 *
 * Even distances: message i of all is due when the load's curve reaches i, and producer p of P has every P-th.
 * Poisson: the same curve at the times of a Poisson process of rate 1 (a change of time makes the process of any rate
 * out of it: Çinlar 1975, Introduction to Stochastic Processes, 4.7). Each producer has a process of its own with
 * the P-th part of the rate; their sum is a Poisson process again.
 * @param seed used by Poisson arrivals alone
 */
export function schedule(load: OpenLoad, { index, producers }: Place, seed: number): Schedule {
  const at = timeOf(load);
  if (load.arrivals === undefined) {
    let next = index - producers;
    return () => at((next += producers));
  }
  const random = xoroshiro128plus(mix(seed, index));
  let sum = 0;
  // 1 − u lies in (0, 1], where the logarithm is finite.
  return () => at((sum -= producers * Math.log(1 - uniformFloat64(random))));
}

/** A seed for each `of` something that has one seed: 32 bits, spread by murmur3's finaliser. */
export function mix(seed: number, of: number): number {
  let h = (seed ^ Math.imul(of + 1, 0x9e3779b9)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
