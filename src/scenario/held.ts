/** Whether the bodies that a producer has in flight fit into its memory. */
import type { Asked } from './contradictions.js';
import { limits } from './limits.js';
import { mostSize } from './sizes.js';
import { formatCount, formatSize } from './units.js';

/**
 * What is wrong with so many bodies in flight, and how many would fit; undefined where they do. Pure.
 * @param bodies that each producer has in flight
 */
export function tooMuchHeld(
  bodies: number,
  { sizes = [], size, producers = 1 }: Asked,
): { readonly message: string; readonly fits: number } | undefined {
  const most = Math.max(0, ...(size === undefined ? sizes : [size]).map(mostSize));
  const allowed = Math.min(limits.inFlightBytes, limits.allInFlightBytes / producers);
  if (bodies * most <= allowed) return undefined;
  const what = `${formatCount(bodies)} bodies of ${formatSize(most)} in flight`;
  return {
    message:
      bodies * most > limits.inFlightBytes
        ? `${what} are more than the ${formatSize(limits.inFlightBytes)} that a producer may hold`
        : `${what} for each of ${formatCount(producers)} producers are more than the ${formatSize(limits.allInFlightBytes)} that all may hold`,
    fits: Math.floor(allowed / most),
  };
}
