/**
 * The contract's patterns, on a real broker: what an adapter declares it must do, and what it does not declare it
 * must refuse with a reason. Who must get what comes from src/patterns/recipients.ts, which routes nothing itself.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Adapter, Consumer, DestinationSpec, Guarantee } from '../brokers/adapter.js';
import type { HeaderBinding, Pattern, PatternFeature, Route } from '../brokers/pattern.js';
import { BrokerError } from '../errors.js';
import { recipients, topicMatches } from '../patterns/recipients.js';
import { refusalOf, supportOf } from '../patterns/refusal.js';
import { Bench, eventually, Inbox, patienceMs, sleep, within } from './bench.js';
import type { ContractSpec } from './suite.js';

interface SuiteContext {
  readonly adapter: Adapter;
  readonly bench: () => Bench;
  readonly can: (feature: PatternFeature) => boolean;
}

/** One pattern for each feature that is a matter of the destination, to be refused where it is not there. */
const examples: Readonly<Partial<Record<PatternFeature, { readonly consumers: number; readonly pattern: Pattern }>>> = {
  'pub-sub': { consumers: 2, pattern: { kind: 'pub-sub', durable: false } },
  'durable-subscriptions': { consumers: 2, pattern: { kind: 'pub-sub', durable: true } },
  routing: { consumers: 1, pattern: { kind: 'routing', durable: false, keys: ['a', 'b'], bindings: [['a']] } },
  topics: { consumers: 1, pattern: { kind: 'topics', durable: false, keys: ['a.b', 'b'], bindings: [['a.*']] } },
  headers: {
    consumers: 1,
    pattern: { kind: 'headers', durable: false, bindings: [[{ match: 'all', headers: { source: 'kern' } }]] },
  },
  'request-reply': { consumers: 1, pattern: { kind: 'request-reply', requesters: 1 } },
  priority: { consumers: 1, pattern: { kind: 'work-queue', priorities: 3 } },
};
const features = ['replay', 'transactions', ...Object.keys(examples)] as readonly PatternFeature[];
const guarantees: readonly Guarantee[] = ['at-most-once', 'at-least-once'];

/** Declares the suite, at the top level of a test file of vitest. */
export function patternsSuite({ adapter, endpoint }: Pick<ContractSpec, 'adapter' | 'endpoint'>): void {
  describe(`the patterns of the adapter contract: ${adapter.id}`, { timeout: 3 * patienceMs }, () => {
    let bench: Bench;
    beforeEach(() => {
      bench = new Bench(adapter, endpoint);
    });
    afterEach(async () => bench.cleanUp());
    const context: SuiteContext = {
      adapter,
      bench: () => bench,
      can: (feature) => supportOf(adapter.capabilities, feature) === true,
    };

    describeRefusals(context);
    describePubSub(context);
    describeDurable(context);
    describeRouting(context);
    describeTopics(context);
    describeHeaders(context);
    describeRequestReply(context);
    describePriority(context);
    describeReplay(context);
    describeTransactions(context);
    describePatternDeletion(context);
  });
}

const numbered = (count: number, prefix = ''): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** What each subscriber got, in its own order. */
function textsOf(inbox: Inbox, subscriber: number): string[] {
  return inbox.all.filter(({ consumer }) => consumer === subscriber).map(({ body }) => body.toString());
}

/** Sends `rounds` messages with each route and returns what each subscriber must get, in order. */
async function sendAlong(
  bench: Bench,
  destination: DestinationSpec,
  routes: readonly Route[],
  rounds: number,
): Promise<string[][]> {
  const { pattern, consumers } = destination;
  const outbox = await bench.producer(destination);
  const expected: string[][] = Array.from({ length: consumers }, () => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const route of routes) {
      const text = `${round} ${JSON.stringify(route)}`;
      outbox.send(text, undefined, route);
      for (const index of recipients(pattern, consumers, route) ?? []) expected[index]!.push(text);
    }
  }
  await within(patienceMs, 'flush', outbox.producer.flush());
  expect(outbox).toMatchObject({ settled: rounds * routes.length, errors: [], strays: [] });
  return expected;
}

