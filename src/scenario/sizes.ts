/** Sizes of bodies: one, or a distribution that every message draws its own from. In bytes, envelope included. */
import { formatSize } from './units.js';

/** Every whole number of bytes between the two, both included, is as likely. */
export interface UniformSize {
  readonly kind: 'uniform';
  readonly from: number;
  readonly to: number;
}

/** Some sizes, each drawn as often as its share says. */
export interface WeightedSize {
  readonly kind: 'weighted';
  /** Ascending by size; shares are whole numbers without a common divisor. */
  readonly sizes: readonly { readonly size: number; readonly share: number }[];
}

export type SizeDistribution = UniformSize | WeightedSize;
export type Size = number | SizeDistribution;

/** Where a size is wanted of something that has both. */
export interface Sized {
  /** The one size, or the mean of a distribution, rounded. */
  readonly sizeBytes: number;
  /** Absent: all bodies are as large. */
  readonly size?: SizeDistribution | undefined;
}

export const sizeOf = ({ size, sizeBytes }: Sized): Size => size ?? sizeBytes;

export function sized(size: Size): Sized {
  return typeof size === 'number' ? { sizeBytes: size } : { sizeBytes: Math.round(meanSize(size)), size };
}

const totalShare = ({ sizes }: WeightedSize): number => sizes.reduce((sum, { share }) => sum + share, 0);

/** Of what is drawn over a long run, in bytes. */
export function meanSize(size: Size): number {
  if (typeof size === 'number') return size;
  if (size.kind === 'uniform') return (size.from + size.to) / 2;
  return size.sizes.reduce((sum, one) => sum + one.size * one.share, 0) / totalShare(size);
}

export function leastSize(size: Size): number {
  if (typeof size === 'number') return size;
  return size.kind === 'uniform' ? size.from : Math.min(...size.sizes.map((one) => one.size));
}

export function mostSize(size: Size): number {
  if (typeof size === 'number') return size;
  return size.kind === 'uniform' ? size.to : Math.max(...size.sizes.map((one) => one.size));
}

/** Short and without spaces, for cells and file names: `100B`, `100B-1KB`, `9x100B+1x10KB`. Equal sizes, equal keys. */
export function sizeKey(size: Size): string {
  if (typeof size === 'number') return formatSize(size);
  if (size.kind === 'uniform') return `${formatSize(size.from)}-${formatSize(size.to)}`;
  return size.sizes.map((one) => `${one.share}x${formatSize(one.size)}`).join('+');
}

/** For running text, tables and titles: `100 B`, `100 B to 1 KB`, `90 % 100 B, 10 % 10 KB`. */
export function sizeText(size: Size): string {
  if (typeof size === 'number') return formatSize(size, ' ');
  if (size.kind === 'uniform') return `${formatSize(size.from, ' ')} to ${formatSize(size.to, ' ')}`;
  const total = totalShare(size);
  const percent = (share: number): string => `${Number(((share / total) * 100).toPrecision(2))} %`;
  return size.sizes.map((one) => `${percent(one.share)} ${formatSize(one.size, ' ')}`).join(', ');
}

/** Each once, in order. */
export function distinctSizes(sizes: readonly Size[]): Size[] {
  return [...new Map(sizes.map((size) => [sizeKey(size), size])).values()].sort(compareSizes);
}

export const sameSize = (a: Size, b: Size): boolean => sizeKey(a) === sizeKey(b);

/** By mean, and where that is the same by name. */
export function compareSizes(a: Size, b: Size): number {
  const [left, right] = [sizeKey(a), sizeKey(b)];
  return meanSize(a) - meanSize(b) || (left < right ? -1 : left > right ? 1 : 0);
}
