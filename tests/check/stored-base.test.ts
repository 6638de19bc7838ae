import { describe, expect, it } from 'vitest';
import { fittingBase, otherMachine } from '../../src/check/stored-base.js';
import type { Result } from '../../src/results/schema.js';
import { scenarioRecord } from '../../src/run/session.js';
import { memoryTarget, planOf } from '../fixtures/plan.js';
import { made } from '../compare/fixtures.js';

const all = ['rabbitmq', 'activemq'];
const planWith = (targets: readonly string[]) =>
  planOf({ sizes: [100], targets: targets.map((name) => ({ ...memoryTarget, name })) });
const stored: Result = { ...made({ targets: all, repetitions: 7 }), scenario: scenarioRecord(planWith(all)) };
const base = { file: 'baseline.json', result: stored };

describe('a stored baseline', () => {
  it('gives a candidate what that asks about: its own targets, whatever else was saved', () => {
    const fitting = fittingBase(base, planWith(['activemq']));
    expect(fitting.cells.map(({ id }) => id)).toEqual(['activemq/100B']);
    expect(new Set(fitting.runs.map(({ cell }) => cell))).toEqual(new Set(['activemq/100B']));
    expect(fittingBase(base, planWith(all)).cells).toHaveLength(2);
  });

  it('of one target fits a variant of it under another name', () => {
    const one: Result = { ...made({ repetitions: 7 }), scenario: scenarioRecord(planWith(['rabbitmq'])) };
    expect(fittingBase({ ...base, result: one }, planWith(['quorum'])).cells.map(({ id }) => id)).toEqual([
      'rabbitmq/100B',
    ]);
  });

  it('is refused with 5 for another question, a cell that it lacks, and too few runs of one that is asked about', () => {
    const refused = (result: Result, plan = planWith(['activemq'])): unknown => {
      try {
        return fittingBase({ ...base, result }, plan);
      } catch (error) {
        return error;
      }
    };
    const other = { ...stored, scenario: { ...stored.scenario, consumers: 9 } };
    expect(refused(other)).toMatchObject({ exitCode: 5, message: expect.stringMatching(/consumers was 9/) as string });
    expect(refused(stored, planWith(['activemq', 'memory']))).toMatchObject({
      exitCode: 5,
      message: expect.stringMatching(/has no memory\/100B/) as string,
    });
    const thin = (target: string): Result => ({
      ...stored,
      runs: stored.runs.filter(({ cell, repetition }) => repetition > 5 || !cell.startsWith(target)),
    });
    expect(refused(thin('activemq'))).toMatchObject({
      exitCode: 5,
      message: expect.stringMatching(/too few usable runs: activemq\/100B has 2/) as string,
    });
    // Nobody asks about it.
    expect(refused(thin('rabbitmq'))).toMatchObject({ cells: [{ id: 'activemq/100B' }] });
  });

  it('of another machine is refused, and forced is told', () => {
    const { fingerprint } = stored.environment;
    expect(otherMachine(base, fingerprint, false)).toBeUndefined();
    expect(otherMachine(base, 'another', true)).toMatch(/another machine .* advice/);
    expect(() => otherMachine(base, 'another', false)).toThrow(/another machine/);
  });
});