/** Each subscriber has what it must have, each message once, and nothing more comes. */
async function expectExactly(inbox: Inbox, expected: readonly (readonly string[])[]): Promise<void> {
  const total = expected.reduce((sum, { length }) => sum + length, 0);
  await inbox.has(total);
  await inbox.isQuiet();
  for (const [index, texts] of expected.entries()) {
    expect(textsOf(inbox, index).toSorted(), `subscriber ${index}`).toEqual([...texts].toSorted());
  }
}

function describeRefusals({ adapter, bench, can }: SuiteContext): void {
  describe('declarations', () => {
    it.each(features.filter((feature) => !can(feature)))('say why %s cannot be had', (feature) => {
      const support = supportOf(adapter.capabilities, feature);
      expect(support === true ? '' : support.reason).toMatch(/^\p{L}.* .*[^.]$/u);
    });

    it.each(features.filter((feature) => !can(feature) && examples[feature] !== undefined))(
      'and %s is refused and not emulated',
      async (feature) => {
        const admin = await bench().admin();
        const spec = { name: 'mqbench-contract-refused', guarantee: 'at-least-once', ...examples[feature]! } as const;
        await expect(admin.createDestination(spec)).rejects.toBeInstanceOf(BrokerError);
      },
    );

    it('are not all there is: a pattern with a mistake is refused too', async () => {
      const admin = await bench().admin();
      const pattern: Pattern = { kind: 'routing', durable: false, keys: ['a'], bindings: [['b']] };
      const spec = { name: 'mqbench-contract-refused', guarantee: 'at-least-once', consumers: 1, pattern } as const;
      await expect(admin.createDestination(spec)).rejects.toBeInstanceOf(BrokerError);
    });

    it('rewind where they say that they can', async () => {
      const { connection } = await bench().open();
      expect(connection.rewind !== undefined).toBe(can('replay'));
    });
  });
}

function describePubSub({ bench, can }: SuiteContext): void {
  describe.runIf(can('pub-sub'))('publish and subscribe', () => {
    const pattern: Pattern = { kind: 'pub-sub', durable: false };

    it.each(guarantees)('gives every subscriber every message, in order (%s)', async (guarantee) => {
      const destination = await bench().destination(3, guarantee, pattern);
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox);
      const outbox = await bench().producer(destination);
      await outbox.sendAll(300);
      expect(outbox).toMatchObject({ settled: 300, errors: [], strays: [] });
      await inbox.has(900);
      await inbox.isQuiet();
      for (const index of [0, 1, 2]) expect(textsOf(inbox, index)).toEqual(numbered(300));
    });

    it('gives a late subscriber what is sent from then on, and confirms without any', async () => {
      const destination = await bench().destination(2, 'at-least-once', pattern);
      const inbox = new Inbox(true);
      const outbox = await bench().producer(destination);
      await outbox.sendAll(10, 'nobody ');
      await bench().subscriber(destination, 0, inbox);
      await outbox.sendAll(10, 'first ');
      await inbox.has(10);
      await bench().subscriber(destination, 1, inbox);
      await outbox.sendAll(10, 'both ');
      await inbox.has(30);
      await inbox.isQuiet();
      expect(outbox).toMatchObject({ settled: 30, errors: [] });
      expect(textsOf(inbox, 0)).toEqual([...numbered(10, 'first '), ...numbered(10, 'both ')]);
      expect(textsOf(inbox, 1)).toEqual(numbered(10, 'both '));
    });

    it('keeps nothing for a subscriber that has left', async () => {
      const destination = await bench().destination(1, 'at-least-once', pattern);
      const outbox = await bench().producer(destination);
      const before = new Inbox(true);
      const { consumer, connection } = await bench().subscriber(destination, 0, before);
      await outbox.sendAll(5, 'there ');
      await before.has(5);
      await consumer.close();
      await connection.close();
      await outbox.sendAll(5, 'gone ');
      const after = new Inbox(true);
      await bench().subscriber(destination, 0, after);
      await outbox.sendAll(5, 'back ');
      await after.has(5);
      await after.isQuiet();
      expect(after.texts).toEqual(numbered(5, 'back '));
    });
  });
}

