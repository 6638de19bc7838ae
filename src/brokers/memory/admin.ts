/** Destinations of the embedded broker, which live as long as its process. */
import type { DestinationSpec, DestinationStats, ServerInfo } from '../adapter.js';
import { assertDestination } from '../../patterns/refusal.js';
import { capabilities } from './capabilities.js';
import type { Pattern } from '../pattern.js';
import type { Link } from './link.js';
import type { BrokerPattern } from './client-message.js';

export function serverInfo(link: Link): ServerInfo {
  return { product: 'mqbench memory broker', version: link.version, nodes: 1 };
}

/** @throws BrokerError */
export async function createDestination(link: Link, spec: DestinationSpec): Promise<void> {
  assertDestination({ capabilities }, spec, {});
  await link.ask(
    {
      type: 'create',
      destination: spec.name,
      consumers: spec.consumers,
      ...(spec.pattern === undefined ? {} : { pattern: brokerPattern(spec.pattern) }),
    },
    'make a destination',
  );
}

/** The pattern as the broker reads it; it has no headers to route by, which assertDestination() has refused. */
function brokerPattern(pattern: Pattern): BrokerPattern {
  switch (pattern.kind) {
    case 'routing':
    case 'topics':
      return { ...pattern, keys: [...pattern.keys], bindings: pattern.bindings.map((own) => [...own]) };
    case 'headers':
      throw new Error('a pattern that was refused');
    case 'work-queue':
    case 'pub-sub':
    case 'request-reply':
      return pattern;
  }
}

/** @throws BrokerError */
export async function deleteDestination(link: Link, destination: string): Promise<void> {
  await link.ask({ type: 'delete', destination }, 'delete a destination');
}

/** @throws BrokerError also when there is no such destination */
export async function stats(link: Link, destination: string): Promise<DestinationStats> {
  return (await link.ask({ type: 'stats', destination }, 'give its counters')) ?? {};
}
