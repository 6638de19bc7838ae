/**
 * Patterns as short whole runs on the real brokers: topics on each by default, with MQBENCH_TEST_LONG=1 all of them.
 * What a plan refuses has to be what docs/patterns.md says that the broker cannot do.
 */
import { describe, expect, inject, it } from 'vitest';
import { adaptersOf } from '../../src/scenario/load.js';
import type { ScenarioPattern } from '../../src/scenario/pattern.js';
import { buildPlan } from '../../src/scenario/plan.js';
import { resolveTarget } from '../../src/scenario/targets.js';
import { asEndpoint } from '../fixtures/as-endpoint.js';
import { planOf } from '../fixtures/plan.js';
import { sessionsOf } from '../fixtures/run-session.js';

const isLong = process.env['MQBENCH_TEST_LONG'] === '1';
const shared = inject('servers');

const sessions = sessionsOf('patterns');

const messages = 600;
const keys = ['kern.info', 'kern.critical', 'cron.info', 'cron.critical'];
const shapes = [
  { shape: 'pdf', origin: 'post' },
  { shape: 'zip', origin: 'post' },
];

interface Case {
  readonly name: string;
  readonly pattern: ScenarioPattern;
  readonly consumers: number;
  readonly refused: readonly string[];
  /** What each subscriber must get. */
  readonly expected?: readonly number[];
  readonly always?: boolean;
}

const cases: readonly Case[] = [
  {
    name: 'topics',
    pattern: { kind: 'topics', durable: false, keys, bindings: [['kern.*'], ['*.critical', 'kern.*'], ['#']] },
    consumers: 3,
    refused: [],
    expected: [300, 450, 600],
    always: true,
  },
  {
    name: 'pub-sub, durable',
    pattern: { kind: 'pub-sub', durable: true },
    consumers: 2,
    refused: [],
    expected: [600, 600],
  },
  {
    name: 'routing',
    pattern: { kind: 'routing', durable: false, keys: ['info', 'error'], bindings: [['error'], ['info', 'error']] },
    consumers: 2,
    refused: [],
    expected: [300, 600],
  },
  {
    name: 'headers',
    pattern: {
      kind: 'headers',
      durable: false,
      messages: shapes,
      bindings: [
        [{ match: 'all', headers: { shape: 'pdf', origin: 'post' } }],
        [{ match: 'any', headers: { shape: 'pdf', origin: 'post' } }],
      ],
    },
    consumers: 2,
    refused: ['kafka', 'memory'],
    expected: [300, 600],
  },
  {
    name: 'priority',
    pattern: { kind: 'priority', weights: [2, 1] },
    consumers: 1,
    refused: ['kafka'],
  },
  { name: 'replay', pattern: { kind: 'replay' }, consumers: 2, refused: ['rabbitmq', 'activemq', 'memory'] },
];

describe.each(['rabbitmq', 'kafka', 'activemq'] as const)('patterns on %s', (id) => {
  it.for(cases)('$name', async (one, { skip }) => {
    const server = shared[id];
    if (!('endpoint' in server)) {
      expect(process.env['CI'] !== undefined && 'failed' in server, server.missing).toBe(false);
      return;
    }
    skip(one.always !== true && !isLong, 'only with MQBENCH_TEST_LONG=1');
    const { pattern, consumers } = one;
    const { scenario } = planOf({
      targets: [await resolveTarget(id)],
      pattern,
      consumers,
      messages,
      warmupSeconds: 0.2,
      drainSeconds: 20,
    });
    // An endpoint's plan has no discarded run.
    const plan = buildPlan(scenario, await adaptersOf(scenario), 'endpoint');
    expect(plan.refused.map(({ cell }) => cell.target)).toEqual(one.refused.includes(id) ? [id] : []);
    if (plan.runs.length === 0) return;
    const record = await sessions.one(plan, asEndpoint(id, server.endpoint));
    expect(record.error).toBeUndefined();
    expect(record.verdict.status, record.verdict.evidence.join('; ')).not.toBe('failed');
    expect(record.delivery).toMatchObject({ sent: messages, confirmed: messages, lost: 0, duplicates: 0 });
    expect(record.subscribers?.map(({ expected, unique, unexpected }) => [expected, unique, unexpected])).toEqual(
      one.expected?.map((count) => [count, count, 0]),
    );
    if (pattern.kind === 'priority') expect(record.levels?.map(({ endToEnd }) => endToEnd.count)).toEqual([400, 200]);
    if (pattern.kind === 'replay')
      expect(record.replay).toMatchObject({ expected: messages, unique: messages, lost: 0 });
  });
});
