/** A consumer that joined while the measured part went on; times on the session's clock. */
import type { Nanoseconds } from './clock.js';

export interface Joined {
  /** Index among all consumers of the run. */
  readonly consumer: number;
  /** When it was told to connect and subscribe. */
  readonly askedAt: Nanoseconds;
  /** When the broker said that it would get messages. */
  readonly readyAt: Nanoseconds;
}
