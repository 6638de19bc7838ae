import { describe, expect, it } from 'vitest';
import { mustFit, type Question, questionOf } from '../../src/ab/fit.js';
import { ExitCode, MqbenchError, UsageError } from '../../src/errors.js';
import type { Scenario } from '../../src/scenario/types.js';
import { memoryTarget, planOf } from '../fixtures/plan.js';

const targets = (...names: string[]): Scenario['targets'] => names.map((name) => ({ ...memoryTarget, name }));
const asked = (change: Partial<Scenario>): Question => questionOf(planOf(change));
const without = (question: Question, target: string, reason: string): Question => ({
  ...question,
  cells: question.cells.filter((cell) => cell.target !== target),
  refused: question.cells.flatMap((cell) => (cell.target === target ? [{ cell, reason }] : [])),
});
const all = asked({ targets: targets('rabbitmq', 'kafka', 'activemq') });
const one = asked({ targets: targets('rabbitmq') });

function errorOf(work: () => unknown): MqbenchError {
  try {
    work();
  } catch (error) {
    if (error instanceof MqbenchError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a gate', () => {
  it('takes sides that have the same cells and the same question', () => {
    expect(mustFit('check', all, all)).toEqual([]);
    expect(mustFit('check', one, asked({ targets: targets('kafka') }))).toEqual([]);
    expect(mustFit('check', one, asked({ targets: targets('rabbitmq'), prefetch: 1, repetitions: 3 }))).toEqual([]);
  });

  it.each([
    ['only in B', one, all, /kafka\/100B \(only in B\), activemq\/100B \(only in B\)/],
    ['only in A', all, one, /kafka\/100B \(only in A\)/],
    ['in neither the same', all, asked({ targets: targets('memory') }), /memory\/100B \(only in B\)/],
  ])('refuses cells that are %s', (_, a, b, message) => {
    const error = errorOf(() => mustFit('check', a, b));
    expect(error.exitCode).toBe(ExitCode.baseline);
    expect(error.message).toMatch(message);
    expect(error.details.hint).toMatch(/--target/);
  });

  it('refuses a cell that one side cannot do, with the reason, and tells of one that neither can', () => {
    const less = without(all, 'kafka', 'it has no prefetch');
    const error = errorOf(() => mustFit('check', less, all));
    expect(error.exitCode).toBe(ExitCode.baseline);
    expect(error.details.hint).toContain('kafka/100B: it has no prefetch');
    expect(mustFit('check', less, less)).toEqual(['note: not measured: kafka/100B: it has no prefetch']);
  });

  it.each<[string, Partial<Scenario>]>([
    ['guarantee', { guarantee: 'at-most-once' }],
    ['consumers', { consumers: 1 }],
    ['load', { load: { kind: 'closed', inFlight: 1 } }],
    ['work', { work: 'backlog' }],
    ['messages', { messages: 1_000 }],
  ])('refuses two scenarios of another %s, whichever is the faster', (what, change) => {
    for (const [a, b] of [
      [asked({}), asked(change)],
      [asked(change), asked({})],
    ] as const) {
      const error = errorOf(() => mustFit('check', a, b));
      expect(error.exitCode).toBe(ExitCode.baseline);
      expect(error.message).toContain(`scenario ${what} was`);
      expect(error.details.hint).toBeDefined();
    }
  });
});

describe('ab', () => {
  it('compares what both have and tells of the rest', () => {
    expect(mustFit('ab', one, all)).toEqual([
      'note: not compared: kafka/100B (only in B)',
      'note: not compared: activemq/100B (only in B)',
    ]);
    expect(mustFit('ab', asked({}), asked({ consumers: 1 }))).toEqual([]);
  });

  it('refuses sides without a cell in common', () => {
    expect(errorOf(() => mustFit('ab', all, asked({ targets: targets('memory') })))).toBeInstanceOf(UsageError);
  });
});
