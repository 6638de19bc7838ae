/** Which topics and groups of Kafka are looked at, and what is told of groups of its newer protocols. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, it } from 'vitest';
import type { Endpoint } from '../../src/brokers/adapter.js';
import { hostsOf } from '../../src/brokers/kafka/client.js';
import { loadAdapter } from '../../src/brokers/registry.js';
import { Bench, eventually } from '../../src/contract/bench.js';
import { KafkaSource } from '../../src/monitor/kafka/index.js';
import { chosenGroups, groupNotes, ofRun } from '../../src/monitor/kafka/parse.js';
import type { Reading } from '../../src/monitor/sample.js';
import { ensureJava, ensureMavenArtifacts } from '../../src/servers/local/store/index.js';
import { asKafkaAdmin } from '../fixtures/kafka-admin.js';
import { contextWith } from '../servers/helpers.js';

describe('the groups that Kafka is asked about', () => {
  const all = ['zebra-orders', 'b', 'a', 'orders-billing', 'c'];

  it('are by name', () => {
    expect(chosenGroups(all, '', 10)).toEqual(['a', 'b', 'c', 'orders-billing', 'zebra-orders']);
  });

  it('are those first that are looked for, where there are too many', () => {
    expect(chosenGroups(all, 'orders', 3)).toEqual(['orders-billing', 'zebra-orders', 'a']);
  });
});

describe("a run's topics and groups", () => {
  const base = { guarantee: 'at-least-once', consumers: 2 } as const;
  const queues = Array.from({ length: 4 }, (_, i) => ({ ...base, name: `q-${i}` }));

  it('are those of its destinations, as many as there is room for, and belong together', () => {
    expect(ofRun(queues, 3)).toEqual({
      topics: ['q-0', 'q-1', 'q-2'],
      groups: ['q-0', 'q-1', 'q-2'],
      topicCount: 4,
      groupCount: 4,
    });
    const pattern = { kind: 'pub-sub', durable: false } as const;
    expect(
      ofRun(
        queues.map((spec) => ({ ...spec, pattern })),
        3,
      ),
    ).toEqual({
      topics: ['q-0'],
      groups: ['q-0.0', 'q-0.1'],
      topicCount: 4,
      groupCount: 8,
    });
  });

  it('are what the pattern makes, without replies', () => {
    const keys = ['a', 'b', 'c', 'd'];
    const routing = { kind: 'routing', durable: false, keys, bindings: [['a'], ['b']] } as const;
    expect(ofRun([{ ...base, name: 'r', pattern: routing }], 3)).toMatchObject({
      topics: ['r.a', 'r.b', 'r.c'],
      groups: ['r.0', 'r.1'],
      topicCount: 4,
    });
    const rpc = { kind: 'request-reply', requesters: 2 } as const;
    expect(ofRun([{ ...base, name: 'p', pattern: rpc }], 3)).toMatchObject({ topics: ['p'], groups: ['p'] });
  });
});

describe('what Kafka does not tell of groups', () => {
  it('is one line for each thing, with a few names', () => {
    expect(groupNotes({ all: 3, left: 0, share: [], undescribed: [] })).toEqual([]);
    expect(groupNotes({ all: 120, left: 20, share: ['s'], undescribed: ['a', 'b', 'c', 'd', 'e'] })).toEqual([
      '20 of 120 consumer groups are not shown',
      'state and members of 5 groups are not told to kafkajs, which knows the classic protocol only: a, b, c and 2 more',
      '1 group without lag, which is not told to kafkajs of share groups: s',
    ]);
  });
});

const server = inject('servers').kafka;

describe.skipIf('missing' in server || server.provider !== 'local')('groups of newer protocols', () => {
  const cleanUp: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const step of cleanUp.splice(0).reverse()) await step();
  });

  /** Starts a consumer of Kafka's own. */
  async function start(endpoint: Endpoint, main: string, topic: string, settings: readonly string[]) {
    const { username, password, url } = endpoint;
    const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-kafka-tool-'));
    cleanUp.push(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'client.properties');
    writeFileSync(
      file,
      [
        'security.protocol=SASL_PLAINTEXT',
        'sasl.mechanism=PLAIN',
        `sasl.jaas.config=${login} username="${username}" password="${password}";`,
        ...settings,
      ].join('\n'),
    );
    const group = `new-protocol-${randomBytes(6).toString('hex')}`;
    const [{ jars }, { java }] = await Promise.all([
      ensureMavenArtifacts('kafka', contextWith()),
      ensureJava(contextWith()),
    ]);
    const args = [
      ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx128m', '-cp', jars.join(':')],
      ...[`org.apache.kafka.tools.consumer.${main}`, '--command-config', file],
      ...['--bootstrap-server', hostsOf(url)[0] ?? '', '--topic', topic, '--group', group],
    ];
    const child = spawn(java, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (text: Buffer) => (said += text.toString()));
    cleanUp.push(() => end(child));
    return { group, child, said: () => said };
  }

  async function end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
  }

  it('are shown with their lag, and a line says what is not told of them and of share groups', async () => {
    if ('missing' in server) throw new Error(server.missing);
    const { endpoint } = server;
    const bench = new Bench(await loadAdapter('kafka'), endpoint);
    cleanUp.push(() => bench.cleanUp());
    const source = new KafkaSource(endpoint);
    cleanUp.push(() => source.close());
    const spec = await bench.destination(1);
    const outbox = await bench.producer(spec);
    const own = ['group.protocol=consumer', 'auto.offset.reset=earliest', 'auto.commit.interval.ms=100'];
    const [consumer, sharer] = await Promise.all([
      start(endpoint, 'ConsoleConsumer', spec.name, own),
      start(endpoint, 'ConsoleShareConsumer', spec.name, []),
    ]);
    await outbox.sendAll(10);
    let last: Reading | undefined;
    const shows = (what: string, check: (reading: Reading) => boolean): Promise<void> =>
      eventually(what, async () => {
        last = await source.read({ containing: spec.name });
        return check(last);
      }).catch((error: unknown) => {
        throw new Error(`${String(error)}; last ${JSON.stringify(last)}; ${consumer.said()} ${sharer.said()}`);
      });
    const row = (lag: number) => [{ name: consumer.group, lag, counters: { acknowledged: 10 } }];
    const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
    await shows('it is done with all', ({ destinations }) => same(destinations[0]?.groups, row(0)));
    await shows('the share group is told', ({ notes }) => notes.some((note) => note.includes(sharer.group)));
    expect(last?.notes).toEqual([
      `state and members of 1 group are not told to kafkajs, which knows the classic protocol only: ${consumer.group}`,
      `1 group without lag, which is not told to kafkajs of share groups: ${sharer.group}`,
    ]);
    await Promise.all([end(consumer.child), end(sharer.child)]);
    await outbox.sendAll(3);
    await shows('it lags behind', ({ destinations }) => same(destinations[0]?.groups, row(3)));
    await asKafkaAdmin(endpoint, (admin) => admin.deleteGroups([consumer.group, sharer.group]));
    await shows('it is gone', ({ destinations, notes }) => same([destinations[0]?.groups, notes], [[], []]));
  });
});
