import { z } from 'zod';

/**
 * STOMP leaves nothing to tune here: it has no batches, the window in flight is the scenario's, and prefetch too.
 * Heart-beats are off because both ends judge them in user space, where a busy event loop looks like a dead peer;
 * TCP keep-alive watches the connection instead.
 */
export const optionsSchema = z.strictObject({});

export type StompOptions = z.infer<typeof optionsSchema>;
