/** `work-queue`: every message goes to exactly one of the consumers. */
import { z } from 'zod';
import { map } from '../values.js';
import type { PatternDefinition } from './definition.js';

export interface WorkQueuePattern {
  readonly kind: 'work-queue';
}

const shape = { kind: z.literal('work-queue') };

export const workQueue: PatternDefinition<WorkQueuePattern> = {
  summary: 'every message goes to exactly one of the consumers',
  schema: map(shape, '{kind: work-queue}'),
  knownKeys: () => Object.keys(shape),
  destination: () => undefined,
  text: ({ kind }) => kind,
};
