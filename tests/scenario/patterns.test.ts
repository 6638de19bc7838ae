/** The key `pattern`: a name or a map, its mistakes, and what a digest and a result make of it. */
import { describe, expect, it } from 'vitest';
import { ScenarioError } from '../../src/errors.js';
import { patternOf, recordOf } from '../../src/scenario/pattern.js';
import { parseScenario } from '../../src/scenario/parse.js';
import type { Scenario } from '../../src/scenario/types.js';

const read = (pattern: string): Promise<Scenario> =>
  parseScenario(`name: a\ntargets: [memory]\nsizes: [100B]\nmessages: 100\npattern: ${pattern}\n`, 'a.yaml');

/** Key, message and hint of every mistake. */
async function mistakes(pattern: string): Promise<string[]> {
  const error: unknown = await read(pattern).catch((caught: unknown) => caught);
  if (!(error instanceof ScenarioError)) throw new Error(`no mistake in ${pattern}`);
  return error.issues.map(({ line, key, message, hint }) => `${line}: ${key}: ${message}; ${hint}`);
}

describe('the pattern', () => {
  it('is a name or a map of its kind', async () => {
    expect((await read('work-queue')).pattern).toEqual({ kind: 'work-queue' });
    expect((await read('{kind: work-queue}')).pattern).toEqual({ kind: 'work-queue' });
  });

  it.each([
    ['workqueue', '5: pattern: there is no pattern "workqueue"; did you mean "work-queue"?'],
    ['{kind: work-qeue}', '5: pattern.kind: there is no pattern "work-qeue"; did you mean "work-queue"?'],
    ['{durable: true}', '5: pattern.kind: is missing; say which pattern it is: '],
    ['{kind: 7}', '5: pattern.kind: expected the name of a pattern, got 7; one of: '],
    ['[work-queue]', '5: pattern: expected a pattern, got a list; one of: '],
    ['{kind: work-queue, durable: true}', '5: pattern.durable: is not a known key; '],
  ])('says what is wrong with %s', async (pattern, message) => {
    const [first, ...others] = await mistakes(pattern);
    expect(first).toContain(message);
    expect(others).toEqual([]);
  });
});

describe('a result', () => {
  it('keeps a bare name where there is nothing else to say, as results did before there were other patterns', () => {
    expect(recordOf({ kind: 'work-queue' })).toBe('work-queue');
    expect(patternOf('work-queue')).toEqual({ kind: 'work-queue' });
  });
});
