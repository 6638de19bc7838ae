import { expect, it } from 'vitest';
import { isDecided } from '../../src/ab/decided.js';
import { compareOptions } from '../../src/ab/record.js';
import { type ComparedCell, compareResults } from '../../src/compare/compare.js';
import { defaultMargins, type MetricId } from '../../src/compare/metrics.js';
import type { Result } from '../../src/results/schema.js';
import { made } from '../compare/fixtures.js';

const looks = [7, 10, 15];
/** As runs of a backlog are: no message has an end-to-end latency. */
const withoutLatency = (result: Result): Result => ({
  ...result,
  runs: result.runs.map(({ latency, ...run }) =>
    latency === undefined
      ? run
      : { ...run, latency: { ...latency, endToEnd: { ...latency.endToEnd, count: 0, p50Ms: 0, p99Ms: 0 } } },
  ),
});

const all = withoutLatency(made({ repetitions: 24 }));

function cellAfter(pairs: number, gated: MetricId[], kind: 'check' | 'noise' = 'check'): ComparedCell | undefined {
  const result = { ...all, runs: all.runs.filter(({ repetition }) => repetition <= pairs) };
  return compareResults(
    result,
    result,
    compareOptions({ design: 'paired', margins: defaultMargins, gated, looks, brake: false, kind }),
  ).cells[0];
}

it('is when every gated figure is, and not before', () => {
  const rules = { kind: 'check', looks, gated: ['throughput'] } as const;
  expect(isDecided(cellAfter(6, ['throughput']), 6, rules)).toBe(false);
  expect(isDecided(cellAfter(7, ['throughput']), 7, rules)).toBe(true);
  expect(isDecided(undefined, 1, rules)).toBe(true);
});

it('is after as many pairs as any sequence can take, where runs do not have the figure', () => {
  const rules = { kind: 'check', looks, gated: ['throughput', 'p99'] } as const;
  const cell = cellAfter(36, ['throughput', 'p99']);
  expect(isDecided(cell, 34, rules)).toBe(false);
  expect(isDecided(cell, 36, rules)).toBe(true);
});

it('is for noise when there are enough pairs', () => {
  const rules = { kind: 'noise', looks: [8], gated: ['throughput'] } as const;
  expect(isDecided(cellAfter(7, ['throughput'], 'noise'), 7, rules)).toBe(false);
  expect(isDecided(cellAfter(8, ['throughput'], 'noise'), 8, rules)).toBe(true);
});
