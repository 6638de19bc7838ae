import { expect, it } from 'vitest';
import { oneCellNote, rateNote, refuseMissingFigures, seesOnlyTheRate } from '../../src/check/scope.js';
import { UsageError } from '../../src/errors.js';
import { loadScenario } from '../../src/scenario/load.js';
import { planOf } from '../fixtures/plan.js';

it('what a gate leaves out is named, with flags that there are', async () => {
  expect(oneCellNote(planOf().scenario)).toBeUndefined();
  expect(oneCellNote(planOf({ sizes: [100, 1000] }).scenario)).toMatch(/first value of size; .* with --size$/);
  expect(oneCellNote(await loadScenario('rate-latency'))).toMatch(/first value of rate; .* with --rate$/);
  const confirms = oneCellNote(await loadScenario('confirms', { size: ['100B', '1KB'] }));
  expect(confirms).toMatch(/first value of size, confirms; .* with --size, for confirms in a scenario file/);
  expect(confirms).not.toContain('--confirms');
});

it('a latency that no run has cannot be gated', () => {
  for (const work of ['backlog', 'produce', 'consume'] as const) {
    expect(() => refuseMissingFigures({ work }, ['throughput', 'p99'])).toThrow(UsageError);
    expect(() => refuseMissingFigures({ work }, ['throughput'])).not.toThrow();
  }
  expect(() => refuseMissingFigures({ work: 'transfer' }, ['p50', 'p99'])).not.toThrow();
});

it('throughput alone at a fixed rate is no gate, unless it was asked for', async () => {
  const latency = await loadScenario('latency');
  expect(() => rateNote(latency, ['throughput'], false)).toThrow(/--gate|no latency/);
  expect(rateNote(latency, ['throughput'], true)).toMatch(/no latency/);
  expect(rateNote(latency, ['throughput', 'p50'], true)).toBeUndefined();
  expect(rateNote(await loadScenario('gate'), ['throughput'], false)).toBeUndefined();
  expect(seesOnlyTheRate({ kind: 'walk' }, ['throughput'])).toBe(true);
});
