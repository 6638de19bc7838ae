/** The adapter on stompit: ActiveMQ Classic over STOMP 1.2. */
import { createRequire } from 'node:module';
import type { Adapter } from '../adapter.js';
import { connect } from './connection.js';
import { optionsSchema, type StompOptions } from './options.js';

/**
 * ActiveMQ's default `wireFormat.maxFrameSize` of 100 MiB counts a whole frame; the rest is for the headers, also
 * those that the broker adds on the way out. It takes a heap of 1 GiB to pass on one such message.
 */
const maxFrameBytes = 104_857_600;
const headerBytes = 4_096;

export const stomp: Adapter<StompOptions> = {
  id: 'stomp',
  client() {
    const manifest = createRequire(import.meta.url)('stompit/package.json') as { name: string; version: string };
    return { name: manifest.name, version: manifest.version };
  },
  capabilities: {
    guarantees: {
      'at-most-once': true,
      'at-least-once': true,
      replicated: { reason: 'STOMP cannot ask for replication, and a receipt says nothing of other brokers' },
    },
    partitioned: false,
    dispatch: 'dynamic',
    prefetch: true,
    redeliveredFlag: true,
    maxBodyBytes: maxFrameBytes - headerBytes,
  },
  options: optionsSchema,
  describeGuarantee(guarantee) {
    if (guarantee === 'at-most-once') {
      return {
        confirmMeans: 'Nothing is confirmed: a message counts as sent when the operating system has taken it.',
        settings: { message: 'non-persistent', receipt: 'none', ack: 'auto' },
      };
    }
    return {
      confirmMeans: 'The receipt for its SEND came: ActiveMQ has the message in its store, by default synced to disk.',
      settings: {
        message: 'persistent:true',
        receipt: 'on every SEND, many in flight',
        ack: 'client-individual, after processing',
      },
    };
  },
  connect: (endpoint, _options, context) => connect(endpoint, context),
};
