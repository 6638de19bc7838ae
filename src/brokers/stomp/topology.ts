/** What each pattern is on ActiveMQ: queues and topics, what is subscribed to, and how a message is addressed. */
import type { DestinationSpec } from '../adapter.js';
import type { HeaderBinding, Route } from '../pattern.js';
import type { Dialect } from './dialect.js';
import type { OutgoingHeaders } from './wire.js';

/**
 * JMS priorities of up to three levels, least urgent first. KahaDB keeps low (below 4), default (4) and high
 * messages apart and no more (https://activemq.apache.org/how-can-i-support-priority-queues).
 */
export const jmsPriorities: readonly number[] = [1, 4, 7];

/**
 * Headers of a SEND or a MESSAGE that STOMP and ActiveMQ take for themselves and that a selector does not see
 * (https://activemq.apache.org/components/classic/documentation/stomp, "Message Extensions"); of the names that a
 * header may have (src/patterns/problems.ts), so those with a "-" are left out.
 */
const stompHeaders: ReadonlySet<string> = new Set([
  'destination',
  'expires',
  'persistent',
  'priority',
  'receipt',
  'redelivered',
  'subscription',
  'timestamp',
  'transaction',
  'transformation',
  'type',
]);

export const isStompHeader = (name: string): boolean => stompHeaders.has(name);

/**
 * In front of a queue's name, so that a destination policy with `prioritizedMessages` can mean it: without one,
 * ActiveMQ takes priorities and ignores them.
 */
const prioritized = 'mqbench-priority.';

/** The physical name of the one queue, where the pattern has no subscriptions. */
export function queueName({ name, pattern }: DestinationSpec): string {
  return pattern?.kind === 'work-queue' && pattern.priorities !== undefined ? prioritized + name : name;
}

/** Physical names of all topics that are sent to. */
export function topicNames({ name, pattern }: DestinationSpec): readonly string[] {
  switch (pattern?.kind) {
    case 'pub-sub':
    case 'headers':
      return [name];
    case 'routing':
    case 'topics':
      return pattern.keys.map((key) => topicOf(name, key));
    case undefined:
    case 'work-queue':
    case 'request-reply':
      return [];
  }
}

/** Everything that a destination is on the broker, by physical names; what goes with a consumer is no part of it. */
export function partsOf(spec: DestinationSpec): readonly { readonly kind: 'queue' | 'topic'; readonly name: string }[] {
  const topics = topicNames(spec);
  return topics.length === 0
    ? [{ kind: 'queue', name: queueName(spec) }]
    : topics.map((name) => ({ kind: 'topic', name }));
}

const topicOf = (name: string, key: string): string => `${name}.${key}`;

/**
 * A binding in ActiveMQ's words (https://activemq.apache.org/wildcards): `*` is one word in both, `#` is `>`.
 * @returns undefined where there is no equal
 */
export function wildcardOf(binding: string): string | undefined {
  const words = binding.split('.');
  const first = words.indexOf('#');
  if (first < 0) return binding;
  if (first !== words.length - 1) return undefined;
  return words.with(-1, '>').join('.');
}

/** The SUBSCRIBE headers that make consumer `index` get its messages, without id, ack and prefetch. */
export function subscriptionOf(spec: DestinationSpec, index: number, dialect: Dialect): OutgoingHeaders {
  const { name, pattern } = spec;
  switch (pattern?.kind) {
    case 'pub-sub':
      return { destination: dialect.topic(name) };
    case 'headers':
      return { destination: dialect.topic(name), selector: selectorOf(pattern.bindings[index] ?? []) };
    case 'routing':
    case 'topics': {
      // One subscription to all of them (https://activemq.apache.org/composite-destinations), and not one each: a
      // message that two match comes once.
      const wildcards = (pattern.bindings[index] ?? []).map((binding) => wildcardOf(binding) ?? binding);
      return { destination: wildcards.map((wildcard) => dialect.topic(topicOf(name, wildcard))).join() };
    }
    case undefined:
    case 'work-queue':
    case 'request-reply':
      return { destination: dialect.queue(queueName(spec)) };
  }
}

/** Headers as a JMS selector (Jakarta Messaging 3.1, section 3.8.1). */
function selectorOf(bindings: readonly HeaderBinding[]): string {
  return bindings
    .map(({ match, headers }) =>
      Object.entries(headers)
        .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`)
        .join(match === 'all' ? ' AND ' : ' OR '),
    )
    .map((condition) => `(${condition})`)
    .join(' OR ');
}

/** Finds a message's destination and headers. */
export class Addressing {
  readonly #only: string | undefined;
  readonly #byKey = new Map<string, string>();
  readonly #priorities: readonly number[];

  constructor(spec: DestinationSpec, dialect: Dialect) {
    const { name, pattern } = spec;
    const topics = topicNames(spec);
    this.#only = topics.length === 0 ? dialect.queue(queueName(spec)) : undefined;
    if (pattern?.kind === 'routing' || pattern?.kind === 'topics') {
      for (const key of pattern.keys) this.#byKey.set(key, dialect.topic(topicOf(name, key)));
    } else if (topics.length > 0) {
      this.#only = dialect.topic(name);
    }
    const levels = pattern?.kind === 'work-queue' ? (pattern.priorities ?? 0) : 0;
    // Two levels are the default and what is above it.
    this.#priorities = jmsPriorities.slice(jmsPriorities.length - levels);
  }

  /** @throws RangeError for a key that the destination does not have */
  destination(route: Route | undefined): string {
    if (this.#only !== undefined) return this.#only;
    const destination = this.#byKey.get(route?.key ?? '');
    if (destination === undefined) throw new RangeError(`the destination has no key "${route?.key ?? ''}"`);
    return destination;
  }

  /** Adds what the route asks for to a SEND's headers. */
  addTo(headers: OutgoingHeaders, route: Route | undefined): void {
    if (route === undefined) return;
    // A binding cannot ask for STOMP's own headers, so nobody misses one; what it means to the broker must stay as it is.
    for (const [name, value] of Object.entries(route.headers ?? {}))
      if (!isStompHeader(name) && !Object.hasOwn(headers, name)) headers[name] = value;
    const priority = route.priority === undefined ? undefined : this.#priorities[route.priority];
    if (priority !== undefined) headers['priority'] = priority;
  }
}

/** The key that a delivery was sent with, from its destination header. */
export function keyOf({ name, pattern }: DestinationSpec, destination: string | undefined): string | undefined {
  if (pattern?.kind !== 'routing' && pattern?.kind !== 'topics') return undefined;
  const at = destination?.indexOf(`${name}.`) ?? -1;
  return at < 0 ? undefined : destination?.slice(at + name.length + 1);
}
