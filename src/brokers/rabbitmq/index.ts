/** RabbitMQ over AMQP 0-9-1 with amqplib. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Adapter, Guarantee, GuaranteeSettings } from '../adapter.js';
import { capabilities, refuses } from './capabilities.js';
import { heartbeatSeconds, openConnection } from './connection.js';
import { rabbitmqOptions, type RabbitmqOptions } from './options.js';
import { queueTypeOf } from './topology.js';

const packageSchema = z.object({ name: z.string(), version: z.string() });

/** amqplib's `exports` hide its package.json, which lies beside its main file. */
function client(): { readonly name: string; readonly version: string } {
  const main = createRequire(import.meta.url).resolve('amqplib');
  return packageSchema.parse(JSON.parse(readFileSync(join(dirname(main), 'package.json'), 'utf8')));
}

const confirmMeans = {
  none: 'Nothing: a message counts when it is handed to the operating system.',
  classic: 'The queue has taken the message: it is in its files, or a consumer has already acknowledged it.',
  quorum: 'A majority of the members of the quorum queue (one a node, 3 at most by default) have it on disk.',
} as const;

function describeGuarantee(guarantee: Guarantee, options: RabbitmqOptions): GuaranteeSettings {
  const type = queueTypeOf(guarantee, options);
  const queue = `durable, ${type}`;
  if (guarantee === 'at-most-once') {
    return {
      confirmMeans: confirmMeans.none,
      settings: {
        queue,
        'delivery mode': 'transient',
        'publisher confirms': 'off',
        acknowledgement: 'automatic (noAck; prefetch has no effect)',
      },
    };
  }
  return {
    confirmMeans: confirmMeans[type],
    settings: {
      queue,
      'delivery mode': 'persistent',
      mandatory: 'yes',
      'publisher confirms': 'on',
      acknowledgement: 'each message, after processing',
    },
  };
}

export const rabbitmq: Adapter<RabbitmqOptions> = {
  id: 'rabbitmq',
  client,
  capabilities,
  refuses,
  options: rabbitmqOptions,
  describeGuarantee,
  takeover: () => ({
    killed: "the end of the consumer's connection, which the broker sees at once",
    silent: `heartbeats every ${heartbeatSeconds} s, two of which may be missed`,
    silentMs: 2 * heartbeatSeconds * 1000,
  }),
  connect: openConnection,
};
