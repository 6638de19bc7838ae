import { describe, expect, it } from 'vitest';
import type { BrokerSample, DestinationSample, TargetSample } from '../../src/monitor/sample.js';
import { csvHeader, csvRows } from '../../src/monitor/view/csv.js';
import { bytes, percent, short } from '../../src/monitor/view/numbers.js';
import { renderSamples } from '../../src/monitor/view/table.js';

const at = '2026-11-21T10:15:00.000Z';
const huge = 987_654_321_987;

function destination(name: string): DestinationSample {
  const counters = { in: huge, delivered: huge, acknowledged: huge };
  return {
    name,
    kind: 'queue',
    state: 'running',
    partitions: 1200,
    ready: huge,
    unacknowledged: huge,
    total: huge,
    consumers: 12_345,
    memoryBytes: huge,
    memoryShare: 0.5,
    groups: [
      { name: `group of ${name}`, state: 'PreparingRebalance', members: 100, lag: huge, counters, rates: counters },
    ],
    counters,
    rates: counters,
  };
}

function sample(product: string, names: readonly string[]): TargetSample {
  const broker: BrokerSample = {
    product,
    version: '3.13.7-beta.4',
    source: 'management API',
    nodes: [
      {
        name: `rabbit@${'a-very-long-host-name.'.repeat(5)}example.org`,
        running: true,
        connections: 12_345,
        memoryBytes: huge,
        memoryLimitBytes: huge,
        memoryAlarm: true,
        diskFreeBytes: huge,
        diskFreeLimitBytes: huge,
        diskAlarm: true,
        storeShare: 0.4,
        storeLimitBytes: huge,
      },
    ],
    heldUp: 3,
    counters: {},
    rates: { in: huge },
    destinations: names.map(destination),
    destinationCount: names.length,
    notes: ['counters went backwards and count from 0 again (restarted or made anew): one, two, three and 17 more'],
  };
  return { target: 'target', at, sample: broker };
}

const options = { columns: 80, alert: (text: string) => text };
const widest = (text: string): number => Math.max(...text.split('\n').map((line) => [...line].length));

