/** Removes queues and topics over ActiveMQ Classic's HTTP management interface, the only way to do so from outside its JVM. */
import { Agent, request } from 'undici';
import { z } from 'zod';
import type { Endpoint } from '../adapter.js';

/** Bound on one request, in milliseconds. */
const requestTimeoutMs = 3_000;

/** Jolokia answers HTTP 200 and has the real status inside. */
const answerSchema = z.object({ status: z.number(), value: z.unknown() });

/**
 * Removes a queue with the messages in it, or a topic.
 * @returns false where there is no management interface, it is read-only, or the destination is in use
 */
export async function remove(endpoint: Endpoint, kind: 'Queue' | 'Topic', name: string): Promise<boolean> {
  if (endpoint.managementUrl === undefined) return false;
  try {
    const brokers = await ask(endpoint, { type: 'search', mbean: 'org.apache.activemq:type=Broker,brokerName=*' });
    const mbean = z.array(z.string()).min(1).parse(brokers.value)[0];
    const operation = { type: 'exec', mbean, operation: `remove${kind}(java.lang.String)`, arguments: [name] };
    return (await ask(endpoint, operation)).status === 200;
  } catch {
    return false;
  }
}

async function ask(endpoint: Endpoint, question: object): Promise<z.infer<typeof answerSchema>> {
  const url = new URL(endpoint.managementUrl ?? '');
  const credentials = `${endpoint.username ?? ''}:${endpoint.password ?? ''}`;
  const agent = new Agent({ connect: { ...endpoint.tls, timeout: requestTimeoutMs } });
  try {
    const response = await request(url, {
      method: 'POST',
      dispatcher: agent,
      body: JSON.stringify(question),
      signal: AbortSignal.timeout(requestTimeoutMs),
      headers: {
        'content-type': 'application/json',
        // ActiveMQ's own policy is strict: a request without an Origin that it knows is refused.
        origin: url.origin,
        ...(endpoint.username === undefined
          ? {}
          : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
      },
    });
    return answerSchema.parse(await response.body.json());
  } finally {
    await agent.destroy();
  }
}
