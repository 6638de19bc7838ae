/** What is wrong with a pattern whatever the broker: found before anything starts. */
import type { DestinationSpec } from '../brokers/adapter.js';
import { hasSubscriptions, type Pattern, type Topics } from '../brokers/pattern.js';
import { topicMatches } from './recipients.js';

/**
 * Letters, digits and `-`. `*`, `#`, `>`, `.`, `,`, `$` and spaces mean something to one broker or another, and Kafka
 * takes `_` and `.` in the name of a topic for the same.
 */
const word = /^[A-Za-z0-9-]+$/;
/**
 * What a JMS selector takes as an identifier without quoting it (Jakarta Messaging 3.1, section 3.8.1.1); but for
 * `__proto__`, which is no key of an object like others.
 */
const headerName = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]*$/;
/** Reserved in selectors, in either case. */
const selectorWords = new Set(['null', 'true', 'false', 'not', 'and', 'or', 'between', 'like', 'in', 'is', 'escape']);
/** Longest key in bytes; with a destination's name before it, it must fit into the 249 of a Kafka topic. */
const maxKeyLength = 150;
/** Longest value of a header. */
const maxValueLength = 255;
const maxPriorities = 10;

/**
 * Every mistake in a destination's pattern, each a sentence without a full stop.
 * @returns empty where there is none
 */
export function patternProblems({ consumers, pattern }: Omit<DestinationSpec, 'name'>): readonly string[] {
  switch (pattern?.kind) {
    case undefined:
    case 'pub-sub':
      return [];
    case 'work-queue':
      return isCount(pattern.priorities ?? 2, 2, maxPriorities)
        ? []
        : [`there can be 2 to ${maxPriorities} levels of priority, not ${pattern.priorities}`];
    case 'request-reply':
      return isCount(pattern.requesters, 1) ? [] : [`${pattern.requesters} requesters send no request`];
    case 'routing':
      return [
        ...keyProblems(pattern.keys),
        ...bindingProblems(pattern, consumers),
        ...eachBinding(pattern.bindings, (key) => keyProblem(key) ?? unless(pattern.keys.includes(key), unsent(key))),
      ];
    case 'topics':
      return [
        ...keyProblems(pattern.keys),
        ...bindingProblems(pattern, consumers),
        ...eachBinding(pattern.bindings, (binding) => topicProblem(binding, pattern)),
      ];
    case 'headers':
      return [
        ...bindingProblems(pattern, consumers),
        ...eachBinding(pattern.bindings, ({ headers }) =>
          Object.keys(headers).length === 0 ? 'a binding names no header' : headersProblem(headers),
        ),
      ];
  }
}

const isCount = (value: number, least: number, most = Infinity): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

const unless = (fine: boolean, problem: string): string | undefined => (fine ? undefined : problem);

const unsent = (binding: string): string => `the binding "${binding}" matches none of the keys that are sent`;

function keyProblems(keys: readonly string[]): readonly string[] {
  if (keys.length === 0) return ['no key is sent'];
  const twice = keys.filter((key, at) => keys.indexOf(key) !== at).map((key) => `the key "${key}" is there twice`);
  return [...keys.map(keyProblem).filter((problem) => problem !== undefined), ...twice];
}

function keyProblem(key: string): string | undefined {
  if (key.length > maxKeyLength) return `the key "${key}" is longer than ${maxKeyLength} characters`;
  return unless(
    key.split('.').every((part) => word.test(part)),
    `the key "${key}" is not dotted words of letters, digits and "-"`,
  );
}

function topicProblem(binding: string, { keys }: Topics): string | undefined {
  if (binding.length > maxKeyLength) return `the binding "${binding}" is longer than ${maxKeyLength} characters`;
  if (!binding.split('.').every((part) => part === '*' || part === '#' || word.test(part))) {
    return `the binding "${binding}" is not dotted words of letters, digits and "-", where "*" or "#" may stand for a word`;
  }
  return unless(
    keys.some((key) => topicMatches(binding, key)),
    unsent(binding),
  );
}

/** What is wrong with the headers of a message, or with those that a binding names; undefined where nothing is. */
export function headersProblem(headers: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(headers)) {
    if (!headerName.test(name) || selectorWords.has(name.toLowerCase())) {
      return `the header "${name}" is not a plain name of letters, digits and "_"`;
    }
    if (value.length > maxValueLength || /\p{Cc}/u.test(value)) {
      return `the value of the header "${name}" is longer than ${maxValueLength} characters or has control characters`;
    }
  }
  return undefined;
}

function bindingProblems(pattern: Pattern & { readonly bindings: readonly unknown[] }, consumers: number): string[] {
  if (!hasSubscriptions(pattern) || pattern.bindings.length === consumers) return [];
  return [`there are ${consumers} subscribers and bindings for ${pattern.bindings.length}`];
}

function eachBinding<T>(
  bindings: readonly (readonly T[])[],
  problem: (binding: T) => string | undefined,
): readonly string[] {
  return bindings.flatMap((own, subscriber) =>
    own.length === 0
      ? [`subscriber ${subscriber} has no binding`]
      : own.map(problem).filter((found) => found !== undefined),
  );
}
