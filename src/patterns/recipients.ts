/**
 * Which subscribers must get a message, from the patterns' definitions alone. Judging uses it, so nothing here is
 * shared with the code that routes: not the brokers', not the embedded broker's.
 */
import { hasSubscriptions, type HeaderBinding, type Pattern, type Route } from '../brokers/pattern.js';

/**
 * Indices of the subscribers that must get a message sent with `route`, ascending; undefined where the pattern has
 * no subscriptions, and one of the consumers, whichever, must get it.
 * @param subscribers how many there are
 */
export function recipients(
  pattern: Pattern | undefined,
  subscribers: number,
  route: Route = {},
): readonly number[] | undefined {
  if (!hasSubscriptions(pattern)) return undefined;
  const all = Array.from({ length: subscribers }, (_, index) => index);
  switch (pattern.kind) {
    case 'pub-sub':
      return all;
    case 'routing':
      return all.filter((index) => pattern.bindings[index]?.some((key) => key === route.key));
    case 'topics':
      return all.filter((index) => pattern.bindings[index]?.some((binding) => topicMatches(binding, route.key)));
    case 'headers':
      return all.filter((index) => pattern.bindings[index]?.some((binding) => headersMatch(binding, route.headers)));
  }
}

/**
 * Whether a dotted key matches a pattern of a topic exchange (AMQP 0-9-1, section 3.1.3.3): `*` is exactly one word,
 * `#` zero or more. Goes through the key's words once and keeps the set of places in the pattern that the words so
 * far can have led to, so that several `#` cost nothing extra.
 */
export function topicMatches(pattern: string, key: string | undefined): boolean {
  if (key === undefined) return false;
  const expected = pattern.split('.');
  // A `#` may stand for no word at all, so whoever stands before one stands behind it too.
  const behindHashes = (places: Iterable<number>): Set<number> => {
    const reached = new Set<number>();
    for (let place of places) {
      reached.add(place);
      while (expected[place] === '#') reached.add(++place);
    }
    return reached;
  };
  let places = behindHashes([0]);
  for (const word of key.split('.')) {
    const next: number[] = [];
    for (const place of places) {
      if (expected[place] === '#') next.push(place);
      else if (expected[place] === '*' || expected[place] === word) next.push(place + 1);
    }
    places = behindHashes(next);
  }
  return places.has(expected.length);
}

/** Whether headers have the values that a binding names, all of them or at least one; other headers do not matter. */
export function headersMatch(binding: HeaderBinding, headers: Route['headers'] = {}): boolean {
  const wanted = Object.entries(binding.headers);
  const has = ([name, value]: [string, string]): boolean => Object.hasOwn(headers, name) && headers[name] === value;
  return binding.match === 'all' ? wanted.every(has) : wanted.some(has);
}
