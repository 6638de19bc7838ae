/** `topics`: a subscriber gets the messages whose dotted key matches one of its patterns. */
import { z } from 'zod';
import { map } from '../values.js';
import { bindings, keys } from './keys.js';
import type { PatternDefinition } from './definition.js';
import { checkPattern, durable, durableText, subscriberContradictions, tooFewMessages } from './subscriptions.js';

export interface TopicsPattern {
  readonly kind: 'topics';
  readonly durable: boolean;
  readonly keys: readonly string[];
  /** By subscriber. */
  readonly bindings: readonly (readonly string[])[];
}

const shape = {
  kind: z.literal('topics'),
  durable,
  keys: keys('[kern.info, kern.critical]'),
  bindings: bindings('[[kern.*], ["#"]]'),
};

export const topics: PatternDefinition<TopicsPattern> = {
  summary:
    'a subscriber gets the messages whose dotted key matches one of its patterns (* is one word, # zero or more)',
  schema: map(
    shape,
    '{kind: topics, keys: [kern.info, kern.critical], bindings: [[kern.*], ["*.critical"]]}',
  ).transform((value, ctx): TopicsPattern => {
    checkPattern(value, ctx);
    return value;
  }),
  knownKeys: () => Object.keys(shape),
  destination: (pattern) => pattern,
  consumers: (pattern) => pattern.bindings.length,
  routes: (pattern) => pattern.keys.map((key) => ({ key })),
  contradictions: (pattern, asked) => [
    ...subscriberContradictions(asked),
    ...tooFewMessages(asked, pattern.keys.length, `${pattern.keys.length} keys`),
  ],
  text: (pattern) => `topics of ${pattern.keys.length} keys, ${durableText(pattern.durable)}`,
};
