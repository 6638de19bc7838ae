import { describe, expect, it } from 'vitest';
import { brakeAt, injected, selfTestOf } from '../../src/check/self-test.js';
import { onlyTheRate } from '../../src/check/scope.js';
import { casesXml } from '../../src/check/junit.js';
import { compareResults, type Comparison } from '../../src/compare/compare.js';
import { defaultMargins, type MetricId } from '../../src/compare/metrics.js';
import { BrokerError } from '../../src/errors.js';
import type { Result } from '../../src/results/schema.js';
import { made, scaled } from '../compare/fixtures.js';
import { makeFailed } from '../report/fixtures.js';

const looks = [7, 10, 15];
const gated: readonly MetricId[] = ['throughput'];
const rules = { gated, looks, margins: defaultMargins };
const compare = (a: Result, b: Result): Comparison =>
  compareResults(a, b, { design: 'paired', margins: defaultMargins, sequential: { metrics: gated, looks } });
const runs = made({ repetitions: 22 });
const to = (ratio: number): { comparison: Comparison } => ({
  comparison: compare(
    runs,
    scaled(runs, (i) => ratio + i * 1e-4),
  ),
});
const [same, slowed] = [to(1), to(injected)];

describe('a self-test', () => {
  it('works where the same passes and the slowed is caught', () => {
    const { exitCode, headline, cases, achieved, lines } = selfTestOf(same, slowed, rules);
    expect(exitCode).toBe(0);
    expect(headline).toMatch(/works here/);
    expect(cases.map(({ ends }) => ends)).toEqual(['well', 'well']);
    expect(achieved[0]!.ratio).toBeCloseTo(injected, 2);
    expect(lines.join('\n')).not.toMatch(/not tried|unseen/);
  });

  it.each([
    ['the same is taken for slower', slowed, slowed, ['failure', 'well']],
    ['what was slowed passes', same, same, ['well', 'failure']],
    ['nothing was slowed', same, undefined, ['well']],
    ['there are no cells', { comparison: { ...same.comparison, cells: [] } }, slowed, ['well']],
  ] as const)('does not when %s', (_, one, other, ends) => {
    const told = selfTestOf(one, other, rules);
    expect(told.exitCode).toBe(4);
    expect(told.headline).toMatch(/cannot be trusted/);
    expect(told.cases.map((test) => test.ends)).toEqual(ends);
  });

  it('with a failed delivery or a broker that was lost ends as a gate does, whatever was caught', () => {
    const lost = { ...slowed, error: new BrokerError('kafka went away', 'lost') };
    const told = selfTestOf(same, lost, rules);
    expect(told).toMatchObject({ exitCode: 6, headline: expect.stringMatching(/cannot be trusted/) as string });
    expect(casesXml(told.cases, 'self-test')).toMatch(/<error[^>]*kafka went away/);
    const broken = { comparison: compare(runs, { ...runs, runs: runs.runs.map(makeFailed) }) };
    expect(selfTestOf(broken, undefined, rules).exitCode).toBe(3);
  });

  it('does not claim more than it tried', () => {
    const latency = selfTestOf(same, slowed, { ...rules, gated: ['throughput', 'p50'] });
    expect(latency.lines.join('\n')).toMatch(/latency was not: .* was not tried/);
    const atRate = { ...same.comparison.b.scenario, load: { kind: 'rate', perSecond: 500 } as const };
    const paced = { comparison: { ...same.comparison, b: { ...same.comparison.b, scenario: atRate } } };
    expect(selfTestOf(paced, slowed, rules).lines).toContain(`${onlyTheRate}.`);
  });
});

describe('the brake', () => {
  it('is 0.8 of what the first gate measured until there is something newer', () => {
    expect(brakeAt([900, 1_000, 1_100], [])).toBeCloseTo(800, 9);
  });

  it('follows a machine that became faster or slower since, whatever the single run', () => {
    const before = [1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000];
    expect(brakeAt(before, [500, 500])).toBeCloseTo(800, 9);
    expect(brakeAt(before, [500, 500, 500, 500, 900])).toBeCloseTo(400, 9);
    expect(brakeAt(before, [2_000, 2_000, 2_000])).toBeCloseTo(1_600, 9);
  });

  it('holds back what could not be measured all the same', () => {
    expect(brakeAt([], [])).toBe(1);
  });
});
