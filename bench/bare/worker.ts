/** One bare process: argv names the client and the role; the endpoint and the rest come in the first message. */
import type { Endpoint } from '../../dist/brokers/adapter.js';
import { activemq } from './activemq.js';
import type { BareClient } from './client.js';
import { kafka } from './kafka.js';
import { rabbitmq } from './rabbitmq.js';

export interface Start {
  readonly client: string;
  readonly role: 'producer' | 'consumer';
  readonly endpoint: Endpoint;
  readonly destination: string;
  readonly sizeBytes: number;
}
/** Consumers: how many messages so far, and when the count last changed (seen every 5 ms). */
export interface Count {
  readonly received: number;
  readonly lastNs: bigint;
}
export type ToBare = { readonly start: Start } | { readonly send: number };
export type FromBare =
  { readonly ready: true } | { readonly sent: { readonly firstNs: bigint } } | { readonly count: Count };

export const bareClients: Readonly<Record<string, BareClient>> = { rabbitmq, kafka, activemq };

const say = (message: FromBare): void => void process.send?.(message);
let send: ((messages: number) => Promise<void>) | undefined;

async function start({ client, role, endpoint, destination, sizeBytes }: Start): Promise<void> {
  const bare = bareClients[client];
  if (!bare) throw new Error(`no bare loop for ${client}`);
  if (role === 'producer') send = await bare.producer(endpoint, destination, Buffer.alloc(sizeBytes, 1));
  else {
    let received = 0;
    let told = 0;
    await bare.consumer(endpoint, destination, () => received++);
    setInterval(() => {
      if (received === told) return;
      told = received;
      say({ count: { received, lastNs: process.hrtime.bigint() } });
    }, 5);
  }
  say({ ready: true });
}

if (process.send) {
  process.on('message', (message: ToBare) => {
    if ('start' in message) void start(message.start);
    else {
      const firstNs = process.hrtime.bigint();
      void send?.(message.send).then(() => say({ sent: { firstNs } }));
    }
  });
  process.on('disconnect', () => process.exit(0));
}
