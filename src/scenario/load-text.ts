/** How messages are offered, in words; plans and reports say the same. */
import type { Load } from './types.js';
import { formatCount, formatDuration } from './units.js';

const perSecond = (rate: number): string => `${formatCount(rate)} messages/s`;

/** e.g. `fixed rate of 300 messages/s, Poisson arrivals`. */
export function loadText(load: Load): string {
  const arrivals = load.kind !== 'closed' && load.arrivals !== undefined ? ', Poisson arrivals' : '';
  switch (load.kind) {
    case 'closed':
      return `full speed, at most ${formatCount(load.inFlight)} in flight per producer`;
    case 'rate':
      return `fixed rate of ${perSecond(load.perSecond)}${arrivals}`;
    case 'ramp':
      return `ramp from ${formatCount(load.fromPerSecond)} to ${perSecond(load.toPerSecond)} over ${formatDuration(load.overSeconds)}${arrivals}`;
    case 'bursts':
      return `bursts of ${perSecond(load.perSecond)}, ${formatDuration(load.onSeconds)} on and ${formatDuration(load.offSeconds)} off${arrivals}`;
    case 'walk': {
      const rates = load.ratesPerSecond.map(formatCount);
      return `rates walked upwards until a target falls behind: ${rates.join(', ')} messages/s${arrivals}`;
    }
  }
}
