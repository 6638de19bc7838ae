import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/errors.js';
import { latencyBounds } from '../../src/metrics/latency-counts.js';
import { BrokerMetrics } from '../../src/monitor/prometheus/broker.js';
import { readListen, serveMetrics } from '../../src/monitor/prometheus/endpoint.js';
import { RunMetrics } from '../../src/monitor/prometheus/run.js';
import type { BrokerSample } from '../../src/monitor/sample.js';
import { packageRoot } from '../../src/root.js';
import type { LiveSample } from '../../src/run/live.js';
import type { SessionListener } from '../../src/run/session.js';
import type { PlannedRun, Work } from '../../src/scenario/types.js';
import { makeResult } from '../report/fixtures.js';

const sample: BrokerSample = {
  product: 'RabbitMQ',
  version: '4.1.0',
  source: 'management API',
  nodes: [{ name: 'rabbit@a', running: true, memoryBytes: 5e6, memoryAlarm: false, diskAlarm: true }],
  heldUp: 2,
  counters: {},
  rates: {},
  destinationCount: 2,
  destinations: [
    { name: 'a"b\\\nc', kind: 'queue', ready: 3, counters: { in: 10, acknowledged: 7 }, rates: { in: 5 } },
    {
      name: 't',
      kind: 'topic',
      partitions: 4,
      counters: { in: 9 },
      rates: {},
      groups: [{ name: 'g', state: 'Stable', members: 4, lag: 6, counters: { acknowledged: 3 }, rates: {} }],
    },
  ],
  notes: [],
};

/** Type of each metric, and the value of each line of the page. */
function read(page: string): { readonly types: Map<string, string>; readonly values: Map<string, number> } {
  const lines = page.split('\n').filter((line) => line !== '');
  const types = new Map(
    lines.flatMap((line): [string, string][] => {
      const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
      return name === undefined || type === undefined ? [] : [[name, type]];
    }),
  );
  const values = new Map(
    lines
      .filter((line) => !line.startsWith('#'))
      .map((line): [string, number] => {
        const end = line.lastIndexOf(' ');
        return [line.slice(0, end), Number(line.slice(end + 1))];
      }),
  );
  return { types, values };
}

/** By the conventions of prometheus.io/docs/practices/naming, as far as they can be tested. */
function breachesOf(types: ReadonlyMap<string, string>): string[] {
  return [...types].flatMap(([name, type]) => [
    ...(/^mqbench_[a-z]+(_[a-z]+)*$/.test(name) ? [] : [`${name}: not in snake case`]),
    ...((type === 'counter') === name.endsWith('_total') ? [] : [`${name}: only counters end in _total`]),
    ...(/_(ms|millis|milliseconds|minutes|mb|kb|percent|per_second|gauge|counter)(_|$)/.test(name)
      ? [`${name}: no base unit, or its type in its name`]
      : []),
    ...(type === 'histogram' && !name.endsWith('_seconds') ? [`${name}: its unit comes last`] : []),
  ]);
}

describe('what brokers tell, as metrics', () => {
  it('has counters of the broker as counters, what it has now as gauges, and nothing of what it does not tell', async () => {
    const registry = new Registry();
    const metrics = new BrokerMetrics(registry);
    metrics.update([{ target: 'rabbitmq', sample }, { target: 'kafka' }]);
    const page = await registry.metrics();
    const { types, values } = read(page);
    expect(breachesOf(types)).toEqual([]);
    const queue = 'target="rabbitmq",kind="queue",destination="a\\"b\\\\\\nc",vhost=""';
    expect(Object.fromEntries(values)).toEqual({
      'mqbench_broker_up{target="rabbitmq"}': 1,
      'mqbench_broker_up{target="kafka"}': 0,
      'mqbench_broker_info{target="rabbitmq",product="RabbitMQ",version="4.1.0"}': 1,
      'mqbench_broker_clients_held_up{target="rabbitmq"}': 2,
      'mqbench_node_alarm{target="rabbitmq",node="rabbit@a",resource="memory"}': 0,
      'mqbench_node_alarm{target="rabbitmq",node="rabbit@a",resource="disk"}': 1,
      'mqbench_node_memory_bytes{target="rabbitmq",node="rabbit@a"}': 5e6,
      [`mqbench_destination_messages_ready{${queue}}`]: 3,
      [`mqbench_destination_messages_published_total{${queue}}`]: 10,
      [`mqbench_destination_messages_acknowledged_total{${queue}}`]: 7,
      'mqbench_destination_partitions{target="rabbitmq",kind="topic",destination="t",vhost=""}': 4,
      'mqbench_destination_messages_published_total{target="rabbitmq",kind="topic",destination="t",vhost=""}': 9,
      'mqbench_group_lag_messages{target="rabbitmq",destination="t",group="g"}': 6,
      'mqbench_group_members{target="rabbitmq",destination="t",group="g"}': 4,
      'mqbench_group_messages_committed_total{target="rabbitmq",destination="t",group="g"}': 3,
    });
  });

  it('forgets a destination that vanished, and follows a counter that begins anew', async () => {
    const registry = new Registry();
    const metrics = new BrokerMetrics(registry);
    metrics.update([{ target: 'rabbitmq', sample }]);
    const [first] = sample.destinations;
    metrics.update([{ target: 'rabbitmq', sample: { ...sample, destinations: [{ ...first!, counters: { in: 1 } }] } }]);
    const { values } = read(await registry.metrics());
    const published = [...values].filter(([name]) => name.startsWith('mqbench_destination_messages_published_total'));
    expect(published.map(([, value]) => value)).toEqual([1]);
  });
});

