/** What STOMP and stompit can do, and which destinations they cannot have. */
import type { Capabilities, DestinationSpec } from '../adapter.js';
import { productOf } from './dialect.js';
import type { StompBroker, StompOptions } from './options.js';
import { isStompHeader, jmsPriorities, wildcardOf } from './topology.js';

/**
 * ActiveMQ's default `wireFormat.maxFrameSize` of 100 MiB counts a whole frame; the rest is for the headers, also
 * those that the broker adds on the way out. It takes a heap of 1 GiB to pass on one such message.
 */
const maxFrameBytes = 104_857_600;
const headerBytes = 4_096;

export const capabilities: Capabilities = {
  guarantees: {
    'at-most-once': true,
    'at-least-once': true,
    replicated: { reason: 'STOMP cannot ask for replication, and a receipt says nothing of other brokers' },
  },
  patterns: {
    'pub-sub': true,
    routing: true,
    topics: true,
    headers: true,
    'request-reply': true,
    'durable-subscriptions': true,
    priority: true,
    replay: { reason: 'a queue or durable subscription forgets what is acknowledged' },
    transactions: true,
  },
  partitioned: false,
  dispatch: 'dynamic',
  prefetch: true,
  redeliveredFlag: true,
  maxBodyBytes: maxFrameBytes - headerBytes,
};

/** The server that options name. */
export function brokerOf({ broker = 'activemq' }: StompOptions): StompBroker {
  return broker;
}

/** What is otherwise on servers other than ActiveMQ Classic. */
export function capabilitiesWith(options: StompOptions): Partial<Pick<Capabilities, 'prefetch' | 'redeliveredFlag'>> {
  if (brokerOf(options) !== 'artemis') return {};
  return {
    prefetch: { reason: 'Artemis bounds what a STOMP consumer holds by bytes (consumer-window-size), not by messages' },
    // It says so of a message that it knows a consumer has had, and of the others that went with the connection not.
    redeliveredFlag: false,
  };
}

/** @returns a clause; undefined where there is nothing against it */
export function refuses({ pattern }: Omit<DestinationSpec, 'name'>, options: StompOptions): string | undefined {
  const broker = brokerOf(options);
  if (
    broker !== 'activemq' &&
    pattern?.kind !== undefined &&
    (pattern.kind !== 'work-queue' || pattern.priorities !== undefined)
  )
    return `over STOMP the adapter has plain work queues alone on ${productOf(broker)}`;
  switch (pattern?.kind) {
    case 'work-queue':
      return (pattern.priorities ?? 0) > jmsPriorities.length
        ? `ActiveMQ's store tells ${jmsPriorities.length} levels of priority apart, not ${pattern.priorities}`
        : undefined;
    case 'routing':
    case 'topics':
      if (pattern.durable && pattern.bindings.some((own) => own.length > 1)) {
        return 'an ActiveMQ durable subscription has one destination, so each subscriber can have one binding';
      }
      if (pattern.kind === 'routing') return undefined;
      for (const binding of pattern.bindings.flat()) {
        if (wildcardOf(binding) === undefined) {
          return `ActiveMQ has no wildcard for the binding "${binding}": its ">" stands at the end, after plain words`;
        }
      }
      return undefined;
    case 'headers': {
      const names = pattern.bindings.flat().flatMap(({ headers }) => Object.keys(headers));
      const taken = names.find(isStompHeader);
      return taken === undefined
        ? undefined
        : `STOMP has a header "${taken}" of its own, which ActiveMQ's selectors do not see`;
    }
    case undefined:
    case 'pub-sub':
    case 'request-reply':
      return undefined;
  }
}
