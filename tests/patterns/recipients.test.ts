import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pattern } from '../../src/brokers/pattern.js';
import { headersMatch, recipients, topicMatches } from '../../src/patterns/recipients.js';

/**
 * The definition, word by word, by trying everything: replaces each `*` by every word and each `#` by every run of
 * words that the key could have there, and looks whether the key itself is among the results.
 */
function matchesByTryingAll(pattern: readonly string[], key: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return key.length === 0;
  if (first === '#') return key.concat('').some((_, taken) => matchesByTryingAll(rest, key.slice(taken)));
  return key.length > 0 && (first === '*' || first === key[0]) && matchesByTryingAll(rest, key.slice(1));
}

const word = fc.constantFrom('kern', 'cron', 'critical');
const key = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join('.'));
const binding = fc
  .array(fc.oneof(word, fc.constantFrom('*', '#')), { minLength: 1, maxLength: 5 })
  .map((words) => words.join('.'));

describe('a topic binding', () => {
  it('matches what the definition says', () => {
    fc.assert(
      fc.property(binding, key, (pattern, sent) => {
        expect(topicMatches(pattern, sent)).toBe(matchesByTryingAll(pattern.split('.'), sent.split('.')));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ['kern.*', 'kern.critical', true],
    ['kern.*', 'kern', false],
    ['kern.*', 'kern.disk.critical', false],
    ['*.critical', 'kern.critical', true],
    ['#', 'anything', true],
    ['#', 'any.thing.at.all', true],
    ['kern.#', 'kern', true],
    ['kern.#.critical', 'kern.critical', true],
    ['kern.#.critical', 'kern.a.b.critical', true],
    ['kern.#.critical', 'kern.a.b', false],
    ['#.#', 'one', true],
    ['*.#.*', 'one', false],
    ['kern', 'kernel', false],
    ['k*', 'kern', false],
  ])('%s and %s: %s', (pattern, sent, expected) => {
    expect(topicMatches(pattern, sent)).toBe(expected);
  });

  it('with many # is no slower than the key is long', () => {
    const many = Array.from({ length: 60 }, () => '#').join('.');
    expect(topicMatches(`${many}.end`, Array.from({ length: 60 }, () => 'a').join('.'))).toBe(false);
  });
});

describe('a header binding', () => {
  it('wants all or at least one of its values', () => {
    const headers = { severity: 'error', source: 'kern' };
    expect(headersMatch({ match: 'all', headers: { severity: 'error', source: 'kern' } }, headers)).toBe(true);
    expect(headersMatch({ match: 'all', headers: { severity: 'error', source: 'cron' } }, headers)).toBe(false);
    expect(headersMatch({ match: 'any', headers: { severity: 'info', source: 'kern' } }, headers)).toBe(true);
    expect(headersMatch({ match: 'any', headers: { severity: 'info', source: 'cron' } }, headers)).toBe(false);
    expect(headersMatch({ match: 'any', headers: { toString: 'x' } }, {})).toBe(false);
  });
});

describe('recipients', () => {
  const routing: Pattern = {
    kind: 'routing',
    durable: false,
    keys: ['info', 'warning', 'error'],
    bindings: [['error'], ['info', 'warning', 'error'], ['info']],
  };

  it('are every subscriber of a pub-sub, and whoever wants the key otherwise', () => {
    expect(recipients({ kind: 'pub-sub', durable: false }, 3)).toEqual([0, 1, 2]);
    expect(recipients(routing, 3, { key: 'error' })).toEqual([0, 1]);
    expect(recipients(routing, 3, { key: 'warning' })).toEqual([1]);
    expect(recipients(routing, 3, { key: 'debug' })).toEqual([]);
    expect(recipients(routing, 3)).toEqual([]);
  });

  it('hold each subscriber once, however many of its bindings match', () => {
    const topics: Pattern = {
      kind: 'topics',
      durable: true,
      keys: ['kern.critical'],
      bindings: [['kern.*', '*.critical', '#'], ['cron.#']],
    };
    expect(recipients(topics, 2, { key: 'kern.critical' })).toEqual([0]);
  });

  it('are nobody in particular where the consumers share the messages', () => {
    expect(recipients(undefined, 4)).toBeUndefined();
    expect(recipients({ kind: 'work-queue', priorities: 3 }, 4)).toBeUndefined();
    expect(recipients({ kind: 'request-reply', requesters: 1 }, 4)).toBeUndefined();
  });
});
