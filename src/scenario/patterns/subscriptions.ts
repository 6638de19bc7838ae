/** What the patterns share in which each consumer has a subscription of its own. */
import type { z } from 'zod';
import type { SubscriptionPattern } from '../../brokers/pattern.js';
import { patternProblems } from '../../patterns/problems.js';
import type { Asked, Contradiction } from '../contradictions.js';
import { offeredMessages } from '../offered.js';
import { formatCount, formatDuration } from '../units.js';
import { fail, flag } from '../values.js';

export const durable = flag().prefault(false);

/** Reports what is wrong with the pattern whatever the broker. */
export function checkPattern(pattern: Exclude<SubscriptionPattern, { kind: 'pub-sub' }>, ctx: z.RefinementCtx): void {
  const problems = patternProblems({ guarantee: 'at-least-once', consumers: pattern.bindings.length, pattern });
  for (const problem of problems)
    fail(ctx, problem, 'a subscriber gets what its own bindings ask for, so each must match something that is sent');
}

/** What subscribers do not go together with. */
export function subscriberContradictions(asked: Asked): Contradiction[] {
  const found: Contradiction[] = [];
  if (asked.work !== undefined && asked.work !== 'transfer')
    found.push({
      path: ['work'],
      message: `with work: ${asked.work} nobody subscribes before everything has been sent`,
      hint: 'write work: transfer; for a subscriber who comes later, durable: true and lateConsumers',
    });
  if (asked.destinations !== undefined && asked.destinations !== 1)
    found.push({
      path: ['destinations'],
      message: 'each subscriber of a pattern has its own queue or group, and the pattern is one destination',
      hint: 'remove destinations',
    });
  return found;
}

/**
 * Too few messages for each card of the deck to be sent once. Every producer goes through the deck by itself, and they
 * begin beside each other: each has to come round.
 */
export function tooFewMessages(asked: Asked, cards: number, what: string): Contradiction[] {
  const { messages, durationSeconds = 0, producers = 1 } = asked;
  const offered = offeredMessages(asked);
  if (offered === undefined || Math.floor(offered / producers) >= cards) return [];
  const shared = producers === 1 ? '' : `, shared by ${producers} producers,`;
  const within = messages === undefined ? ` in ${formatDuration(durationSeconds)}` : '';
  return [
    {
      path: [messages === undefined ? 'duration' : 'messages'],
      message: `${formatCount(offered)} messages${within}${shared} do not hold each of ${what}, so that someone would have nothing to expect`,
      hint: `send at least ${formatCount(cards * producers)}${messages === undefined ? ': for longer, or at a higher rate' : ''}`,
    },
  ];
}

export const durableText = (is: boolean): string =>
  is ? 'durable subscriptions' : 'subscriptions that are not durable';
