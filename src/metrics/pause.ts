/** Finds out when a broker stood still in the middle of a run. */
import type { Sample } from '../results/schema.js';
import type { RunLoad } from '../scenario/types.js';

/** A pause of this length is told, in seconds: longer than garbage collection, a rebalance or a sync to disk takes. */
const worthTelling = 2;

/**
 * Says how long nothing was confirmed and nothing arrived at the longest, while messages were still being sent.
 * @returns undefined where that was no time worth a word, or no longer than the rate itself leaves between messages
 */
export function pauseOf(samples: readonly Sample[], load: RunLoad): string | undefined {
  let longest = 0;
  let from = 0;
  let current = 0;
  for (const sample of samples) {
    const still = sample.phase === 'measure' && sample.confirmed === 0 && sample.received === 0;
    current = still ? current + sample.seconds : 0;
    if (current > longest) {
      longest = current;
      from = sample.t + sample.seconds - current;
    }
  }
  if (longest < worthTelling + usualGap(load)) return undefined;
  return `nothing was confirmed and nothing arrived for ${longest.toFixed(1)} s, from ${from.toFixed(1)} s after the first message on: the broker stood still`;
}

/** Seconds that the load itself leaves without a message now and then; Poisson arrivals of a low rate come in clusters. */
function usualGap(load: RunLoad): number {
  switch (load.kind) {
    case 'closed':
      return 0;
    case 'rate':
      return 10 / load.perSecond;
    case 'ramp':
      return 10 / Math.min(load.fromPerSecond, load.toPerSecond);
    case 'bursts':
      return load.offSeconds + 10 / load.perSecond;
  }
}
