/**
 * Opens a connection again after it was lost, as amqplib, stompit and kafkajs leave it to their users: a new one with
 * a new producer or consumer on it.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** Between two attempts, in milliseconds; twice as long each time up to the second. */
const firstPauseMs = 50;
const longestPauseMs = 1_000;

/**
 * Tries until it works.
 * @param stopped true when nobody wants it any more
 * @returns undefined when it was stopped
 * @throws what the last attempt met, after `giveUpMs`
 */
export async function reopen<T>(
  open: () => Promise<T>,
  giveUpMs: number,
  stopped: () => boolean,
): Promise<{ readonly opened: T; readonly attempts: number } | undefined> {
  const deadline = performance.now() + giveUpMs;
  let pause = firstPauseMs;
  for (let attempts = 1; !stopped(); attempts++) {
    try {
      return { opened: await open(), attempts };
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(pause);
      pause = Math.min(longestPauseMs, pause * 2);
    }
  }
  return undefined;
}
