/** The adapter's options, each with a default; they are recorded in every result. */
import { z } from 'zod';

export const natsOptions = z.strictObject({
  /** How long the server waits for an acknowledgement before it delivers a message again, in milliseconds. */
  ackWaitMs: z.number().int().min(1_000).max(3_600_000).default(30_000),
  /** How long a publish may wait for its PubAck before it counts as failed, in milliseconds. */
  publishTimeoutMs: z.number().int().min(100).max(600_000).default(30_000),
});
export type NatsOptions = z.output<typeof natsOptions>;
