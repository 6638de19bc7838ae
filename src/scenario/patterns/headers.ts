/** `headers`: a subscriber gets the messages whose headers one of its bindings matches. */
import { z } from 'zod';
import type { HeaderBinding } from '../../brokers/pattern.js';
import { headersProblem } from '../../patterns/problems.js';
import { headersMatch } from '../../patterns/recipients.js';
import { limits } from '../limits.js';
import { show } from '../show.js';
import { fail, list, map, oneOf, written } from '../values.js';
import type { PatternDefinition } from './definition.js';
import { checkPattern, durable, durableText, subscriberContradictions, tooFewMessages } from './subscriptions.js';

type Headers = Readonly<Record<string, string>>;

export interface HeadersPattern {
  readonly kind: 'headers';
  readonly durable: boolean;
  /** What the messages carry, in turn. */
  readonly messages: readonly Headers[];
  /** By subscriber. */
  readonly bindings: readonly (readonly HeaderBinding[])[];
}

const readHeaders = z.unknown().transform((value, ctx): Headers => {
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  if (entries.length === 0)
    return fail(ctx, `expected a map of headers, got ${show(value)}`, 'for example {format: pdf, kind: report}');
  for (const [name, header] of entries as [string, unknown][])
    if (typeof header !== 'string')
      fail(ctx, `expected a text, got ${show(header)}`, 'a header is a text; put quotes around a number', [name]);
  return value as Headers;
});
const headers = readHeaders.register(written, () => ({
  type: 'object',
  minProperties: 1,
  additionalProperties: { type: 'string' },
}));

const bindingShape = { match: oneOf(['all', 'any']).prefault('all'), headers };
const binding = map(bindingShape, '{match: all, headers: {format: pdf}}');

const shape = {
  kind: z.literal('headers'),
  durable,
  messages: list(headers, 'maps of headers', '[{format: pdf, kind: report}]', limits.keys, (map) =>
    JSON.stringify(Object.entries(map).sort()),
  ),
  bindings: list(
    list(binding, 'bindings', '[{match: all, headers: {format: pdf}}]', limits.bindings),
    'subscribers',
    '[[{match: all, headers: {format: pdf}}]]',
    limits.consumers,
  ),
};

/** A message's headers are as plain as those of bindings: a broker takes them all. */
function checkMessages({ messages }: HeadersPattern, ctx: z.RefinementCtx): void {
  for (const [index, message] of messages.entries()) {
    const problem = headersProblem(message);
    if (problem !== undefined)
      fail(ctx, problem, 'other characters mean something to one broker or another', ['messages', index]);
  }
}

/** A binding that no message asks for; with keys src/patterns/problems.ts says so, of headers it knows no messages. */
function checkMatches({ messages, bindings }: HeadersPattern, ctx: z.RefinementCtx): void {
  for (const [subscriber, own] of bindings.entries())
    for (const [index, wanted] of own.entries())
      if (!messages.some((message) => headersMatch(wanted, message)))
        fail(
          ctx,
          'this binding matches none of the messages that are sent',
          'change its headers, or send such a message',
          ['bindings', subscriber, index],
        );
}

export const headersPattern: PatternDefinition<HeadersPattern> = {
  summary: 'a subscriber gets the messages whose headers one of its bindings matches',
  schema: map(
    shape,
    '{kind: headers, messages: [{format: pdf}], bindings: [[{match: all, headers: {format: pdf}}]]}',
  ).transform((value, ctx): HeadersPattern => {
    checkPattern({ kind: 'headers', durable: value.durable, bindings: value.bindings }, ctx);
    checkMessages(value, ctx);
    checkMatches(value, ctx);
    return value;
  }),
  knownKeys: (path) => Object.keys(path.length === 0 ? shape : path[0] === 'bindings' ? bindingShape : {}),
  destination: ({ kind, durable, bindings }) => ({ kind, durable, bindings }),
  consumers: (pattern) => pattern.bindings.length,
  routes: (pattern) => pattern.messages.map((message) => ({ headers: message })),
  contradictions: (pattern, asked) => [
    ...subscriberContradictions(asked),
    ...tooFewMessages(asked, pattern.messages.length, `${pattern.messages.length} kinds`),
  ],
  text: (pattern) => `routing by headers, ${pattern.messages.length} kinds of message, ${durableText(pattern.durable)}`,
};