describe('a run, as metrics', () => {
  const nothing = { counts: new Array<number>(latencyBounds.length + 1).fill(0), sumSeconds: 0 };
  const latency = (bucket: number, n: number) => ({
    counts: nothing.counts.map((_, i) => (i === bucket ? n : 0)),
    sumSeconds: n / 100,
  });
  const look = (measure: number, more: Partial<LiveSample> = {}): LiveSample => ({
    workers: 5,
    sent: { probe: 4, warmup: 100, measure },
    received: { probe: 4, warmup: 100, measure: measure / 2 },
    publish: latency(0, measure),
    endToEnd: latency(4, measure / 2),
    broker: undefined,
    process: { cpu: 1.5, rssBytes: 7e6, diskWrittenBytesPerSecond: 1_000 },
    workersCpu: 0.5,
    seconds: 2,
    clients: undefined,
    clientUse: undefined,
    ...more,
  });
  const planned = (repetition: number, discard = false): PlannedRun => ({
    order: 1,
    cell: { id: 'kafka/100B', target: 'kafka', sizeBytes: 100 },
    repetition,
    discard,
  });
  const record = makeResult({ sizes: [100], repetitions: 1 }).runs[0]!;
  const of = 'scenario="s",target="kafka",cell="kafka/100B"';

  async function session(tell: (listener: SessionListener) => void, work: Work = 'transfer') {
    const registry = new Registry();
    tell(new RunMetrics(registry).listener({ name: 's', work }));
    return read(await registry.metrics());
  }

  it('counts on over repetitions, in the phases that messages belong to, and says which stage it is in', async () => {
    const { types, values } = await session((listener) => {
      listener.runBegins(planned(1), 1, 2);
      listener.sampled?.('kafka', look(10));
      listener.sampled?.('kafka', look(1_000));
      listener.runEnds(planned(1), record);
      listener.runBegins(planned(2), 2, 2);
      listener.stage('measure');
      listener.sampled?.('kafka', look(600));
    });
    expect(breachesOf(types)).toEqual([]);
    expect(values.get(`mqbench_run_messages_sent_total{${of},phase="measure"}`)).toBe(1_600);
    expect(values.get(`mqbench_run_messages_received_total{${of},phase="measure"}`)).toBe(800);
    expect(values.get(`mqbench_run_messages_sent_total{${of},phase="warmup"}`)).toBe(200);
    expect(values.get(`mqbench_run_stage{${of},repetition="2",stage="measure"}`)).toBe(1);
    expect(values.get(`mqbench_runs_ended_total{${of},status="ok"}`)).toBe(1);
    expect(values.get('mqbench_runs_planned{scenario="s"}')).toBe(2);
    expect(values.get('mqbench_broker_process_cpu_seconds_total{target="kafka"}')).toBe(9);
    expect(values.get('mqbench_broker_process_disk_written_bytes_total{target="kafka"}')).toBe(6_000);
    expect(values.has('mqbench_broker_process_disk_read_bytes_total{target="kafka"}')).toBe(false);
    expect(values.get(`mqbench_run_workers_cpu_seconds_total{${of}}`)).toBe(3);
  });

  it('has latencies as histograms in seconds, each bucket with those below it', async () => {
    const { types, values } = await session((listener) => {
      listener.runBegins(planned(1), 1, 1);
      listener.sampled?.('kafka', look(1_000));
    });
    const name = 'mqbench_run_end_to_end_latency_seconds';
    expect(types.get(name)).toBe('histogram');
    const bounds = [...latencyBounds.map(String), '+Inf'];
    expect(bounds.map((le) => values.get(`${name}_bucket{${of},le="${le}"}`))).toEqual(
      bounds.map((_, i) => (i < 4 ? 0 : 500)),
    );
    expect(values.get(`${name}_sum{${of}}`)).toBe(5);
    expect(values.get(`${name}_count{${of}}`)).toBe(500);
    expect(values.get(`mqbench_run_publish_latency_seconds_bucket{${of},le="0.0005"}`)).toBe(1_000);
  });

  it('takes no answer for no messages, and counts on when a worker is gone', async () => {
    const { values } = await session((listener) => {
      listener.runBegins(planned(1), 1, 1);
      listener.sampled?.('kafka', look(1_000));
      listener.sampled?.('kafka', look(0, { workers: 0 }));
      listener.sampled?.('kafka', look(1_200));
      listener.sampled?.('kafka', look(700));
      listener.sampled?.('kafka', look(800));
    });
    expect(values.get(`mqbench_run_messages_sent_total{${of},phase="measure"}`)).toBe(1_300);
  });

  it('has no latency of a backlog or of a run that only warms up', async () => {
    const tell = (discard: boolean) => (listener: SessionListener) => {
      listener.runBegins(planned(1, discard), 1, 1);
      listener.sampled?.('kafka', look(1_000));
      listener.runEnds(planned(1, discard), record);
    };
    const name = `mqbench_run_end_to_end_latency_seconds_count{${of}}`;
    expect((await session(tell(true))).values.has(name)).toBe(false);
    expect((await session(tell(true))).values.get(`mqbench_run_messages_sent_total{${of},phase="warmup"}`)).toBe(1_100);
    expect((await session(tell(false), 'consume')).values.has(name)).toBe(false);
    expect((await session(tell(false))).values.get(name)).toBe(500);
  });

  it('shows the broker of the run that goes on, and what its clients count', async () => {
    const clients = {
      ...{ produceRequests: 10, produceMs: 50, produceBytes: 4_000, records: 100, batches: 40 },
      ...{ fetches: 4, fetchMs: 20, fetched: 90, lagMax: 7 },
    };
    const during = (ends: boolean) => (listener: SessionListener) => {
      listener.runBegins(planned(1), 1, 1);
      listener.sampled?.('kafka', look(1_000, { broker: sample, clients }));
      if (ends) listener.runEnds(planned(1), record);
    };
    const { types, values } = await session(during(false));
    expect(breachesOf(types)).toEqual([]);
    expect(values.get('mqbench_group_lag_messages{target="kafka",destination="t",group="g"}')).toBe(6);
    expect(values.get(`mqbench_client_produce_request_seconds_total{${of}}`)).toBe(0.05);
    expect(values.get(`mqbench_client_lag_max_messages{${of}}`)).toBe(7);
    const after = (await session(during(true))).values;
    expect([...after.keys()].filter((name) => /^mqbench_(group|destination|broker_up)/.test(name))).toEqual([]);
    expect(after.get(`mqbench_client_fetches_total{${of}}`)).toBe(4);
  });
});