describe('the table', () => {
  it.each(['RabbitMQ', 'Apache Kafka', 'Apache ActiveMQ Classic'])('fits 80 columns for %s', (product) => {
    const text = renderSamples([sample(product, ['short', 'x'.repeat(300)])], options);
    expect(widest(text)).toBeLessThanOrEqual(80);
    expect(text).toContain('ALARM');
    expect(text).toContain('held up');
    expect(text).toMatch(/988G/);
  });

  it.each([
    [
      'RabbitMQ',
      /^ +QUEUE +STATE +READY +UNACK +TOTAL +IN\/s +OUT\/s +ACK\/s +CONS +MEMORY\n +q +running +11 +12 +13 +24 +25 +26 +14 +15B$/m,
    ],
    [
      'Apache Kafka',
      /^ +TOPIC +PART +END +IN\/s +GROUP +STATE +MEMB +COMMIT +LAG +OUT\/s\n +q +10 +21 +24 +g +Stable +17 +19 +18 +20$/m,
    ],
    [
      'Apache ActiveMQ Classic',
      /^ +DESTINATION +SIZE +FLIGHT +ENQ +DEQ +ENQ\/s +DEQ\/s +CONS +MEM\n +q +13 +12 +21 +23 +24 +26 +14 +16%$/m,
    ],
  ])('has each figure of %s below its own head', (product, row) => {
    const broker = sample(product, []).sample!;
    const one: DestinationSample = {
      name: 'q',
      kind: 'queue',
      state: 'running',
      ...{
        partitions: 10,
        ready: 11,
        unacknowledged: 12,
        total: 13,
        consumers: 14,
        memoryBytes: 15,
        memoryShare: 0.16,
      },
      groups: [
        {
          name: 'g',
          state: 'Stable',
          members: 17,
          lag: 18,
          counters: { acknowledged: 19 },
          rates: { acknowledged: 20 },
        },
      ],
      counters: { in: 21, delivered: 22, acknowledged: 23 },
      rates: { in: 24, delivered: 25, acknowledged: 26 },
    };
    const node = {
      ...{ name: 'n', running: true, connections: 31, memoryBytes: 32, memoryLimitBytes: 33, diskFreeBytes: 34 },
      ...{ diskFreeLimitBytes: 35, storeBytes: 36, storeLimitBytes: 37, storeShare: 0.38 },
    };
    const told = { ...broker, nodes: [node], rates: { in: 39 }, destinations: [one], destinationCount: 1 };
    const text = renderSamples([{ target: 't', at, sample: told }], { ...options, columns: 200 });
    expect(text).toMatch(row);
    expect(text).toContain(
      ' node n  31 connections  published 39/s  3 clients held up (flow control)  memory 32B of 33B  disk 34B free, alarm below 35B  store 36B of 37B\n',
    );
  });

  it('fits an error into 80 columns and shows the other targets', () => {
    const failed = { target: 'kafka', at, error: `has not answered ${'and goes on '.repeat(20)}` };
    const text = renderSamples([failed, sample('RabbitMQ', ['q'])], options);
    expect(widest(text)).toBeLessThanOrEqual(80);
    expect(text).toContain('RabbitMQ');
  });

  it('fits what the clients of a run count into 80 columns, and leaves out what they do not', () => {
    const clients = {
      scenario: 'a-scenario-with-a-long-name'.repeat(3),
      cell: 'kafka/1KB',
      target: 'kafka',
      produceRequestsPerSecond: 91.5,
      produceRequestMs: 8.14,
      recordsPerRequest: 1000,
      batchBytes: 25_000,
      recordsLagMax: 1204,
    };
    const text = renderSamples([{ ...sample('Apache Kafka', ['topic']), clients: [clients] }], options);
    expect(widest(text)).toBeLessThanOrEqual(80);
    for (const part of [
      'produce requests 91.5/s of 8.1 ms',
      'records a request 1.00K',
      'batch 25.0KB',
      'records lag max 1.20K',
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('fetches');
  });

  it('takes no more lines than there are, and counts what it hides', () => {
    const names = Array.from({ length: 400 }, (_, i) => `queue-${i}`);
    const two = [sample('RabbitMQ', names), sample('RabbitMQ', names)];
    const text = renderSamples(two, { ...options, rows: 50 });
    expect(text.split('\n').length).toBeLessThan(50);
    expect(text).toMatch(/and 3\d\d more/);
  });

  it('cuts names in the middle, and lets no control character of a name reach the terminal', () => {
    const text = renderSamples([sample('RabbitMQ', [`${'long-'.repeat(20)}end`, '\u001b[2Jq\u0007'])], options);
    expect(text).toMatch(/long-\S*…\S*end /);
    expect(text).toContain('?[2Jq?');
  });

  it('lets none of a version or an error reach it either', () => {
    const broker = sample('RabbitMQ', []);
    const text = renderSamples(
      [
        { ...broker, sample: { ...broker.sample!, version: '3\u001b[2J' } },
        { target: 'other', at, error: 'refused: \u001b]0;title\u0007' },
      ],
      options,
    );
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(text).toContain('3?[2J');
    expect(text).toContain('refused: ?]0;title?');
  });
});

describe('numbers', () => {
  it.each([
    [0, '0'],
    [7, '7'],
    [0.25, '0.3'],
    [99.96, '100'],
    [999.6, '1.00K'],
    [1234, '1.23K'],
    [99_960, '100K'],
    [999_960, '1.00M'],
    [12_345_678, '12.3M'],
  ])('%d is %s', (value, text) => expect(short(value)).toBe(text));

  it('says that there is none', () => {
    expect([short(undefined), bytes(undefined), percent(undefined)]).toEqual(['–', '–', '–']);
    expect([bytes(1500), percent(0.001), percent(0.5)]).toEqual(['1.50KB', '<1%', '50%']);
  });
});

describe('CSV', () => {
  it('has what nodes and destinations tell of memory, store, disk and connections', () => {
    const node = { name: 'n', running: true, connections: 71, memoryBytes: 72, memoryShare: 0.73, diskFreeBytes: 74 };
    const { sample: broker } = sample('ActiveMQ', ['q']);
    const [row = ''] = csvRows({
      target: 't',
      at,
      sample: { ...broker!, nodes: [{ ...node, storeBytes: 75, storeShare: 0.76 }] },
    });
    const names = csvHeader.split(',');
    const cells = row.split(',');
    expect(
      [
        'memory_share',
        'connections',
        'node_memory_bytes',
        'node_memory_share',
        'disk_free_bytes',
        'store_bytes',
        'store_share',
      ].map((name) => cells[names.indexOf(name)]),
    ).toEqual(['0.5', '71', '72', '0.73', '74', '75', '0.76']);
  });

  it('has as many fields in each row as in the header, and no formula', () => {
    const rows = csvRows(sample('RabbitMQ', ['=1+1', 'plain']));
    const count = csvHeader.split(',').length;
    for (const row of rows) expect(row.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)).toHaveLength(count);
    expect(rows[0]).toContain(`"'=1+1"`);
    expect(csvRows({ target: 'kafka', at, error: 'gone' })).toEqual([expect.stringContaining('"gone"')]);
  });
});
