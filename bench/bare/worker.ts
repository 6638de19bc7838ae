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
/** Consumers: how many messages so far, and when the last of them came. */
export interface Count {
  readonly received: number;
  readonly lastNs: bigint;
}
export type ToBare = { readonly start: Start } | { readonly send: number };
export type FromBare =
  { readonly ready: true } | { readonly sent: { readonly firstNs: bigint } } | { readonly count: Count };

export const bareClients: Readonly<Record<string, BareClient>> = { rabbitmq, kafka, activemq };

/**
 * How often a consumer tells its count, in milliseconds. Seldom: told every 5 ms, the messages between the processes
 * kept a virtual machine's cores from going to sleep, and ActiveMQ, which waits for the disk and for its threads to be
 * woken, was a sixth faster beside the bare loop than beside anything else.
 */
const tellMs = 100;

const say = (message: FromBare): void => void process.send?.(message);
let send: ((messages: number) => Promise<void>) | undefined;

async function start({ client, role, endpoint, destination, sizeBytes }: Start): Promise<void> {
  const bare = bareClients[client];
  if (!bare) throw new Error(`no bare loop for ${client}`);
  if (role === 'producer') send = await bare.producer(endpoint, destination, Buffer.alloc(sizeBytes, 1));
  else {
    const count = { received: 0, lastNs: 0n };
    let looks = false;
    const look = (): void => {
      looks = false;
      count.lastNs = process.hrtime.bigint();
    };
    await bare.consumer(endpoint, destination, () => {
      count.received++;
      if (looks) return;
      looks = true;
      // One reading of the clock for all that came in one turn.
      setImmediate(look);
    });
    let toldNs = 0n;
    setInterval(() => {
      if (count.lastNs === toldNs) return;
      toldNs = count.lastNs;
      say({ count });
    }, tellMs);
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
