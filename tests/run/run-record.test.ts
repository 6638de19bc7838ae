/** The record of a run, made of workers' records that are known to the message. */
import { expect, it } from 'vitest';
import { MachineMeter } from '../../src/metrics/machine.js';
import { Receipts } from '../../src/metrics/receipts.js';
import { Sends } from '../../src/metrics/sends.js';
import { Deck } from '../../src/patterns/deck.js';
import { createClock, newOrigin } from '../../src/run/clock.js';
import { buildRunRecord } from '../../src/run/run-record.js';
import { runScenario } from '../../src/scenario/run-load.js';
import type { Scenario } from '../../src/scenario/types.js';
import { unknownLoad } from '../../src/metrics/load.js';
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

it('counts as behind only what a subscriber has to get: one that came late has missed nothing', () => {
  const pattern: Scenario['pattern'] = { kind: 'pub-sub', durable: false };
  const plan = planOf({ pattern, consumers: 2, messages: 400, load: { kind: 'rate', perSecond: 100 } });
  const [planned] = plan.runs;
  const meter = new MachineMeter(createClock(newOrigin()), []);
  meter.stop();
  const joinedAt = { sent: 300, confirmed: sends().confirmed.map((word, i) => (i < 9 ? word : 0)) };
  const record = buildRunRecord({
    planned: planned!,
    scenario: runScenario(plan.scenario, planned!.cell),
    startedAt: new Date(0).toISOString(),
    records: [
      { role: 'producer', sends: sends(), load: unknownLoad },
      { role: 'consumer', receipts: receiptsFrom(0), load: unknownLoad },
      { role: 'consumer', receipts: receiptsFrom(300), load: unknownLoad },
    ],
    meter,
    sampler: undefined,
    brokerRss: undefined,
    prefetch: undefined,
    error: undefined,
    incidents: [],
    joined: [],
    subscribed: {
      pattern,
      subscribers: 2,
      deck: new Deck([{}]),
      late: new Set([1]),
      joining: { before: [joinedAt], after: [joinedAt] },
    },
    routes: [{}],
    again: [],
    faults: undefined,
  });
  expect(record.subscribers).toMatchObject([
    { expected: 400, unique: 400 },
    { expected: 100, unique: 100, lost: 0, late: true },
  ]);
  expect(record.rate?.kept).toBe(true);
});
