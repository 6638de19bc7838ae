/** `pub-sub`: every consumer is a subscriber and gets every message. */
import { z } from 'zod';
import { map } from '../values.js';
import type { PatternDefinition } from './definition.js';
import { durable, durableText, subscriberContradictions } from './subscriptions.js';

export interface PubSubPattern {
  readonly kind: 'pub-sub';
  readonly durable: boolean;
}

const shape = { kind: z.literal('pub-sub'), durable };

export const pubSub: PatternDefinition<PubSubPattern> = {
  summary: 'every consumer is a subscriber and gets every message',
  schema: map(shape, '{kind: pub-sub, durable: true}'),
  knownKeys: () => Object.keys(shape),
  destination: (pattern) => pattern,
  routes: () => [{}],
  contradictions: (_, asked) => subscriberContradictions(asked),
  text: (pattern) => `pub-sub, ${durableText(pattern.durable)}`,
};
