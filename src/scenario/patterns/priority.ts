/** `priority`: a work queue in which urgent messages overtake. */
import { z } from 'zod';
import { limits } from '../limits.js';
import { count, list, map } from '../values.js';
import type { PatternDefinition } from './definition.js';
import { tooFewMessages } from './subscriptions.js';

export interface PriorityPattern {
  readonly kind: 'priority';
  /** By level from 0, the least urgent: how many of as many messages as all weights together have it. */
  readonly weights: readonly number[];
}

const shape = {
  kind: z.literal('priority'),
  weights: list(count(limits.weight), 'weights', '[8, 1, 1]', limits.priorities),
};

const sum = (weights: readonly number[]): number => weights.reduce((total, weight) => total + weight, 0);

export const priority: PatternDefinition<PriorityPattern> = {
  summary: 'a work queue in which urgent messages overtake',
  schema: map(shape, '{kind: priority, weights: [8, 1, 1]}'),
  knownKeys: () => Object.keys(shape),
  destination: ({ weights }) => ({ kind: 'work-queue', priorities: weights.length }),
  routes: ({ weights }) =>
    weights.flatMap((weight, level) => Array<{ priority: number }>(weight).fill({ priority: level })),
  contradictions: ({ weights }, asked) => [
    ...(asked.work === undefined || asked.work === 'transfer'
      ? []
      : [
          {
            path: ['work'],
            message: `with work: ${asked.work} no message waits less for being urgent: latency by priority is measured while both sides work`,
            hint: 'write work: transfer',
          },
        ]),
    ...tooFewMessages(asked, sum(weights), `${weights.length} levels in these weights`),
  ],
  text: ({ weights }) => `work queue with ${weights.length} levels of priority, weights ${weights.join(':')}`,
};
