/**
 * What short whole runs see of the real brokers, whatever a pattern makes there: with MQBENCH_TEST_LONG=1 every
 * pattern that has names of its own for queues, topics or groups.
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
const sessions = sessionsOf('sampled');

interface Case {
  readonly name: string;
  readonly pattern: ScenarioPattern;
  readonly refused?: readonly string[];
  readonly always?: boolean;
  /** ActiveMQ counts a consumer with every topic that it gets messages of. */
  readonly subscriptions?: number;
}

const keys = ['kern.info', 'kern.critical', 'cron.info'];
const cases: readonly Case[] = [
  { name: 'work-queue', pattern: { kind: 'work-queue' }, always: true },
  { name: 'pub-sub', pattern: { kind: 'pub-sub', durable: false }, always: true },
  { name: 'pub-sub, durable', pattern: { kind: 'pub-sub', durable: true } },
  {
    name: 'routing',
    pattern: { kind: 'routing', durable: false, keys: ['a', 'b'], bindings: [['a'], ['a', 'b']] },
    subscriptions: 3,
  },
  {
    name: 'topics',
    pattern: { kind: 'topics', durable: false, keys, bindings: [['kern.*'], ['#']] },
    subscriptions: 5,
  },
  { name: 'priority', pattern: { kind: 'priority', weights: [2, 1] }, refused: ['kafka'] },
];

describe.concurrent.each(['rabbitmq', 'kafka', 'activemq'] as const)('a run on %s has figures of', (id) => {
  for (const { name, pattern, refused = [], always = false, subscriptions = 2 } of cases)
    it.sequential(name, async ({ skip }) => {
      const server = shared[id];
      if (!('endpoint' in server)) {
        expect(process.env['CI'] !== undefined && 'failed' in server, server.missing).toBe(false);
        return;
      }
      skip(!always && !isLong, 'only with MQBENCH_TEST_LONG=1');
      skip(refused.includes(id), 'the broker has no such thing');
      const { scenario } = planOf({
        targets: [await resolveTarget(id)],
        pattern,
        messages: undefined,
        durationSeconds: 2.5,
        load: { kind: 'rate', perSecond: 200 },
        drainSeconds: 20,
      });
      const plan = buildPlan(scenario, await adaptersOf(scenario), 'endpoint');
      const { broker } = await sessions.one(plan, { ...asEndpoint(id, server.endpoint), pids: server.pids });
      // RabbitMQ tells what was a second ago, and Kafka has a group's figures from its first commit on.
      const seen = broker?.samples.filter(({ phase }) => phase === 'measure' || phase === 'drain') ?? [];
      const most = (of: (sample: (typeof seen)[number]) => number | undefined): number | undefined =>
        seen.flatMap((sample) => of(sample) ?? []).toSorted((a, b) => b - a)[0];
      const told = JSON.stringify(seen);
      const waiting = most(({ ready, lag }) => lag ?? ready);
      // What waits for a subscription to several topics is told by ActiveMQ for all of them together.
      if (id === 'activemq' && subscriptions > 2) expect(waiting, told).toBeUndefined();
      else expect(waiting, told).toBeGreaterThanOrEqual(0);
      expect(
        most((sample) => sample.in),
        told,
      ).toBeGreaterThan(0);
      expect(
        most((sample) => sample.acknowledged),
        told,
      ).toBeGreaterThan(0);
      expect(
        most((sample) => sample.consumers),
        told,
      ).toBe(id === 'activemq' ? subscriptions : 2);
      if (server.pids.length > 0)
        expect(
          most(({ process }) => process?.cpu),
          told,
        ).toBeGreaterThanOrEqual(0);
      expect(broker?.notes).toEqual([]);
    });
});
