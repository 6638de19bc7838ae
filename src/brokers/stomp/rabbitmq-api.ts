/** Deletes a queue over RabbitMQ's management HTTP API: STOMP itself has no way to. */
import { Agent, request } from 'undici';
import type { Endpoint } from '../adapter.js';

/** Bound on the request, in milliseconds. */
const requestTimeoutMs = 3_000;

/** @returns false where there is no management interface, or it does not let us; what is gone already counts as deleted */
export async function deleteRabbitmqQueue(endpoint: Endpoint, name: string): Promise<boolean> {
  if (endpoint.managementUrl === undefined) return false;
  const agent = new Agent({ connect: { ...endpoint.tls, timeout: requestTimeoutMs } });
  try {
    const base = new URL(endpoint.managementUrl);
    const vhost = decodeURIComponent(new URL(endpoint.url).pathname.slice(1)) || '/';
    const path = `api/queues/${encodeURIComponent(vhost)}/${encodeURIComponent(name)}`;
    const credentials = `${endpoint.username ?? 'guest'}:${endpoint.password ?? 'guest'}`;
    const response = await request(new URL(path, new URL(base.pathname.replace(/\/*$/, '/'), base.origin)), {
      method: 'DELETE',
      dispatcher: agent,
      signal: AbortSignal.timeout(requestTimeoutMs),
      headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    });
    await response.body.dump();
    return response.statusCode === 204 || response.statusCode === 404;
  } catch {
    return false;
  } finally {
    await agent.destroy();
  }
}
