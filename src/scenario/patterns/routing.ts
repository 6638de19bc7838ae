/** `routing`: a subscriber gets the messages whose key is one of its own. */
import { z } from 'zod';
import { map } from '../values.js';
import { bindings, keys } from './keys.js';
import type { PatternDefinition } from './definition.js';
import { checkPattern, durable, durableText, subscriberContradictions, tooFewMessages } from './subscriptions.js';

export interface RoutingPattern {
  readonly kind: 'routing';
  readonly durable: boolean;
  readonly keys: readonly string[];
  /** By subscriber. */
  readonly bindings: readonly (readonly string[])[];
}

const shape = { kind: z.literal('routing'), durable, keys: keys('[info, error]'), bindings: bindings('[[error]]') };

export const routing: PatternDefinition<RoutingPattern> = {
  summary: 'a subscriber gets the messages whose key is one of its own',
  schema: map(shape, '{kind: routing, keys: [info, error], bindings: [[error], [info, error]]}').transform(
    (value, ctx): RoutingPattern => {
      checkPattern(value, ctx);
      return value;
    },
  ),
  knownKeys: () => Object.keys(shape),
  destination: (pattern) => pattern,
  consumers: (pattern) => pattern.bindings.length,
  routes: (pattern) => pattern.keys.map((key) => ({ key })),
  contradictions: (pattern, asked) => [
    ...subscriberContradictions(asked),
    ...tooFewMessages(asked, pattern.keys.length, `${pattern.keys.length} keys`),
  ],
  text: (pattern) => `routing by ${pattern.keys.length} keys, ${durableText(pattern.durable)}`,
};
