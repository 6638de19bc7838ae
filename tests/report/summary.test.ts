/** What a manager reads: like is compared with like, and nobody is blamed for what was permitted. */
import { describe, expect, it } from 'vitest';
import type { Fact } from '../../src/report/document.js';
import { buildModel } from '../../src/report/model.js';
import { summarySection } from '../../src/report/summary.js';
import type { Result, RunRecord } from '../../src/results/schema.js';
import { deliverySection } from '../../src/report/delivery-sections.js';
import { entriesOf } from '../../src/report/entries.js';
import { makeFailed, makeResult, withAxis } from './fixtures.js';
import { makeConfirms } from './lessons.js';

const small = { sizes: [100], repetitions: 1, targets: ['rabbitmq', 'activemq'] };

function facts(result: Result, question: RegExp): readonly Fact[] {
  const { block } = summarySection([buildModel(result)]);
  if (block.kind !== 'terms') throw new Error('the summary is no list of terms');
  return block.terms.find(({ term }) => question.test(term))?.facts ?? [];
}
const moved = /moved/;
const arrived = /arrive/;
const believed = /believed/;

/** A run that was judged ok though nothing came of it: at-most-once permits that. */
function withoutAny({ figures: _, latency: __, ...run }: RunRecord): RunRecord {
  const { delivery } = run;
  return delivery ? { ...run, delivery: { ...delivery, received: 0, unique: 0, lost: delivery.confirmed } } : run;
}

describe('the summary', () => {
  it('names a cell with all that sets it apart', () => {
    const [fact, ...more] = facts(withAxis(makeResult(small), 'prefetch', [1, 200]), moved);
    expect(more).toEqual([]);
    expect(fact?.text).toMatch(/^rabbitmq \(prefetch 200\) [\d,]+ messages a second, /);
    for (const name of ['rabbitmq (prefetch 1)', 'activemq (prefetch 200)', 'activemq (prefetch 1)'])
      expect(fact?.text).toContain(`, ${name} `);
  });

  it('ranks within one guarantee', () => {
    const result = withAxis(makeResult(small), 'guarantee', ['at-least-once', 'at-most-once']);
    const told = facts(result, moved);
    expect(told.map(({ label }) => label)).toEqual(['100 B, at-least-once', '100 B, at-most-once']);
    for (const { text } of told) expect(text).toMatch(/^rabbitmq [\d,]+ messages a second, activemq [\d,]+\./);
  });

  it('blames no broker for a loss that is permitted, and says what became of such a run', () => {
    const result = withAxis(makeResult(small), 'guarantee', ['at-least-once', 'at-most-once']);
    const lossy = {
      ...result,
      runs: result.runs.map((run) =>
        run.cell.includes('at-most-once') && run.cell.startsWith('rabbitmq') ? withoutAny(run) : run,
      ),
    };
    expect(facts(lossy, arrived)).toEqual([
      { label: '', text: 'Yes: of 200,000 confirmed messages none was lost or damaged.', tone: 'good' },
      { label: '', text: 'Lost, which at-most-once permits: rabbitmq (at-most-once) 100,000.' },
    ]);
    expect(facts(lossy, believed)[0]?.text).toMatch(/^3 of 4 runs count \(1 received nothing\)\./);
  });

  it('tells a loss that breaks a promise', () => {
    const result = makeResult({ ...small, alterRun: (run) => (run.cell.startsWith('a') ? makeFailed(run) : run) });
    expect(facts(result, arrived)).toEqual([{ label: '', text: 'No. Confirmed and lost: activemq 37.', tone: 'bad' }]);
    expect(facts(result, believed)[0]?.text).toContain('1 of 2 runs count (1 failed).');
  });

  it('tells of messages that came out of order, by target', () => {
    const swap = (run: RunRecord): RunRecord => ({ ...run, delivery: { ...run.delivery!, outOfOrder: 7 } });
    const result = makeResult({ ...small, alterRun: (run) => (run.cell.startsWith('a') ? swap(run) : run) });
    expect(facts(result, arrived)).toEqual([
      { label: '', text: 'Yes: of 200,000 confirmed messages none was lost or damaged.', tone: 'good' },
      { label: '', text: 'Out of order: activemq 7.', tone: 'warn' },
    ]);
  });

  it('tells nothing of messages whose run was broken off', () => {
    const brokenOff = (run: RunRecord): RunRecord => ({ ...withoutAny(run), complete: false, error: 'interrupted' });
    const some = makeResult({ ...small, alterRun: (run) => (run.cell.startsWith('a') ? brokenOff(run) : run) });
    const unknown = { label: '', text: expect.stringMatching(/^Not known: 100,000 confirmed/) as string, tone: 'warn' };
    expect(facts(some, arrived)).toEqual([
      { label: '', text: 'Yes: of 100,000 confirmed messages none was lost or damaged.', tone: 'good' },
      unknown,
    ]);
    const all = makeResult({ ...small, targets: ['activemq'], alterRun: brokenOff });
    expect(facts(all, arrived)).toEqual([unknown]);
  });

  it('takes without confirms the promise of the mode, not that of the scenario', () => {
    const confirms = makeConfirms();
    const result: Result = {
      ...confirms,
      runs: confirms.runs.map((run) =>
        run.cell.startsWith('rabbitmq') && run.cell.includes('none') ? makeFailed(run) : run,
      ),
    };
    const told = facts(result, arrived);
    expect(told.map(({ tone }) => tone)).toEqual(['good', undefined]);
    expect(told[1]?.text).toMatch(/^Lost, which at-most-once permits: rabbitmq \(none\) \d+\.$/);
    const { block } = deliverySection(entriesOf([buildModel(result)]));
    if (block.kind !== 'table') throw new Error('the delivery is no table');
    expect(block.rows.flat().filter(({ tone }) => tone === 'bad')).toEqual([]);
  });
});
