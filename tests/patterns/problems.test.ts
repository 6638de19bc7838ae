import { describe, expect, it } from 'vitest';
import type { Pattern } from '../../src/brokers/pattern.js';
import { patternProblems } from '../../src/patterns/problems.js';

const problems = (pattern: Pattern, consumers = 1): readonly string[] =>
  patternProblems({ guarantee: 'at-least-once', consumers, pattern });
const topics = (...bindings: string[]): Pattern => ({
  kind: 'topics',
  durable: false,
  keys: ['kern.critical', 'cron.info'],
  bindings: [bindings],
});

describe('the problems of a pattern', () => {
  it('are none where there are none', () => {
    expect(patternProblems({ guarantee: 'at-least-once', consumers: 4 })).toEqual([]);
    expect(problems({ kind: 'work-queue' })).toEqual([]);
    expect(problems({ kind: 'work-queue', priorities: 10 })).toEqual([]);
    expect(problems({ kind: 'pub-sub', durable: true }, 3)).toEqual([]);
    expect(problems({ kind: 'request-reply', requesters: 2 })).toEqual([]);
    expect(problems(topics('kern.*', '#'))).toEqual([]);
    const headers = { severity: 'error', source: "kern's" };
    expect(problems({ kind: 'headers', durable: false, bindings: [[{ match: 'any', headers }]] })).toEqual([]);
  });

  it.each<[string, Pattern, RegExp, number?]>([
    ['one level of priority', { kind: 'work-queue', priorities: 1 }, /2 to 10 levels/],
    ['half a level', { kind: 'work-queue', priorities: 2.5 }, /2 to 10 levels/],
    ['no requester', { kind: 'request-reply', requesters: 0 }, /0 requesters/],
    ['a binding that matches nothing', topics('kern.info'), /"kern\.info" matches none/],
    ['a binding with a broken wildcard', topics('kern.c*'), /"kern\.c\*" is not dotted words/],
    ['a binding with an empty word', topics('kern..critical'), /is not dotted words/],
    ['a binding too long', topics(`${'a.'.repeat(100)}#`), /longer than 150/],
    ['a subscriber without a binding', topics(), /subscriber 0 has no binding/],
    ['more subscribers than bindings', topics('#'), /2 subscribers and bindings for 1/, 2],
    ['no keys', { kind: 'routing', durable: false, keys: [], bindings: [['a']] }, /no key is sent/],
    ['a key twice', { kind: 'routing', durable: false, keys: ['a', 'a'], bindings: [['a']] }, /"a" is there twice/],
    ['a wildcard in a key', { kind: 'routing', durable: false, keys: ['*'], bindings: [['*']] }, /the key "\*"/],
    ['a key nobody sends', { kind: 'routing', durable: false, keys: ['a'], bindings: [['b']] }, /"b" matches none/],
    [
      'a binding without headers',
      { kind: 'headers', durable: false, bindings: [[{ match: 'all', headers: {} }]] },
      /names no header/,
    ],
    [
      'a header that is a word of selectors',
      { kind: 'headers', durable: false, bindings: [[{ match: 'all', headers: { Not: 'x' } }]] },
      /the header "Not"/,
    ],
    [
      'a value with a line break',
      { kind: 'headers', durable: false, bindings: [[{ match: 'all', headers: { a: 'b\nc' } }]] },
      /control characters/,
    ],
  ])('name %s', (_, pattern, expected, consumers = 1) => {
    const found = problems(pattern, consumers);
    expect(found.join('; ')).toMatch(expected);
  });
});