describe('the scrape endpoint', () => {
  it('serves what was last seen, on loopback', async () => {
    const registry = new Registry();
    new BrokerMetrics(registry).update([{ target: 'kafka' }]);
    const endpoint = await serveMetrics(registry, '0');
    try {
      expect(endpoint.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
      const answer = await fetch(endpoint.url);
      expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
      expect(await answer.text()).toContain('mqbench_broker_up{target="kafka"} 0');
      expect((await fetch(endpoint.url.replace('/metrics', '/other'))).status).toBe(404);
      const other = endpoint.url.replace('127.0.0.1', '127.0.0.2');
      await expect(fetch(other, { signal: AbortSignal.timeout(5_000) })).rejects.toThrow();
    } finally {
      await endpoint.close();
    }
    await expect(fetch(endpoint.url)).rejects.toThrow();
  });

  it('says so where the port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    try {
      const refused = serveMetrics(new Registry(), `127.0.0.1:${port}`);
      await expect(refused).rejects.toThrow(BrokerError);
      await expect(refused).rejects.toThrow(/the port is taken/);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it('refuses an address that is none', () => {
    expect(readListen('9464')).toEqual({ host: '127.0.0.1', port: 9464 });
    expect(readListen('0.0.0.0:9464')).toEqual({ host: '0.0.0.0', port: 9464 });
    expect(readListen('[::1]:9464')).toEqual({ host: '::1', port: 9464 });
    expect(() => readListen('a b')).toThrow(/no address/);
    expect(() => readListen('h:70000')).toThrow(/no address/);
  });
});

describe('the Grafana dashboard', () => {
  const text = readFileSync(join(packageRoot, 'assets', 'grafana', 'mqbench.json'), 'utf8');
  const registry = new Registry();
  new RunMetrics(registry);
  const exported = new Map(
    registry.getMetricsAsArray().map(({ name }) => [name, registry.getSingleMetric(name)] as const),
  );

  it('uses only metrics that are exported, and shows brokers and runs', () => {
    const used = [...new Set(text.match(/mqbench_\w+/g))].map((name) => name.replace(/_bucket$/, ''));
    expect(used.filter((name) => !exported.has(name))).toEqual([]);
    for (const shown of [/^mqbench_run_messages/, /^mqbench_run_end_to_end/, /^mqbench_destination/, /^mqbench_group/])
      expect(used.some((name) => shown.test(name))).toBe(true);
  });

  it('takes rates of counters and of nothing else', () => {
    const rated = new Set([...text.matchAll(/rate\((mqbench_\w+)/g)].map(([, name]) => name));
    const counted = [...new Set(text.match(/mqbench_\w+_(total|bucket)\b/g))];
    expect([...rated].sort()).toEqual(counted.sort());
  });
});
