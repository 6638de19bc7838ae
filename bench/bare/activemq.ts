/** The bare stompit loop: persistent, a receipt on every SEND, client-individual acknowledgement of each message. */
import type { Socket } from 'node:net';
import stompit from 'stompit';
import type { Endpoint } from '../../dist/brokers/adapter.js';
import { inFlight, prefetch } from '../settings.js';
import type { BareClient } from './client.js';

const open = ({ url, username, password }: Endpoint): Promise<stompit.Client> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const connectHeaders = { host: '/', login: username, passcode: password };
    stompit.connect({ host: hostname, port: Number(port), connectHeaders }, (error, client) => {
      if (error) return reject(error);
      (client.getTransportSocket() as Socket).setNoDelay(true);
      resolve(client);
    });
  });

export const activemq: BareClient = {
  async producer(endpoint, queue, body) {
    const client = await open(endpoint);
    return (messages) =>
      new Promise((resolve, reject) => {
        client.once('error', reject);
        let sent = 0;
        let confirmed = 0;
        const fill = (): void => {
          while (sent < messages && sent - confirmed < inFlight) {
            sent++;
            const frame = client.send(
              { destination: `/queue/${queue}`, persistent: 'true', 'content-length': body.length },
              { onReceipt: () => (++confirmed === messages ? resolve() : fill()) } as stompit.Client.SendOptions,
            );
            frame.end(body);
          }
        };
        fill();
      });
  },

  async consumer(endpoint, queue, received) {
    const client = await open(endpoint);
    client.subscribe(
      { destination: `/queue/${queue}`, ack: 'client-individual', 'activemq.prefetchSize': String(prefetch) },
      (error, message) => {
        if (error) return;
        message.on('data', () => undefined);
        message.on('end', () => {
          received();
          client.ack(message);
        });
      },
    );
  },
};
