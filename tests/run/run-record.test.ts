/** The record of a run, made of workers' records that are known to the message. */
import { expect, it } from 'vitest';
import type { Route, SubscriptionPattern } from '../../src/brokers/pattern.js';
import { histogramRecord, newHistogram } from '../../src/metrics/histogram.js';
import { MachineMeter } from '../../src/metrics/machine.js';
import { notOvertaken } from '../../src/metrics/pattern-warnings.js';
import { Receipts, type ReceiptsRecord } from '../../src/metrics/receipts.js';
import { Sends } from '../../src/metrics/sends.js';
import type { Subscribed } from '../../src/metrics/subscribers.js';
import { Deck } from '../../src/patterns/deck.js';
import { createClock, newOrigin } from '../../src/run/clock.js';
import { buildRunRecord } from '../../src/run/run-record.js';
import { runScenario } from '../../src/scenario/run-load.js';
import { unknownLoad } from '../../src/metrics/load.js';
import { recordNs } from '../fixtures/histogram.js';
import { planOf } from '../fixtures/plan.js';

const ms = 1e6;
const sentAt = (sequence: number): number => 1e9 + sequence * 10 * ms;

/** 400 messages at 100 a second, each confirmed at once. */
function sends() {
  const all = new Sends(true);
  for (let i = 0; i < 400; i++) {
    all.send(true, sentAt(i), sentAt(i), 100);
    all.confirm(true, i, sentAt(i), sentAt(i), sentAt(i) + ms);
  }
  return all.record();
}

/** From one sequence number on, each 2 ms later. */
function receiptsFrom(first: number) {
  const own = new Receipts(1, true);
  for (let i = first; i < 400; i++)
    own.measured(
      { producer: 0, sequence: i, intended: sentAt(i), actual: sentAt(i) },
      sentAt(i) + 2 * ms,
      0,
      false,
      100,
    );
  return own.record();
}

function histogramOf(count: number, ms: number) {
  const histogram = newHistogram();
  for (let i = 0; i < count; i++) recordNs(histogram, ms * 1e6);
  return histogram;
}

/** Of one producer and two subscribers. */
function recordOf(
  pattern: Extract<SubscriptionPattern, { readonly kind: 'pub-sub' | 'routing' }>,
  routes: readonly Route[],
  receipts: readonly ReceiptsRecord[],
  late: Pick<Subscribed, 'late' | 'joining'> = { late: new Set(), joining: undefined },
) {
  const plan = planOf({ pattern, consumers: 2, messages: 400, load: { kind: 'rate', perSecond: 100 } });
  const [planned] = plan.runs;
  const meter = new MachineMeter(createClock(newOrigin()), []);
  meter.stop();
  return buildRunRecord({
    planned: planned!,
    scenario: runScenario(plan.scenario, planned!.cell),
    startedAt: new Date(0).toISOString(),
    records: [
      { role: 'producer', sends: sends(), load: unknownLoad },
      ...receipts.map((own) => ({ role: 'consumer' as const, receipts: own, load: unknownLoad })),
    ],
    meter,
    sampler: undefined,
    brokerRss: undefined,
    prefetch: undefined,
    error: undefined,
    incidents: [],
    joined: [],
    subscribed: { pattern, subscribers: 2, deck: new Deck(routes), ...late },
    routes,
    again: [],
    faults: undefined,
  });
}

it('counts as behind only what a subscriber has to get: one that came late has missed nothing', () => {
  const joinedAt = { sent: 300, confirmed: sends().confirmed.map((word, i) => (i < 9 ? word : 0)) };
  const record = recordOf({ kind: 'pub-sub', durable: false }, [{}], [receiptsFrom(0), receiptsFrom(300)], {
    late: new Set([1]),
    joining: { before: [joinedAt], after: [joinedAt] },
  });
  expect(record.subscribers).toMatchObject([
    { expected: 400, unique: 400 },
    { expected: 100, unique: 100, lost: 0, late: true },
  ]);
  expect(record.rate?.kept).toBe(true);
});

it('warns of a subscriber for whom nothing was sent', () => {
  const pattern = { kind: 'routing', durable: false, keys: ['a', 'b'], bindings: [['a'], ['b']] } as const;
  const record = recordOf(pattern, [{ key: 'a' }], [receiptsFrom(0), new Receipts(1, true).record()]);
  expect(record.subscribers).toMatchObject([{ expected: 400 }, { expected: 0 }]);
  expect(record.verdict.warnings).toContain('no message was for subscriber 1: its bindings were not tried');
  expect(record.verdict.warnings.join()).not.toContain('subscriber 0');
});

it('warns where urgent messages did not overtake', () => {
  const level = (priority: number, ms: number, count = 10) => ({
    priority,
    endToEnd: histogramRecord(histogramOf(count, ms)),
  });
  expect(notOvertaken([level(0, 40), level(1, 30), level(2, 4)])).toEqual([]);
  expect(notOvertaken([level(0, 4), level(1, 30), level(2, 40)]).join()).toMatch(/broker ignores priorities/);
  expect(notOvertaken([level(0, 40), level(1, 30), level(2, 0, 0)])).toEqual([]);
  expect(notOvertaken([level(0, 40), level(1, 0, 0)])).toEqual([]);
});
