/** The adapter on stompit: ActiveMQ Classic, ActiveMQ Artemis and RabbitMQ over STOMP 1.2. */
import { createRequire } from 'node:module';
import type { Adapter } from '../adapter.js';
import { brokerOf, capabilities, capabilitiesWith, refuses } from './capabilities.js';
import { connect } from './connection.js';
import { optionsSchema, type StompBroker, type StompOptions } from './options.js';

/** What the receipt of a persistent message tells, by server. */
const confirmed: Readonly<Record<StompBroker, string>> = {
  activemq: 'ActiveMQ has the message in its store, synced to disk unless its journalDiskSyncStrategy says otherwise',
  artemis: 'Artemis has the message in its journal, by default synced to disk',
  rabbitmq: 'RabbitMQ’s queue has confirmed it to the STOMP plugin',
};

/** What is set beside it, or cannot be. */
const particular: Readonly<Record<StompBroker, Readonly<Record<string, string>>>> = {
  activemq: {},
  artemis: { prefetch: 'the server’s own window, in bytes and not in messages' },
  rabbitmq: { queue: 'durable, of the server’s default type' },
};

export const stomp: Adapter<StompOptions> = {
  id: 'stomp',
  client() {
    const manifest = createRequire(import.meta.url)('stompit/package.json') as { name: string; version: string };
    return { name: manifest.name, version: manifest.version };
  },
  capabilities,
  capabilitiesWith,
  refuses,
  options: optionsSchema,
  describeGuarantee(guarantee, options) {
    const broker = brokerOf(options);
    if (guarantee === 'at-most-once') {
      return {
        confirmMeans: 'Nothing is confirmed: a message counts as sent when the operating system has taken it.',
        settings: { message: 'non-persistent', receipt: 'none', ack: 'auto', ...particular[broker] },
      };
    }
    return {
      confirmMeans: `The receipt for its SEND came: ${confirmed[broker]}.`,
      settings: {
        message: 'persistent:true',
        receipt: 'on every SEND, many in flight',
        ack: 'client-individual, after processing',
        ...particular[broker],
      },
    };
  },
  takeover: () => ({
    killed: "the end of the consumer's connection, which the broker sees at once",
    silent: 'nothing: heart-beats are off, so they stay with it',
  }),
  connect,
};
