/** Faults in a scenario file: what they mean, and every way to get them wrong, before anything is started. */
import { describe, expect, it } from 'vitest';
import { refuseFaults } from '../../src/commands/fault-servers.js';
import { ScenarioError, type ScenarioIssue, UsageError } from '../../src/errors.js';
import { faultText, momentText } from '../../src/faults/text.js';
import { shortened } from '../../src/run/session.js';
import { digestOf } from '../../src/scenario/digest.js';
import { adaptersOf } from '../../src/scenario/load.js';
import { applyFlags } from '../../src/scenario/overrides.js';
import { parseScenario } from '../../src/scenario/parse.js';
import { buildPlan } from '../../src/scenario/plan.js';
import type { Scenario } from '../../src/scenario/types.js';
import { planOf } from '../fixtures/plan.js';

const head = 'name: t\ntargets: [memory, kafka]\nsizes: [100B]\nseed: 1\n';
const parse = (rest: string): Promise<Scenario> => parseScenario(`${head}${rest}\n`, 'x.yaml');
async function issuesOf(rest: string): Promise<readonly ScenarioIssue[]> {
  const error: unknown = await parse(rest).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return [];
  if (!(error instanceof ScenarioError)) throw error as Error;
  return error.issues;
}

describe('a fault', () => {
  it.each([
    ['{at: 40%, do: kill-consumer}', { do: 'kill-consumer', at: { kind: 'share', share: 0.4 }, worker: 0 }],
    [
      '{at: 10s, do: pause-consumer, for: 5s, worker: 2}',
      { do: 'pause-consumer', at: { kind: 'after', seconds: 10 }, forSeconds: 5, worker: 2 },
    ],
    ['{at: 0.5%, do: cut-connection}', { do: 'cut-connection', at: { kind: 'share', share: 0.005 } }],
    [
      '{at: 500ms, do: delay, latency: 50ms}',
      { do: 'delay', at: { kind: 'after', seconds: 0.5 }, latencySeconds: 0.05 },
    ],
    [
      '{at: 5s, do: throttle, bandwidth: 500KB/s, for: 1s}',
      { do: 'throttle', at: { kind: 'after', seconds: 5 }, forSeconds: 1, bytesPerSecond: 500_000 },
    ],
    ['{at: 5s, do: kill-broker}', { do: 'kill-broker', at: { kind: 'after', seconds: 5 } }],
  ])('%s', async (written, meaning) => {
    const { faults } = await parse(`duration: 60s\nfaults: [${written}]`);
    expect(faults).toEqual([meaning]);
    expect(`${momentText(faults[0]!.at)}: ${faultText(faults[0]!)}`).not.toContain('undefined');
  });

  it('may come when a queue is filled', async () => {
    const { faults } = await parse('messages: 10\nwork: backlog\nfaults: [{at: filled, do: restart-broker}]');
    expect(faults).toEqual([{ do: 'restart-broker', at: { kind: 'filled' } }]);
  });

  it('changes the question, and leaves the digest of scenarios without faults as it was', async () => {
    const plain = await parse('messages: 10');
    const broken = await parse('messages: 10\nfaults: [{at: 40%, do: kill-consumer}]');
    expect(digestOf(broken)).not.toBe(digestOf(plain));
    expect(digestOf({ ...broken, faults: [] })).toBe(digestOf(plain));
  });

  it('does not come in the run that only warms a server up', async () => {
    expect(shortened(await parse('messages: 10\nfaults: [{at: 40%, do: kill-broker}]'))).toMatchObject({
      messages: 2,
      faults: [],
    });
  });

  it('comes in time with --quick', async () => {
    const quick = await applyFlags(
      await parse('duration: 60s\nfaults: [{at: 30s, do: kill-consumer}, {at: 40%, do: cut-connection}]'),
      { quick: true },
    );
    expect(quick.durationSeconds).toBe(2);
    expect(quick.faults.map(({ at }) => at)).toEqual([
      { kind: 'after', seconds: 1 },
      { kind: 'share', share: 0.4 },
    ]);
  });
});

