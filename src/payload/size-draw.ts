/**
 * The size of every message, from its place alone: producers and consumers know it without telling each other. A
 * hash of seed, producer, phase and sequence number stands for the draw, so that any message's can be had in any order.
 */
import type { Size, WeightedSize } from '../scenario/sizes.js';

/** @returns the size in bytes of a producer's message of a phase */
export type SizeDraw = (producer: number, phase: number, sequence: number) => number;

/** The finalizer of MurmurHash3 (Appleby): every bit of the input changes half of the output's. */
function finalized(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const words = 2 ** 32;

/** Evenly distributed over [0, 1). */
function unit(seed: number, producer: number, phase: number, sequence: number): number {
  const stream = finalized(seed ^ finalized(producer * 4 + phase + 1));
  const high = Math.floor(sequence / words);
  return finalized(stream ^ finalized((sequence % words) ^ Math.imul(high + 1, 0x9e3779b9))) / words;
}

/** Where each size begins in [0, 1). */
function weightedAt({ sizes }: WeightedSize): (share: number) => number {
  const total = sizes.reduce((sum, { share }) => sum + share, 0);
  let below = 0;
  const bounds = sizes.map(({ size, share }) => ({ size, below: (below += share / total) }));
  const last = bounds[bounds.length - 1]?.size ?? 0;
  return (share) => bounds.find((bound) => share < bound.below)?.size ?? last;
}

/** @param seed the run's */
export function sizeDraw(size: Size, seed: number): SizeDraw {
  if (typeof size === 'number') return () => size;
  if (size.kind === 'uniform') {
    const { from, to } = size;
    const values = to - from + 1;
    return (producer, phase, sequence) => from + Math.floor(unit(seed, producer, phase, sequence) * values);
  }
  const at = weightedAt(size);
  return (producer, phase, sequence) => at(unit(seed, producer, phase, sequence));
}
