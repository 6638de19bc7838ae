import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { buildModel, spreadOf } from '../../src/report/model.js';
import { resultSchema } from '../../src/results/schema.js';
import { emptyCellText, excludedText } from '../../src/report/wording.js';
import {
  makeEmptyResult,
  makeFailed,
  makeIncomplete,
  makeInvalid,
  makePartialResult,
  makeResult,
  withTarget,
} from './fixtures.js';

const small = { sizes: [100] };

describe('the made-up results', () => {
  it.each([
    ['whole', makeResult()],
    ['partial', makePartialResult()],
    ['empty', makeEmptyResult()],
    ['failed', makeResult({ ...small, alterRun: (run) => makeFailed(run) })],
    ['at a fixed rate', makeResult({ ...small, load: { kind: 'rate', perSecond: 2_000 } })],
    ['with one target more', withTarget(makeResult(small), 'kafka', 'kafka-flush-1')],
  ])('%s: have the shape of a result', (_, result) => {
    expect(resultSchema.safeParse(result).error).toBeUndefined();
  });
});

describe('spreadOf', () => {
  it('is the median with the range', () => {
    expect(spreadOf([])).toBeUndefined();
    expect(spreadOf([7])).toEqual({ median: 7, low: 7, high: 7 });
    expect(spreadOf([9, 1, 4])).toEqual({ median: 4, low: 1, high: 9 });
    expect(spreadOf([9, 1, 4, 6])).toEqual({ median: 5, low: 1, high: 9 });
  });

  it('has as many values below as above, whatever their order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const { median, low, high } = spreadOf(values) ?? { median: NaN, low: NaN, high: NaN };
        const below = values.filter((v) => v < median).length;
        const above = values.filter((v) => v > median).length;
        expect(below).toBeLessThanOrEqual(values.length / 2);
        expect(above).toBeLessThanOrEqual(values.length / 2);
        expect([low, high]).toEqual([Math.min(...values), Math.max(...values)]);
      }),
    );
  });
});

describe('buildModel', () => {
  it('takes each figure’s median over the runs, never of pooled ones', () => {
    const result = makeResult(small);
    const cell = buildModel(result).cells.find((c) => c.target === 'kafka');
    const runs = result.runs.filter((run) => run.cell === 'kafka/100B');
    const p99s = runs.map((run) => run.latency?.endToEnd.p99Ms ?? NaN).sort((a, b) => a - b);
    const speeds = runs.map((run) => run.figures?.throughput ?? NaN).sort((a, b) => a - b);
    expect(runs).toHaveLength(3);
    expect(cell?.latency?.endToEnd?.p99Ms).toEqual({ low: p99s[0], median: p99s[1], high: p99s[2] });
    expect(cell?.throughput).toEqual({ low: speeds[0], median: speeds[1], high: speeds[2] });
  });

  it('keeps failed, invalid and incomplete runs out of every figure, and shows them', () => {
    const whole = makeResult(small);
    const result = makeResult({
      ...small,
      alterRun: (run) => {
        if (run.cell === 'rabbitmq/100B' && run.repetition === 1) return makeFailed(run);
        if (run.cell === 'rabbitmq/100B' && run.repetition === 2) return makeInvalid(run);
        if (run.cell === 'kafka/100B') return makeIncomplete(run);
        return run;
      },
    });
    const [rabbit, kafka] = buildModel(result).cells;
    const third = whole.runs.find((run) => run.id === 'rabbitmq/100B#3');
    expect(rabbit?.runs).toHaveLength(3);
    expect(rabbit?.counted.map((run) => run.repetition)).toEqual([3]);
    expect(rabbit?.throughput?.high).toBe(third?.figures?.throughput);
    expect(rabbit && excludedText(rabbit)).toBe('1 failed, 1 invalid');
    // The loss stays in the counts, whatever the verdict.
    expect(rabbit?.delivery).toMatchObject({ runs: 3, lost: 37, sent: 300_000 });
    expect(kafka?.throughput).toBeUndefined();
    expect(kafka?.latency).toBeUndefined();
    expect(kafka && emptyCellText(kafka, result)).toBe('no run counts: 3 incomplete');
  });

  it('says what was measured instead of the broker', () => {
    const cells = buildModel(
      makeResult({
        ...small,
        alterRun: (run) =>
          run.cell === 'activemq/100B' && run.repetition === 2
            ? { ...run, verdict: { ...run.verdict, bound: 'machine' } }
            : run,
      }),
    ).cells;
    expect(cells.find((c) => c.target === 'rabbitmq')?.caveat).toBeUndefined();
    expect(cells.find((c) => c.target === 'kafka')?.caveat).toBe('measures the client library');
    expect(cells.find((c) => c.target === 'activemq')?.caveat).toBe('1 of 3 runs: the machine');
  });

  it('orders by size, then as the scenario names the targets', () => {
    const model = buildModel(makeResult({ sizes: [1_000, 100], repetitions: 1 }));
    expect(model.cells.map((cell) => cell.id)).toEqual([
      'rabbitmq/100B',
      'kafka/100B',
      'activemq/100B',
      'rabbitmq/1000B',
      'kafka/1000B',
      'activemq/1000B',
    ]);
  });
});
