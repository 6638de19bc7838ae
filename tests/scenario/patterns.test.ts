/** The key `pattern`: a name or a map, its mistakes, and what a digest and a result make of it. */
import { describe, expect, it } from 'vitest';
import { ScenarioError } from '../../src/errors.js';
import { patternSchema } from '../../src/results/pattern-schema.js';
import { digestOf } from '../../src/scenario/digest.js';
import { adaptersOf } from '../../src/scenario/load.js';
import { patternOf, recordOf } from '../../src/scenario/pattern.js';
import { parseScenario } from '../../src/scenario/parse.js';
import { buildPlan } from '../../src/scenario/plan.js';
import type { Scenario } from '../../src/scenario/types.js';

const read = (pattern: string): Promise<Scenario> =>
  parseScenario(`name: a\ntargets: [memory]\nsizes: [100B]\nmessages: 100\npattern: ${pattern}\n`, 'a.yaml');

/** Key, message and hint of every mistake. */
async function mistakes(pattern: string): Promise<string[]> {
  const error: unknown = await read(pattern).catch((caught: unknown) => caught);
  if (!(error instanceof ScenarioError)) throw new Error(`no mistake in ${pattern}`);
  return error.issues.map(({ line, key, message, hint }) => `${line}: ${key}: ${message}; ${hint}`);
}

describe('the pattern', () => {
  it('is a name or a map of its kind', async () => {
    expect((await read('work-queue')).pattern).toEqual({ kind: 'work-queue' });
    expect((await read('{kind: work-queue}')).pattern).toEqual({ kind: 'work-queue' });
  });

  it.each([
    ['workqueue', '5: pattern: there is no pattern "workqueue"; did you mean "work-queue"?'],
    ['{kind: work-qeue}', '5: pattern.kind: there is no pattern "work-qeue"; did you mean "work-queue"?'],
    ['{durable: true}', '5: pattern.kind: is missing; say which pattern it is: '],
    ['{kind: 7}', '5: pattern.kind: expected the name of a pattern, got 7; one of: '],
    ['[work-queue]', '5: pattern: holds one value for all cells, and here is a list'],
    ['{kind: work-queue, durable: true}', '5: pattern.durable: is not a known key; '],
  ])('says what is wrong with %s', async (pattern, message) => {
    const [first, ...others] = await mistakes(pattern);
    expect(first).toContain(message);
    expect(others).toEqual([]);
  });
});

describe('a result', () => {
  it('keeps a bare name where there is nothing else to say, as results did before there were other patterns', () => {
    expect(recordOf({ kind: 'work-queue' })).toBe('work-queue');
    expect(patternOf('work-queue')).toEqual({ kind: 'work-queue' });
  });
});

