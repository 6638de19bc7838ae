/**
 * Where servers that speak STOMP differ: what they call themselves, names of destinations, headers beyond the protocol.
 * ActiveMQ Classic alone is known so far; emptying a queue (admin.ts) and statistics use its own extensions too.
 */

/** One server's ways. */
export interface Dialect {
  readonly product: string;
  /** As the server says it; undefined where it does not. */
  readonly version: string | undefined;
  /** The destination header of a queue. */
  queue(name: string): string;
  /** The destination header of a topic; `>` and `*` in it are wildcards. */
  topic(name: string): string;
  /** Headers for SUBSCRIBE that bound what is delivered and not yet acknowledged. */
  prefetchHeaders(prefetch: number): Record<string, number>;
}

/**
 * The dialect behind the `server` header of CONNECTED, which STOMP 1.2 defines as `name/version comment`.
 * ActiveMQ Classic says `ActiveMQ/6.3.1`.
 * @returns undefined for a server that is not known
 */
export function dialectOf(serverHeader: string | undefined): Dialect | undefined {
  const [, name, version] = /^([^/\s]+)(?:\/(\S+))?/.exec(serverHeader ?? '') ?? [];
  if (name !== 'ActiveMQ') return undefined;
  return {
    product: 'Apache ActiveMQ Classic',
    version,
    queue: (queueName) => `/queue/${queueName}`,
    topic: (topicName) => `/topic/${topicName}`,
    prefetchHeaders: (prefetch) => ({ 'activemq.prefetchSize': prefetch }),
  };
}