function describeDurable({ bench, can }: SuiteContext): void {
  describe.runIf(can('durable-subscriptions'))('durable subscriptions', () => {
    const pattern: Pattern = { kind: 'pub-sub', durable: true };

    it.each(guarantees)('keep what comes from their making on (%s)', async (guarantee) => {
      const destination = await bench().destination(2, guarantee, pattern);
      const outbox = await bench().producer(destination);
      await outbox.sendAll(100);
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox);
      await inbox.has(200);
      await inbox.isQuiet();
      for (const index of [0, 1]) expect(textsOf(inbox, index)).toEqual(numbered(100));
    });

    it('keep what comes while the subscriber is away, and do not repeat what it acknowledged', async () => {
      const destination = await bench().destination(2, 'at-least-once', pattern);
      const outbox = await bench().producer(destination);
      const before = new Inbox(true);
      const { consumer, connection } = await bench().subscriber(destination, 0, before);
      await outbox.sendAll(50, 'there ');
      await before.has(50);
      await consumer.close();
      await connection.close();
      await outbox.sendAll(50, 'away ');
      const after = new Inbox(true);
      await bench().consumers(destination, after);
      await after.has(150);
      await after.isQuiet();
      expect(textsOf(after, 0)).toEqual(numbered(50, 'away '));
      expect(textsOf(after, 1)).toEqual([...numbered(50, 'there '), ...numbered(50, 'away ')]);
    });

    it('give again what was not acknowledged when the connection was cut', async () => {
      const destination = await bench().destination(1, 'at-least-once', pattern);
      await (await bench().producer(destination)).sendAll(20);
      const before = new Inbox(false);
      const { connection } = await bench().subscriber(destination, 0, before);
      await before.has(20);
      connection.destroy();
      const after = new Inbox(true);
      await bench().subscriber(destination, 0, after);
      await after.has(20);
      await after.isQuiet();
      expect(after.texts).toEqual(numbered(20));
    });
  });
}

function describeRouting({ bench, can }: SuiteContext): void {
  const keys = ['info', 'warning', 'error', 'debug'];
  const bindings = [['error'], ['info', 'warning', 'error'], ['warning']];

  describe.runIf(can('routing'))('routing by key', () => {
    it.each(guarantees)('gives each subscriber what its bindings say, and the key (%s)', async (guarantee) => {
      const destination = await bench().destination(3, guarantee, { kind: 'routing', durable: false, keys, bindings });
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox);
      const routes = keys.map((key) => ({ key }));
      await expectExactly(inbox, await sendAlong(bench(), destination, routes, 50));
      for (const { key, body } of inbox.all) expect(body.toString()).toContain(`"key":"${key}"`);
    });

    it.runIf(can('durable-subscriptions'))('keeps it for subscribers that come later', async () => {
      const destination = await bench().destination(3, 'at-least-once', {
        kind: 'routing',
        durable: true,
        keys,
        bindings: [['error'], ['info'], ['warning']],
      });
      const routes = keys.map((key) => ({ key }));
      const expected = await sendAlong(bench(), destination, routes, 20);
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox);
      await expectExactly(inbox, expected);
    });
  });
}