describe('patterns with subscribers', () => {
  const logs = 'keys: [info, error], bindings: [[error], [info, error]]';

  it('are read with their defaults, and say how many consumers there are', async () => {
    const scenario = await read(`{kind: routing, ${logs}}`);
    expect(scenario.pattern).toEqual({
      kind: 'routing',
      durable: false,
      keys: ['info', 'error'],
      bindings: [['error'], ['info', 'error']],
    });
    expect(scenario.consumers).toBe(2);
    expect((await read('{kind: pub-sub, durable: true}\nconsumers: 3')).consumers).toBe(3);
    expect((await read('pub-sub')).pattern).toEqual({ kind: 'pub-sub', durable: false });
  });

  it.each([
    ['routing', 'pattern.keys: expected a list of keys, got nothing'],
    ['{kind: pub-sub, durabel: true}', 'pattern.durabel: is not a known key; did you mean "durable"?'],
    ['{kind: pub-sub, durable: "yes"}', 'pattern.durable: expected true or false, got "yes"'],
    ['{kind: routing, keys: [a], bindings: [[b]]}', 'the binding "b" matches none of the keys that are sent'],
    ['{kind: routing, keys: [a, a], bindings: [[a]]}', 'pattern.keys[1]: "a" stands here twice'],
    ['{kind: routing, keys: [a b], bindings: [[a b]]}', 'the key "a b" is not dotted words'],
    ['{kind: routing, keys: [a], bindings: [[]]}', 'pattern.bindings[0]: expected at least one of bindings'],
    ['{kind: topics, keys: [a.b], bindings: [["c.#"]]}', 'the binding "c.#" matches none of the keys that are sent'],
    ['{kind: topics, keys: [a.b], bindings: [[a.b*]]}', 'the binding "a.b*" is not dotted words'],
    ['{kind: topics, keys: [7], bindings: [[a]]}', 'pattern.keys[0]: expected a key, got 7'],
    [
      '{kind: headers, messages: [{a: "1"}], bindings: [[{headers: {a: "2"}}]]}',
      'pattern.bindings[0][0]: this binding matches none of the messages that are sent',
    ],
    [
      '{kind: headers, messages: [{a: 1}], bindings: [[{headers: {a: "1"}}]]}',
      'pattern.messages[0].a: expected a text',
    ],
    [
      '{kind: headers, messages: [{a: "1"}], bindings: [[{match: most, headers: {a: "1"}}]]}',
      'pattern.bindings[0][0].match: "most" is not valid here',
    ],
    [
      '{kind: headers, messages: [{a: "1"}], bindings: [[{heders: {a: "1"}}]]}',
      'pattern.bindings[0][0].heders: is not a known key; did you mean "headers"?',
    ],
    [
      '{kind: headers, messages: [{"content-length": "5"}], bindings: [[{headers: {a: "1"}}]]}',
      'pattern.messages[0]: the header "content-length" is not a plain name',
    ],
    [
      '{kind: headers, messages: [{a: "1", b: "x\\ny"}], bindings: [[{headers: {a: "1"}}]]}',
      'pattern.messages[0]: the value of the header "b" is longer than',
    ],
    ['{kind: priority, weights: [1]}', 'pattern.weights: expected at least'],
    ['{kind: priority, weights: [1, 0]}', 'pattern.weights[1]: 0 is too small'],
    [`{kind: routing, ${logs}}\nconsumers: 3`, 'consumers: there are 3 consumers and bindings for 2 subscribers'],
    [`{kind: routing, ${logs}}\nwork: backlog`, 'work: with work: backlog nobody subscribes before'],
    ['pub-sub\nwork: produce', 'work: with work: produce nobody subscribes before'],
    ['pub-sub\ndestinations: 2', 'destinations: each subscriber of a pattern has its own queue or group'],
    ['{kind: priority, weights: [2, 1]}\nwork: backlog', 'work: with work: backlog no message waits less'],
    ['{kind: priority, weights: [200, 1]}', 'messages: 100 messages do not hold each of 2 levels in these weights'],
    [
      `{kind: routing, keys: [a, b, c, d], bindings: [[a], [b, c, d]]}\nproducers: 30`,
      'messages: 100 messages, shared by 30 producers, do not hold each of 4 keys, so that someone would have nothing to expect; send at least 120',
    ],
    ['replay\nwork: consume', 'work: with work: consume messages are only drained'],
    ['replay\nlateConsumers: {count: 1, after: 1s}', 'lateConsumers: all consumers read again together'],
  ])('say what is wrong with %s', async (pattern, message) => {
    expect((await mistakes(pattern)).join('\n')).toContain(message);
  });

  it.each([
    ['{rate: 1/s}', 3],
    ['{ramp: {from: 1/s, to: 2/s, over: 2s}}', 5],
    ['{bursts: {rate: 1/s, on: 1s, off: 1s}}', 2],
  ])('hold every key in a duration, too: %s', async (load, messages) => {
    const of = (keys: string): Promise<unknown> =>
      parseScenario(
        `name: a\ntargets: [memory]\nsizes: [100B]\nduration: 3s\nload: ${load}\n` +
          `pattern: {kind: routing, keys: [${keys}], bindings: [[${keys}]]}\n`,
        'a.yaml',
      );
    const keys = Array.from({ length: messages + 1 }, (_, i) => `k${i}`);
    await expect(of(keys.slice(1).join())).resolves.toBeDefined();
    await expect(of(keys.join())).rejects.toMatchObject({
      issues: [
        expect.objectContaining({
          key: 'duration',
          message: expect.stringContaining(
            `${messages} messages in 3s do not hold each of ${messages + 1} keys`,
          ) as string,
        }),
      ],
    });
  });

  it('are refused with the adapter’s reason where it cannot have them', async () => {
    const scenario = await parseScenario(
      'name: a\ntargets: [rabbitmq, kafka, activemq, memory]\nsizes: [100B]\nmessages: 100\n' +
        'pattern: {kind: topics, keys: [a.b.c], bindings: [[a.#.c]]}\n',
      'a.yaml',
    );
    const plan = async (pattern: Scenario['pattern']) =>
      buildPlan({ ...scenario, pattern }, await adaptersOf(scenario), 'auto').refused.map(
        ({ cell, reason }) => `${cell.target}: ${reason}`,
      );
    expect(await plan(scenario.pattern)).toEqual([
      expect.stringContaining('activemq: ActiveMQ has no wildcard for the binding "a.#.c"'),
    ]);
    expect(await plan({ kind: 'replay' })).toEqual([
      expect.stringMatching(/^rabbitmq: a queue forgets/),
      expect.stringMatching(/^activemq: a queue or durable subscription forgets/),
      expect.stringMatching(/^memory: /),
    ]);
    expect(await plan({ kind: 'priority', weights: [1, 1, 1, 1] })).toEqual([
      expect.stringMatching(/^kafka: a Kafka partition is read in the order/),
      expect.stringMatching(/^activemq: ActiveMQ's store tells 3 levels/),
    ]);
    expect(await plan({ kind: 'pub-sub', durable: true })).toEqual([]);
    const typed = { timestamp: 'now' };
    expect(
      await plan({
        kind: 'headers',
        durable: false,
        messages: [typed],
        bindings: [[{ match: 'all', headers: typed }]],
      }),
    ).toEqual([
      expect.stringMatching(/^kafka: a Kafka broker does not look into headers/),
      expect.stringMatching(/^activemq: STOMP has a header "timestamp" of its own/),
      expect.stringMatching(/^memory: /),
    ]);
  });

  it('are another question than a work queue, and keep their map in the result', async () => {
    const [one, other] = [await read('{kind: pub-sub, durable: true}'), await read('pub-sub')];
    expect(digestOf(one)).not.toBe(digestOf({ ...other, seed: one.seed }));
    expect(recordOf(one.pattern)).toEqual({ kind: 'pub-sub', durable: true });
    expect(recordOf({ kind: 'replay' })).toBe('replay');
    expect(patternSchema.safeParse(recordOf((await read(`{kind: routing, ${logs}}`)).pattern)).success).toBe(true);
  });
});
