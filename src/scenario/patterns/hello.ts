/** `hello`: a few messages from one producer to one consumer, shown one by one and not measured. */
import { z } from 'zod';
import type { Asked, Contradiction } from '../contradictions.js';
import { map } from '../values.js';
import { formatCount } from '../units.js';
import { sentence, tooSmall } from './texts.js';
import type { PatternDefinition } from './definition.js';

export interface HelloPattern {
  readonly kind: 'hello';
  /** What each message says, unless `payload` says otherwise. */
  readonly text: string;
}

const shape = { kind: z.literal('hello'), text: sentence().prefault('Hello World!') };

/** More are no few messages, and nobody reads them. */
const mostMessages = 100;

function contradictionsOf(text: string, asked: Asked): Contradiction[] {
  const { producers, consumers, messages, durationSeconds, load, payload } = asked;
  const found: Contradiction[] = payload?.kind === 'random' ? tooSmall([text], asked) : [];
  const measure = 'for more write pattern: work-queue';
  if (producers !== undefined && producers > 1)
    found.push({ path: ['producers'], message: `hello has one producer, not ${producers}`, hint: measure });
  if (consumers !== undefined && consumers > 1)
    found.push({ path: ['consumers'], message: `hello has one consumer, not ${consumers}`, hint: measure });
  if (durationSeconds !== undefined)
    found.push({ path: ['duration'], message: 'hello sends a few messages, not as many as fit', hint: 'messages: 3' });
  if (messages !== undefined && messages > mostMessages)
    found.push({
      path: ['messages'],
      message: `hello sends a few messages and shows each; ${formatCount(messages)} are too many`,
      hint: `at most ${mostMessages}; ${measure}`,
    });
  if (load?.kind === 'walk')
    found.push({
      path: ['load'],
      message: 'a walk over rates measures, and hello does not',
      hint: 'remove load, or keep one rate',
    });
  return found;
}

export const hello: PatternDefinition<HelloPattern> = {
  summary: 'a few messages from one producer to one consumer, shown as they are sent and received and not measured',
  schema: map(shape, '{kind: hello, text: "Hello World!"}'),
  knownKeys: () => Object.keys(shape),
  destination: () => undefined,
  counted: true,
  contradictions: ({ text }, asked) => contradictionsOf(text, asked),
  text: ({ kind }) => kind,
};
