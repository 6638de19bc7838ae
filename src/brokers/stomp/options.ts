import { z } from 'zod';

/**
 * STOMP leaves nothing else to tune here: it has no batches, the window in flight is the scenario's, and prefetch too.
 * Heart-beats are off because both ends judge them in user space, where a busy event loop looks like a dead peer;
 * TCP keep-alive watches the connection instead.
 */
export const optionsSchema = z.strictObject({
  /** The server behind the address: what the plan goes by, before anyone has asked it. */
  broker: z
    .enum(['activemq', 'artemis', 'rabbitmq'])
    .optional()
    .describe('The server behind the address; ActiveMQ Classic where it is left out.'),
});

export type StompOptions = z.infer<typeof optionsSchema>;
export type StompBroker = NonNullable<StompOptions['broker']>;
