/** What tables and plots say of what was broken on purpose. */
import { describe, expect, it } from 'vitest';
import { entriesOf } from '../../src/report/entries.js';
import { survivalSection } from '../../src/report/fault-sections.js';
import { buildModel } from '../../src/report/model.js';
import { plotGroups } from '../../src/report/plots/index.js';
import type { FaultRecord, RunRecord } from '../../src/results/schema.js';
import { makeResult } from './fixtures.js';

const killed: FaultRecord = {
  do: 'kill-broker',
  what: 'kill broker',
  at: 'when the queue is filled',
  filled: true,
  startedSeconds: 4,
  reconnects: 0,
};

/** A queue that was filled; of a run that did not come to its end nothing was received. */
function filled(run: RunRecord, complete: boolean): RunRecord {
  const { delivery } = run;
  if (delivery === undefined) throw new Error('a run without a delivery');
  const none = { received: 0, unique: 0, lost: delivery.confirmed };
  return { ...run, complete, faults: [killed], delivery: complete ? delivery : { ...delivery, ...none } };
}

const survivalOf = (complete: (repetition: number) => boolean) => {
  const model = buildModel(
    makeResult({
      sizes: [100],
      targets: ['rabbitmq'],
      messages: 10_000,
      repetitions: 2,
      alterRun: (run) => filled(run, complete(run.repetition)),
    }),
  );
  const { block } = survivalSection(entriesOf([model]));
  if (block.kind !== 'table') throw new Error('what survived is no table');
  const plot = plotGroups([model])
    .flatMap(({ plots }) => plots)
    .find(({ name }) => name.startsWith('survival'));
  return { rows: block.rows.map((row) => row.map(({ text }) => text)), plot };
};

describe('what survived', () => {
  it('is told of the runs that came to their end', () => {
    const { rows, plot } = survivalOf((repetition) => repetition === 1);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toEqual(expect.arrayContaining(['10,000', '10,000', '100.0 %']));
    expect(plot?.description).toContain('10,000 of 10,000 (100.0 %) survived');
  });

  it('is not told where the broker never came back', () => {
    const { rows, plot } = survivalOf(() => false);
    expect(rows).toEqual([]);
    expect(plot).toBeUndefined();
  });
});
