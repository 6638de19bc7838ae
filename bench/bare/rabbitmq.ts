/** The bare amqplib loop: durable queue, persistent, mandatory, confirms, each message acknowledged. */
import { connect, credentials } from 'amqplib';
import type { Endpoint } from '../../dist/brokers/adapter.js';
import { inFlight, prefetch } from '../settings.js';
import type { BareClient } from './client.js';

const open = ({ url, username = '', password = '' }: Endpoint) =>
  connect(url, { noDelay: true, credentials: credentials.plain(username, password) });

export const rabbitmq: BareClient = {
  async producer(endpoint, queue, body) {
    const channel = await (await open(endpoint)).createConfirmChannel();
    const options = { persistent: true, mandatory: true };
    return (messages) =>
      new Promise((resolve, reject) => {
        let sent = 0;
        let confirmed = 0;
        const confirm = (error: unknown): void => {
          if (error) reject(new Error('refused'));
          if (++confirmed === messages) resolve();
          else fill();
        };
        const fill = (): void => {
          while (sent < messages && sent - confirmed < inFlight) {
            sent++;
            channel.publish('', queue, body, options, confirm);
          }
        };
        fill();
      });
  },

  async consumer(endpoint, queue, received) {
    const channel = await (await open(endpoint)).createChannel();
    await channel.prefetch(prefetch);
    await channel.consume(queue, (message) => {
      if (!message) return;
      received();
      channel.ack(message);
    });
  },
};
