/** Made-up results of fair dispatch and confirms, for tests of tables and plots. */
import { publishingOf, confirmModes, type ConfirmMode } from '../../src/confirms/modes.js';
import type { Result, RunRecord } from '../../src/results/schema.js';
import { type AxisPoint, pointId } from '../../src/scenario/axes.js';
import { makeResult } from './fixtures.js';

/** The result with each cell once for every point; a cell whose runs are altered to a reason is refused. */
function withPoints(
  result: Result,
  points: readonly AxisPoint[],
  alter: (run: RunRecord, target: string, point: AxisPoint) => RunRecord | string,
): Result {
  const refused: Result['refused'] = [];
  const cells: Result['cells'] = [];
  const runs: RunRecord[] = [];
  for (const cell of result.cells)
    for (const axes of points) {
      const own = { ...cell, id: `${cell.id}/${pointId(axes)}`, axes };
      const altered = result.runs.filter((run) => run.cell === cell.id).map((run) => alter(run, cell.target, axes));
      const reason = altered.find((one) => typeof one === 'string');
      if (reason !== undefined) {
        refused.push({ cell: own, reason });
        continue;
      }
      cells.push(own);
      for (const run of altered)
        if (typeof run !== 'string')
          runs.push({ ...run, cell: own.id, id: `${own.id}#${run.repetition}`, order: runs.length + 1 });
    }
  return { ...result, cells, runs, refused };
}

const noPrefetch = 'Kafka has no prefetch';

/** Two workers, one or all of whom do the heavy work; which of them differs from run to run. */
export function makeFairDispatch(): Result {
  const result = makeResult({ sizes: [100] });
  const shared = { tasks: 50, busySeconds: 2.12, busyShare: 0.98, mostHeld: 1 };
  const heavy = { tasks: 50, busySeconds: 4.03, busyShare: 0.995, mostHeld: 50 };
  const light = { tasks: 50, busySeconds: 0.28, busyShare: 0.07, mostHeld: 50 };
  const fair = withPoints(result, [{ prefetch: 1 }, { prefetch: 200 }], (run, target, { prefetch }) => {
    if (target === 'kafka' && prefetch === 1) return noPrefetch;
    const even = prefetch === 1;
    const workers = even ? [shared, shared] : run.repetition % 2 === 0 ? [heavy, light] : [light, heavy];
    return {
      ...run,
      tasks: { completionSeconds: (even ? 2.15 : 4.05) + run.repetition / 100, evenSeconds: 2.125, workers },
      verdict: { ...run.verdict, bound: 'work' },
    };
  });
  return {
    ...fair,
    scenario: {
      ...fair.scenario,
      name: 'fair-dispatch',
      pattern: { kind: 'fair-dispatch', weights: { by: 'turn', oddSeconds: 0.08, evenSeconds: 0.005 } },
      consumers: 2,
      axes: { prefetch: [1, 200] },
    },
  };
}

const rates: Readonly<Record<ConfirmMode, number>> = {
  none: 40_000,
  'one-by-one': 400,
  batches: 9_000,
  transactions: 8_000,
  asynchronous: 20_000,
};

export function makeConfirms(): Result {
  const result = makeResult({ sizes: [1_000] });
  const confirms = withPoints(
    result,
    confirmModes.map((mode) => ({ confirms: mode })),
    (run, target, { confirms: mode = 'none' }) => {
      if (publishingOf(mode, 100).transactionSize !== undefined && target !== 'activemq')
        return `${target} has no transactions here`;
      const publishRate = rates[mode] * (1 + run.repetition / 50) * (target === 'activemq' ? 0.2 : 1);
      return run.figures ? { ...run, figures: { ...run.figures, publishRate } } : run;
    },
  );
  return {
    ...confirms,
    scenario: {
      ...confirms.scenario,
      name: 'confirms',
      pattern: { kind: 'confirms', modes: [...confirmModes], batch: 100 },
      load: { kind: 'closed', inFlight: 1_000 },
      axes: { confirms: [...confirmModes] },
    },
  };
}

/** Three messages that are shown and not measured. */
export function makeHello(): Result {
  const result = makeResult({
    sizes: [100],
    repetitions: 1,
    alterRun: (run) => {
      const { id, order, cell, repetition, startedAt, complete, workers, delivery } = run;
      return {
        ...{ id, order, cell, repetition, startedAt, complete, workers, samples: [] },
        ...(delivery ? { delivery: { ...delivery, sent: 3, confirmed: 3, received: 3, unique: 3 } } : {}),
        verdict: { status: 'ok', bound: 'unknown', evidence: ['3 of 3 messages came through'], warnings: [] },
      };
    },
  });
  return {
    ...result,
    scenario: { ...result.scenario, name: 'hello', pattern: { kind: 'hello', text: 'Hello World!' }, consumers: 1 },
  };
}
