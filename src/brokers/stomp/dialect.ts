/** Where servers that speak STOMP differ: what they call themselves, names of destinations, headers beyond the protocol. */

/** One server's ways. */
export interface Dialect {
  readonly product: string;
  /** As the server says it; undefined where it does not. */
  readonly version: string | undefined;
  /** ActiveMQ Classic: answers a SUBSCRIBE with `browser:true` with a queue's messages and an end mark. */
  readonly canBrowse: boolean;
  /** ActiveMQ Classic: may have the statistics plugin. */
  readonly hasStatistics: boolean;
  /** Headers for SUBSCRIBE that bound what is delivered and not yet acknowledged. */
  prefetchHeaders(prefetch: number): Record<string, number>;
}

/** The destination header of a queue. */
export function queue(name: string): string {
  return `/queue/${name}`;
}

/**
 * The dialect behind the `server` header of CONNECTED, which STOMP 1.2 defines as `name/version comment`.
 * ActiveMQ Classic says `ActiveMQ/6.3.1`.
 */
export function dialectOf(serverHeader: string | undefined): Dialect {
  const [, name, version] = /^([^/\s]+)(?:\/(\S+))?/.exec(serverHeader ?? '') ?? [];
  if (name === 'ActiveMQ') {
    return {
      product: 'Apache ActiveMQ Classic',
      version,
      canBrowse: true,
      hasStatistics: true,
      prefetchHeaders: (prefetch) => ({ 'activemq.prefetchSize': prefetch }),
    };
  }
  return {
    product: name ?? 'unknown STOMP server',
    version,
    canBrowse: false,
    hasStatistics: false,
    prefetchHeaders: () => ({}),
  };
}
