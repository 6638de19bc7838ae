/** What can be set about RabbitMQ and amqplib, beyond what the guarantee sets. */
import { z } from 'zod';

export const rabbitmqOptions = z.strictObject({
  queueType: z
    .enum(['classic', 'quorum'])
    .default('classic')
    .describe('Kind of queue (x-queue-type). The guarantee "replicated" always takes quorum.'),
});

export type RabbitmqOptions = z.infer<typeof rabbitmqOptions>;