describe('mistakes', () => {
  it.each([
    ['[{at: 40%, do: kill-consumr}]', 'faults[0].do', /not valid here/, /did you mean "kill-consumer"/],
    ['[{at: 40%, do: kill-consumer, fro: 5s}]', 'faults[0].fro', /not a known key/, /did you mean "for"/],
    ['[{do: kill-consumer}]', 'faults[0].at', /expected a moment/, /40%/],
    ['[{at: 40, do: kill-consumer}]', 'faults[0].at', /has no unit/, /40%/],
    ['[{at: 100%, do: kill-consumer}]', 'faults[0].at', /not within a run/, /between 0% and 100%/],
    ['[{at: 0%, do: kill-consumer}]', 'faults[0].at', /not within a run/, /between/],
    ['[{at: x%, do: kill-consumer}]', 'faults[0].at', /not a share/, /40%/],
    ['[{at: 40%, do: pause-broker}]', 'faults[0].for', /is missing/, /for: 5s/],
    ['[{at: 40%, do: kill-producer, for: 5s}]', 'faults[0].for', /takes no time/, /remove for/],
    ['[{at: 40%, do: kill-broker, worker: 1}]', 'faults[0].worker', /does not happen to a worker/, /remove/],
    ['[{at: 40%, do: delay}]', 'faults[0].latency', /is missing/, /latency: 50ms/],
    ['[{at: 40%, do: throttle}]', 'faults[0].bandwidth', /is missing/, /1MB\/s/],
    ['[{at: 40%, do: throttle, bandwidth: 1MB}]', 'faults[0].bandwidth', /unit/, /MB\/s/],
    ['[{at: 40%, do: delay, latency: 1h}]', 'faults[0].latency', /too large/, /allowed/],
    ['[{at: 40%, do: cut-connection, latency: 1s}]', 'faults[0].latency', /has no latency/, /do: delay/],
    ['[{at: 40%, do: pause-broker, for: 1h}]', 'faults[0].for', /too large/, /allowed/],
    ['[]', 'faults', /at least one/, /kill-consumer/],
    ['{at: 40%, do: delay}', 'faults', /expected a list/, /for example/],
    ['[{at: 40%, do: kill-consumer, worker: 4}]', 'faults[0].worker', /no consumer 4: .*0 to 3/, /more consumers/],
    ['[{at: 40%, do: kill-producer, worker: 1}]', 'faults[0].worker', /no producer 1/, /more producers/],
    [
      '[{at: 40%, do: kill-consumer}, {at: 50%, do: kill-consumer}]',
      'faults[1].worker',
      /consumer 0 is killed twice/,
      /worker/,
    ],
    [
      '[{at: 20%, do: kill-consumer}, {at: 50%, do: pause-consumer, for: 1s}]',
      'faults[1].worker',
      /consumer 0 has been killed by then/,
      /pause it before/,
    ],
    ['[{at: filled, do: restart-broker}]', 'faults[0].at', /never filled/, /work: backlog/],
    ['[{at: 40%, do: pause-broker, for: 60s}]', 'faults[0].for', /takes what is missing for lost/, /drain/],
  ])('%s', async (faults, key, message, hint) => {
    const issues = await issuesOf(`messages: 1000\nfaults: ${faults}`);
    const issue = issues.find((one) => one.key === key);
    expect(issue?.message, JSON.stringify(issues)).toMatch(message);
    expect(issue?.hint).toMatch(hint);
  });

  it.each([
    ['duration: 10s\nfaults: [{at: 10s, do: kill-consumer}]', 'faults[0].at', /the run of 10s is over/],
    ['messages: 10\nconsumers: 1\nfaults: [{at: 40%, do: kill-consumer}]', 'faults', /none is left/],
    [
      'messages: 10\nconsumers: 4\ndestinations: 2\nfaults: [{at: 40%, do: kill-consumer}, {at: 50%, do: kill-consumer, worker: 2}]',
      'faults',
      /none is left/,
    ],
    ['messages: 10\nwork: backlog\nfaults: [{at: 40%, do: kill-broker}]', 'faults[0].at', /when the queue is filled/],
    ['messages: 10\nwork: backlog\nfaults: [{at: filled, do: kill-consumer}]', 'faults[0].do', /nobody but the broker/],
    ['messages: 10\npattern: pub-sub\nfaults: [{at: 40%, do: kill-broker}]', 'faults', /not durable ends with/],
    ['messages: 10\npattern: rpc\nfaults: [{at: 40%, do: kill-broker}]', 'faults', /pattern here is rpc/],
    ['messages: 10\nfaults: [{at: 40%, do: kill-consumer, for: 3s}]', 'faults[0].for', /gone for good/],
    [
      'messages: 10\npattern: {kind: pub-sub, durable: true}\nfaults: [{at: 40%, do: kill-consumer, for: 2m}]',
      'faults[0].for',
      /takes what is missing for lost/,
    ],
    ['duration: 10s\nload: {rates: [5/s, 10/s]}\nfaults: [{at: 5s, do: kill-consumer}]', 'faults', /a walk over rates/],
    [
      'duration: 10s\nlateConsumers: {count: 1, after: 2s}\nfaults: [{at: 5s, do: kill-consumer}]',
      'lateConsumers',
      /faults/,
    ],
  ])('%s', async (rest, key, message) => {
    const issues = await issuesOf(rest);
    expect(issues.find((issue) => issue.key === key)?.message, JSON.stringify(issues)).toMatch(message);
  });

  it.each([
    'messages: 10\nfaults: [{at: 50%, do: kill-consumer}, {at: 20%, do: pause-consumer, for: 1s}]',
    'messages: 10\nfaults: [{at: 20%, do: kill-consumer}, {at: 50%, do: pause-consumer, for: 1s, worker: 1}]',
    'messages: 10\npattern: {kind: pub-sub, durable: true}\nfaults: [{at: 20%, do: kill-consumer}, {at: 50%, do: pause-consumer, for: 1s}]',
  ])('a consumer can be paused that lives: %s', async (rest) => {
    expect(await issuesOf(rest)).toEqual([]);
  });

  it('refuses in the plan what a broker without a store cannot survive', async () => {
    const scenario = await parse('messages: 10\nfaults: [{at: 40%, do: kill-broker}]');
    const plan = buildPlan(scenario, await adaptersOf(scenario), 'local');
    expect(plan.cells.map(({ target }) => target)).toEqual(['kafka']);
    expect(plan.refused[0]?.reason).toMatch(/keeps messages in its process alone/);
  });
});

