/** How many messages a run sends, as far as its scenario says. */
import { meanRate } from '../run/arrivals/curve.js';
import type { Asked } from './contradictions.js';

/** Undefined at full speed for a duration, where that depends on the broker. Of a walk, at its lowest rate. Pure. */
export function offeredMessages({ messages, durationSeconds, load }: Asked): number | undefined {
  if (messages !== undefined) return messages;
  if (durationSeconds === undefined || load === undefined || load.kind === 'closed') return undefined;
  const rate = load.kind === 'walk' ? Math.min(...load.ratesPerSecond) : meanRate(load, durationSeconds);
  return Math.floor(rate * durationSeconds);
}