function describeTopics({ adapter, bench, can }: SuiteContext): void {
  const keys = [
    ...['kern', 'cron', 'critical', 'kern.critical', 'kern.info', 'cron.critical', 'cron.info'],
    ...['kern.disk.critical', 'kern.disk.info', 'cron.disk.a.critical', 'kern.kern', 'kern.disk.a.b.c', 'other'],
  ];
  const bindings = [
    ...['kern.*', '*.critical', '#', 'kern.#', '#.critical', '*', '*.*', 'kern.#.critical', '*.disk.*', 'kern.*.#'],
    ...['*.#', '#.disk.#', '*.*.*', 'cron.info', 'kern.disk.#', '#.#', '*.#.critical', 'kern.*.critical'],
  ];
  const refusal = (own: readonly string[], durable = false): string | undefined =>
    refusalOf(
      adapter,
      { guarantee: 'at-least-once', consumers: 1, pattern: { kind: 'topics', durable, keys, bindings: [own] } },
      adapter.options.parse({}),
    );

  describe.runIf(can('topics'))('topics', () => {
    it('match keys as the definition says, whatever the binding', async () => {
      const possible = bindings.filter((binding) => refusal([binding]) === undefined);
      expect(possible).toEqual(expect.arrayContaining(['kern.*', '*.critical', '#', 'kern.#', '*', 'cron.info']));
      const pattern: Pattern = {
        kind: 'topics',
        durable: false,
        keys,
        bindings: possible.map((binding) => [binding]),
      };
      const destination = await bench().destination(possible.length, 'at-least-once', pattern);
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox);
      await sendAlong(
        bench(),
        destination,
        keys.map((key) => ({ key })),
        2,
      );
      const expected = possible.map((binding) => 2 * keys.filter((key) => topicMatches(binding, key)).length);
      await inbox.has(expected.reduce((sum, n) => sum + n));
      await inbox.isQuiet();
      const got = possible.map((binding, index) => [
        binding,
        inbox.all
          .filter(({ consumer }) => consumer === index)
          .map(({ key }) => key)
          .toSorted(),
      ]);
      expect(Object.fromEntries(got)).toEqual(
        Object.fromEntries(
          possible.map((binding) => {
            const matching = keys.filter((key) => topicMatches(binding, key));
            return [binding, [...matching, ...matching].toSorted()];
          }),
        ),
      );
    });

    it('come once, however many bindings of a subscriber match', async () => {
      const own = [['kern.*', '*.critical', 'kern.#'], ['#']];
      const pattern: Pattern = { kind: 'topics', durable: false, keys, bindings: own };
      const destination = await bench().destination(2, 'at-least-once', pattern);
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox);
      const routes = keys.map((key) => ({ key }));
      await expectExactly(inbox, await sendAlong(bench(), destination, routes, 5));
    });

    it.runIf(can('durable-subscriptions'))('are kept for subscribers that come later', async () => {
      const own = [['kern.*'], ['#'], ['*.critical']];
      const pattern: Pattern = { kind: 'topics', durable: true, keys, bindings: own };
      const destination = await bench().destination(3, 'at-least-once', pattern);
      const routes = keys.map((key) => ({ key }));
      const expected = await sendAlong(bench(), destination, routes, 3);
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox);
      await expectExactly(inbox, expected);
    });

    it.each(bindings.filter((binding) => refusal([binding]) !== undefined))('refuse %s with a reason', (binding) => {
      expect(refusal([binding])).toMatch(/\w+ \w+/);
    });
  });
}

function describeHeaders({ bench, can }: SuiteContext): void {
  const bindings: readonly (readonly HeaderBinding[])[] = [
    [{ match: 'all', headers: { severity: 'error', source: 'kern' } }],
    [{ match: 'any', headers: { severity: 'error', source: 'kern' } }],
    [
      { match: 'all', headers: { severity: "it's" } },
      { match: 'all', headers: { source: 'cron' } },
    ],
  ];
  const values = { severity: ['info', 'error', "it's"], source: ['kern', 'cron', 'a: b\\c'] };
  const routes: Route[] = [
    ...values.severity.flatMap((severity) => values.source.map((source) => ({ headers: { severity, source } }))),
    { headers: { severity: 'error' } },
    { headers: { other: 'x' } },
  ];

  describe.runIf(can('headers'))('routing by headers', () => {
    it.each([false, true])('gives each subscriber what its bindings say (durable: %s)', async (durable) => {
      if (durable && !can('durable-subscriptions')) return;
      const destination = await bench().destination(3, 'at-least-once', { kind: 'headers', durable, bindings });
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox);
      await expectExactly(inbox, await sendAlong(bench(), destination, routes, 10));
    });
  });
}

