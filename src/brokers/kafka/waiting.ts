/** Bounded waiting: nothing here waits for a broker for ever. */
import { within } from '../../within.js';

/** Waits so many milliseconds. */
export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits for a promise at most so many milliseconds, whatever becomes of it. */
export async function settledWithin(promise: Promise<unknown>, ms: number): Promise<void> {
  await within(promise, ms, () => new Error('late')).catch(() => undefined);
}
