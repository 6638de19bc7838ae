/** The adapter on stompit: ActiveMQ Classic over STOMP 1.2. */
import { createRequire } from 'node:module';
import type { Adapter } from '../adapter.js';
import { capabilities, refuses } from './capabilities.js';
import { connect } from './connection.js';
import { optionsSchema, type StompOptions } from './options.js';

export const stomp: Adapter<StompOptions> = {
  id: 'stomp',
  client() {
    const manifest = createRequire(import.meta.url)('stompit/package.json') as { name: string; version: string };
    return { name: manifest.name, version: manifest.version };
  },
  capabilities,
  refuses,
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
  connect,
};