function describeRequestReply({ bench, can }: SuiteContext): void {
  describe.runIf(can('request-reply'))('request and reply', () => {
    it.each(guarantees)('brings every reply to its own request (%s)', async (guarantee) => {
      const calls = 300;
      const destination = await bench().destination(2, guarantee, { kind: 'request-reply', requesters: 2 });
      const served = [0, 0];
      const responders: Consumer[] = [];
      for (const index of [0, 1]) {
        const { connection } = await bench().open();
        const consumer = await connection.createConsumer(
          { destination, index, prefetch: 50, onCancelled: () => undefined },
          (delivery) => {
            served[index]! += 1;
            delivery.reply!(Buffer.from(`${index}: ${delivery.body.toString()}`));
            delivery.acknowledge();
          },
        );
        responders.push(consumer);
      }
      await Promise.all(responders.map((responder) => responder.ready(patienceMs)));
      const replies = [new Map<number, string>(), new Map<number, string>()];
      const twice: number[] = [];
      const requesters = await Promise.all(
        replies.map((own, index) =>
          bench().producer(destination, {
            index,
            onReply: (token, body) => {
              if (own.has(token)) twice.push(token);
              own.set(token, body.toString());
            },
          }),
        ),
      );
      for (let call = 0; call < calls; call += 1) {
        for (const [index, requester] of requesters.entries()) requester.send(`call ${call} of ${index}`);
      }
      await eventually('every reply is there', () => replies.every(({ size }) => size === calls));
      await sleep(300);
      expect(twice).toEqual([]);
      for (const [index, own] of replies.entries()) {
        for (const [token, text] of own) expect(text.replace(/^\d: /, '')).toBe(`call ${token} of ${index}`);
      }
      expect(served[0]! + served[1]!).toBe(2 * calls);
      expect(Math.min(...served), `served ${served.join(', ')}`).toBeGreaterThan(0);
      for (const requester of requesters) expect(requester).toMatchObject({ settled: calls, errors: [], strays: [] });
    });

    it('carries replies of any bytes, and none after close()', async () => {
      const destination = await bench().destination(1, 'at-least-once', { kind: 'request-reply', requesters: 1 });
      const bodies = [Buffer.alloc(0), Buffer.from('\0\n\r\n\0'), Buffer.alloc(100_000, 0xfe)];
      const held: (() => void)[] = [];
      const { connection } = await bench().open();
      const consumer = await connection.createConsumer(
        { destination, index: 0, prefetch: 10, onCancelled: () => undefined },
        (delivery) => {
          const copy = Buffer.from(delivery.body);
          const answer = (): void => {
            delivery.reply!(copy);
            delivery.acknowledge();
          };
          if (copy.equals(Buffer.from('late'))) held.push(answer);
          else answer();
        },
      );
      const got = new Map<number, Buffer>();
      const requester = await bench().producer(destination, {
        index: 0,
        onReply: (token, body) => got.set(token, Buffer.from(body)),
      });
      await consumer.ready(patienceMs);
      for (const body of bodies) requester.send(body);
      await eventually('every reply is there', () => got.size === bodies.length);
      for (const [token, body] of bodies.entries()) expect(got.get(token)?.equals(body)).toBe(true);
      requester.send('late');
      await requester.producer.flush();
      await eventually('the request is there', () => held.length === 1);
      await within(patienceMs, 'closing the requester', requester.producer.close());
      for (const answer of held) answer();
      await sleep(500);
      expect(got.size).toBe(bodies.length);
    });
  });

  it('has no replies anywhere else', async () => {
    const destination = await bench().destination();
    await expect(bench().producer(destination, { onReply: () => undefined })).rejects.toBeInstanceOf(BrokerError);
  });
}

function describePriority({ adapter, bench, can }: SuiteContext): void {
  const options = adapter.options.parse({});
  const refusal = (priorities: number): string | undefined =>
    refusalOf(
      adapter,
      { guarantee: 'at-least-once', consumers: 1, pattern: { kind: 'work-queue', priorities } },
      options,
    );

  describe.runIf(can('priority'))('priority', () => {
    it('hands out urgent messages first, and equals in their order', async () => {
      const priorities = [10, 5, 3, 2].find((levels) => refusal(levels) === undefined)!;
      const destination = await bench().destination(1, 'at-least-once', { kind: 'work-queue', priorities });
      const outbox = await bench().producer(destination);
      const sent: string[] = [];
      for (let i = 0; i < 200; i += 1) {
        const priority = (i * 7) % priorities;
        sent.push(`${priority} ${String(i).padStart(3, '0')}`);
        outbox.send(sent.at(-1)!, undefined, { priority });
      }
      await within(patienceMs, 'flush', outbox.producer.flush());
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox, 1);
      await inbox.has(200);
      const expected = sent.toSorted((a, b) => Number(b[0]) - Number(a[0]) || a.localeCompare(b));
      expect(inbox.texts).toEqual(expected);
    });
  });
}

