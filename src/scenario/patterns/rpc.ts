/** `rpc`: each request goes to one of the consumers, which answers the producer that sent it. */
import { z } from 'zod';
import type { Asked, Contradiction } from '../contradictions.js';
import { map } from '../values.js';
import type { PatternDefinition } from './definition.js';

export interface RpcPattern {
  readonly kind: 'rpc';
}

const shape = { kind: z.literal('rpc') };

export const rpc: PatternDefinition<RpcPattern> = {
  summary: 'each request goes to one of the consumers, and its reply back to the producer that sent it',
  schema: map(shape, '{kind: rpc}'),
  knownKeys: () => Object.keys(shape),
  destination: (_, { producers }) => ({ kind: 'request-reply', requesters: producers }),
  contradictions: (_, asked) => [...together(asked), ...oneDestination(asked)],
  text: () => 'rpc (request and reply)',
};

function together({ work }: Asked): Contradiction[] {
  if (work === undefined || work === 'transfer') return [];
  return [
    {
      path: ['work'],
      message: `with work: ${work} producers and consumers do not work together, and nobody would answer`,
      hint: 'write work: transfer, or another pattern',
    },
  ];
}

function oneDestination({ destinations }: Asked): Contradiction[] {
  if (destinations === undefined || destinations === 1) return [];
  return [
    {
      path: ['destinations'],
      message: `requests go to one destination, not to ${destinations}`,
      hint: 'remove destinations; consumers share the requests',
    },
  ];
}
