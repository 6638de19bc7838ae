/** Destinations of the embedded broker: queues that live as long as its process. */
import type { DestinationStats, ServerInfo } from '../adapter.js';
import type { Link } from './link.js';

export function serverInfo(link: Link): ServerInfo {
  return { product: 'mqbench memory broker', version: link.version, nodes: 1 };
}

/** @throws BrokerError */
export async function createDestination(link: Link, destination: string): Promise<void> {
  await link.ask({ type: 'create', destination }, 'make a destination');
}

/** @throws BrokerError */
export async function deleteDestination(link: Link, destination: string): Promise<void> {
  await link.ask({ type: 'delete', destination }, 'delete a destination');
}

/** @throws BrokerError also when there is no such destination */
export async function stats(link: Link, destination: string): Promise<DestinationStats> {
  return (await link.ask({ type: 'stats', destination }, 'give its counters')) ?? {};
}
