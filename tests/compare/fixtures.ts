/** Two made-up results whose speeds have a given ratio, pair by pair. */
import type { Result, RunRecord } from '../../src/results/schema.js';
import { makeResult, type FixtureOptions } from '../report/fixtures.js';

/** One broker, one size, so many repetitions; few messages, so that it is made fast. */
export function made(o: FixtureOptions = {}): Result {
  return makeResult({ targets: ['rabbitmq'], sizes: [100], repetitions: 7, messages: 10_000, ...o });
}

/** The same result with every run's throughput times `factor(i)`, and its latency divided by it. */
export function scaled(result: Result, factor: (repetition: number) => number, id = 'changed'): Result {
  const times = (run: RunRecord): RunRecord => {
    const by = factor(run.repetition);
    if (run.figures === undefined || run.latency === undefined) return run;
    const { endToEnd } = run.latency;
    return {
      ...run,
      figures: { ...run.figures, throughput: run.figures.throughput * by },
      latency: {
        ...run.latency,
        endToEnd: { ...endToEnd, p50Ms: endToEnd.p50Ms / by, p99Ms: endToEnd.p99Ms / by },
      },
    };
  };
  return { ...result, id, runs: result.runs.map(times) };
}
