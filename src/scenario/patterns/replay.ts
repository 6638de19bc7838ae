/** `replay`: a work queue whose consumers read everything a second time. */
import { z } from 'zod';
import { map } from '../values.js';
import type { PatternDefinition } from './definition.js';

export interface ReplayPattern {
  readonly kind: 'replay';
}

const shape = { kind: z.literal('replay') };

export const replay: PatternDefinition<ReplayPattern> = {
  summary: 'a work queue whose consumers read everything a second time',
  schema: map(shape, '{kind: replay}'),
  knownKeys: () => Object.keys(shape),
  destination: () => undefined,
  features: ['replay'],
  contradictions: (_, asked) => [
    ...(asked.work === undefined || asked.work === 'transfer'
      ? []
      : [
          {
            path: ['work'],
            message: `with work: ${asked.work} messages are only drained to be counted, and nobody reads them again`,
            hint: 'write work: transfer',
          },
        ]),
    ...(asked.lateConsumers === undefined
      ? []
      : [
          {
            path: ['lateConsumers'],
            message: 'all consumers read again together, so none of them is late',
            hint: 'remove lateConsumers',
          },
        ]),
  ],
  text: () => 'work queue, read a second time from the beginning',
};