describe('a drain that is shorter than what the broker waits for', () => {
  const refusedOn = async (rest: string): Promise<readonly string[]> => {
    const scenario = await parse(`messages: 1000\n${rest}`);
    const plan = buildPlan(scenario, await adaptersOf(scenario), 'local');
    return plan.refused.map(({ cell, reason }) => `${cell.target}: ${reason}`);
  };

  it.each([
    ['kill-consumer', 'kill consumer 0'],
    ['cut-connection', 'cut every connection'],
    ['kill-broker', 'kill broker'],
  ])('is refused with %s where the broker keeps a session for so long', async (kind, text) => {
    const reasons = await refusedOn(`drain: 15s\nfaults: [{at: 40%, do: ${kind}}]`);
    expect(reasons.find((reason) => reason.startsWith('kafka'))).toBe(
      `kafka: ${text}: the broker waits 10s before it hands messages on (session.timeout.ms 10000), and after 15s of silence (drain) a run takes them for lost; write a drain of 16s or more`,
    );
  });

  it('is taken where it is long enough, where the broker sees it at once, and where nobody has anything yet', async () => {
    expect(await refusedOn('drain: 16s\nfaults: [{at: 40%, do: kill-consumer}]')).toEqual([]);
    const filled = await refusedOn('drain: 5s\nwork: backlog\nfaults: [{at: filled, do: restart-broker}]');
    expect(filled.filter((reason) => reason.startsWith('kafka'))).toEqual([]);
    expect(await refusedOn('drain: 5s\nfaults: [{at: 40%, do: pause-consumer, for: 4s}]')).toEqual([]);
    const thrownOut = await refusedOn('drain: 12s\nfaults: [{at: 40%, do: pause-consumer, for: 11s}]');
    expect(thrownOut.join()).toMatch(/^kafka: pause consumer 0 for 11s: the broker waits 10s/);
  });

  it('waits as long as the option says', async () => {
    const scenario = await parse('messages: 1000\ndrain: 15s\nfaults: [{at: 40%, do: kill-consumer}]');
    const targets = scenario.targets.map((target) => ({
      ...target,
      ...(target.name === 'kafka' ? { options: { ...target.options, sessionTimeoutMs: 9_000 } } : {}),
    }));
    expect(buildPlan({ ...scenario, targets }, await adaptersOf(scenario), 'local').refused).toEqual([]);
  });
});

describe('a server that is not ours', () => {
  const at = (change: Partial<Scenario>) => ({ ...planOf(change), serverChoice: 'auto' as const });
  const env = { MQBENCH_MEMORY_URL: 'memory://me:hunter2@127.0.0.1:1' };
  const kill = { do: 'kill-consumer', at: { kind: 'share', share: 0.4 }, worker: 0 } as const;

  it('is left alone, and the address named without its password', () => {
    let error: unknown;
    try {
      refuseFaults(at({ faults: [kill] }), { forceFaults: false }, env);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).details.hint).toMatch(/--force-faults/);
    expect(JSON.stringify((error as UsageError).details)).not.toContain('hunter2');
  });
  it('is broken when forced, as far as that goes from outside', () => {
    refuseFaults(at({ faults: [kill] }), { forceFaults: true }, env);
    refuseFaults(at({ faults: [{ do: 'cut-connection', at: kill.at }] }), { forceFaults: true }, env);
    expect(() =>
      refuseFaults(at({ faults: [{ do: 'kill-broker', at: kill.at }] }), { forceFaults: true }, env),
    ).toThrow(/cannot stop or end a server that it did not start/);
  });
  it('matters only where there are faults, and where it is used', () => {
    refuseFaults(at({}), { forceFaults: false }, env);
    refuseFaults(at({ faults: [kill] }), { forceFaults: false }, {});
    refuseFaults({ ...at({ faults: [kill] }), serverChoice: 'local' }, { forceFaults: false }, env);
  });
});