function describeReplay({ bench, can }: SuiteContext): void {
  describe.runIf(can('replay'))('replay', () => {
    it.each<[string, Pattern | undefined]>([
      ['a work queue', undefined],
      ['durable subscriptions', { kind: 'pub-sub', durable: true }],
    ])('gives everything again: %s', async (_, pattern) => {
      const destination = await bench().destination(2, 'at-least-once', pattern);
      const outbox = await bench().producer(destination);
      await outbox.sendAll(200);
      const each = pattern === undefined ? 200 : 400;
      const first = new Inbox(true);
      const consumers = await bench().consumers(destination, first);
      await first.has(each);
      await Promise.all(consumers.map(({ connection }) => connection.close()));
      await (
        await bench().admin()
      ).rewind!(destination);
      const again = new Inbox(true);
      await bench().consumers(destination, again);
      await again.has(each);
      await again.isQuiet();
      expect(again.texts.toSorted()).toEqual(first.texts.toSorted());
    });

    it('has nothing to give where subscriptions keep nothing', async () => {
      const destination = await bench().destination(1, 'at-least-once', { kind: 'pub-sub', durable: false });
      await expect((await bench().admin()).rewind!(destination)).rejects.toBeInstanceOf(BrokerError);
    });
  });
}

function describeTransactions({ bench, can }: SuiteContext): void {
  it.runIf(!can('transactions'))('are refused where they cannot be had', async () => {
    const destination = await bench().destination();
    await expect(bench().producer(destination, { transactionSize: 10 })).rejects.toBeInstanceOf(BrokerError);
  });

  describe.runIf(can('transactions'))('transactions', () => {
    it('show nothing before they are complete, and settle as one', async () => {
      const destination = await bench().destination();
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox);
      const outbox = await bench().producer(destination, { transactionSize: 10 });
      for (let i = 0; i < 15; i += 1) outbox.send(`${i}`);
      await inbox.has(10);
      await inbox.isQuiet();
      expect(inbox.texts).toEqual(numbered(10));
      expect(outbox.settled).toBe(10);
      await within(patienceMs, 'flush', outbox.producer.flush());
      await inbox.has(15);
      expect(inbox.texts).toEqual(numbered(15));
      expect(outbox).toMatchObject({ settled: 15, errors: [], strays: [] });
    });

    it('that were not complete when the connection broke leave nothing behind', async () => {
      const destination = await bench().destination();
      const outbox = await bench().producer(destination, { transactionSize: 10 });
      for (let i = 0; i < 15; i += 1) outbox.send(`${i}`);
      await eventually('the first transaction is settled', () => outbox.settled === 10);
      outbox.connection.destroy();
      await eventually('the rest is settled', () => outbox.settled === 15);
      expect(outbox.errors).toHaveLength(5);
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox);
      await inbox.has(10);
      await inbox.isQuiet();
      expect(inbox.texts).toEqual(numbered(10));
    });
  });
}

function describePatternDeletion({ bench, can }: SuiteContext): void {
  const wanted: readonly PatternFeature[] = ['pub-sub', 'routing', 'durable-subscriptions'];
  it.runIf(wanted.every(can))(
    'deletes everything: the name can serve another pattern, and nothing old comes',
    async () => {
      const first = await bench().destination(2, 'at-least-once', { kind: 'pub-sub', durable: true });
      await (await bench().producer(first)).sendAll(20, 'old ');
      const admin = await bench().admin();
      await within(patienceMs, 'delete', admin.deleteDestination(first));
      await within(patienceMs, 'delete again', admin.deleteDestination(first));

      const second: DestinationSpec = {
        ...first,
        pattern: { kind: 'routing', durable: true, keys: ['a', 'b'], bindings: [['a'], ['b']] },
      };
      await admin.createDestination(second);
      try {
        const inbox = new Inbox(true);
        await bench().consumers(second, inbox);
        await expectExactly(inbox, await sendAlong(bench(), second, [{ key: 'a' }, { key: 'b' }], 10));
      } finally {
        await bench().leave();
        await admin.deleteDestination(second);
      }
    },
  );
}
