import { describe, expect, it } from 'vitest';
import { decodeHistogram } from '../../src/metrics/histogram.js';
import { plotGroups } from '../../src/report/plots/index.js';
import { namedPercentiles, ninesOf } from '../../src/report/plots/latency.js';
import { buildModel } from '../../src/report/model.js';
import { linearTicks, logDomain, logTicks } from '../../src/report/plots/scales.js';
import { channelOf } from '../../src/report/plots/theme.js';
import { textWidth, wrapText } from '../../src/report/font.js';
import { loadRenderer } from '../../src/report/render.js';
import type { Result } from '../../src/results/schema.js';
import { makeFailed, makeInvalid, makePartialResult, makeResult, withAxis, withTarget } from './fixtures.js';

const small = { sizes: [100] };
const plotsOf = (...results: Result[]) => plotGroups(results.map(buildModel)).flatMap(({ plots }) => plots);
const find = (name: string, ...results: Result[]) => {
  const plot = plotsOf(...results).find((p) => p.name === name);
  if (!plot) throw new Error(`no plot ${name}`);
  return plot;
};

/** Every data row in a specification that has all these keys. */
function rowsWith(spec: unknown, ...keys: string[]): Record<string, unknown>[] {
  if (Array.isArray(spec)) return spec.flatMap((part) => rowsWith(part, ...keys));
  if (typeof spec !== 'object' || spec === null) return [];
  const own = keys.every((key) => key in spec) ? [spec as Record<string, unknown>] : [];
  return [...own, ...Object.values(spec).flatMap((part) => rowsWith(part, ...keys))];
}

describe('the set of plots', () => {
  it('has one of each kind for each message size', () => {
    const names = plotsOf(makeResult({ ...small, sizes: [100, 1_000], repetitions: 1 })).map((plot) => plot.name);
    const kinds = ['throughput', 'time', 'timeline', 'latency', 'latency-histogram', 'publish-latency', 'share'];
    expect(names.sort()).toEqual(kinds.flatMap((kind) => [`${kind}-1KB`, `${kind}-100B`]).sort());
  });

  it('shows all cells of a further axis in one picture, and against it', () => {
    const result = withAxis(makeResult({ ...small, repetitions: 1 }), 'consumers', [1, 4]);
    const names = plotsOf(result).map((plot) => plot.name);
    const kinds = ['throughput', 'time', 'timeline', 'latency', 'latency-histogram', 'publish-latency', 'share'];
    const against = ['throughput-by-consumers-100B', 'latency-by-consumers-100B'];
    expect(names.sort()).toEqual([...kinds.map((kind) => `${kind}-100B`), ...against].sort());
    const lines = rowsWith(find('throughput-by-consumers-100B', result).spec, 'series', 'at', 'median', 'low');
    const spoken = lines.map(({ series, at }) => `${String(series)} ${String(at)}`);
    expect(spoken.sort()).toEqual(
      ['rabbitmq †', 'kafka', 'activemq'].flatMap((name) => [`${name} 1`, `${name} 4`]).sort(),
    );
    expect(rowsWith(find('throughput-100B', result).spec, 'from', 'to', 'median')).toHaveLength(6);
  });

  it('has a picture for each value of an axis where one would be too full', () => {
    const result = withAxis(
      withAxis(makeResult({ ...small, repetitions: 1 }), 'consumers', [1, 4]),
      'prefetch',
      [1, 200],
    );
    const names = plotsOf(result).map((plot) => plot.name);
    expect(names.filter((name) => name.startsWith('throughput')).sort()).toEqual([
      'throughput-100B-consumers-1',
      'throughput-100B-consumers-4',
      'throughput-by-consumers-100B',
    ]);
  });

  it('is empty where nothing was measured', () => {
    expect(plotsOf(makeResult({ ...small, alterRun: () => undefined }))).toEqual([]);
  });

  const cases: [string, Result[]][] = [
    ['a whole result', [makeResult(small)]],
    ['a partial one', [makePartialResult()]],
    ['one run each', [makeResult({ ...small, repetitions: 1, load: { kind: 'rate', perSecond: 2_000 } })]],
    [
      'failed and invalid runs',
      [makeResult({ ...small, alterRun: (r) => (r.order < 5 ? makeFailed(r) : makeInvalid(r)) })],
    ],
    ['two results', [makeResult(small), makeResult({ ...small, id: 'b', seed: 3 })]],
    [
      'a further axis',
      [withAxis(makeResult({ ...small, repetitions: 1 }), 'guarantee', ['at-most-once', 'at-least-once'])],
    ],
    ['an axis of numbers', [withAxis(makeResult({ ...small, repetitions: 2 }), 'prefetch', [1, 20])]],
    ['many targets', [['a', 'b', 'c', 'd'].reduce((r, name) => withTarget(r, 'kafka', name), makeResult(small))]],
  ];
  it.each(cases)('compiles without a warning: %s', async (_, results) => {
    const renderer = await loadRenderer();
    const plots = plotsOf(...results);
    expect(plots.length).toBeGreaterThan(0);
    for (const plot of plots) {
      // The renderer turns every warning of Vega and Vega-Lite into an error.
      expect((await renderer.svg(plot)).whole).toContain('<svg role="img"');
      expect(plot.table.rows.every((row) => row.length === plot.table.columns.length)).toBe(true);
    }
  });
});

describe('what a plot’s head says', () => {
  it('has the number of runs, the conditions and what a confirm means; the unsupported version in the title', () => {
    const { title, notes, confirms } = find('throughput-100B', makeResult(small)).head;
    expect(title).toBe('Throughput, 100 B messages († unsupported: rabbitmq 3.10.8)');
    expect(notes.join(' ')).toContain('3 runs each.');
    expect(notes.join(' ')).toContain('1 producer, 4 consumers, at-least-once, full speed');
    expect(confirms).toContain('activemq: The message is in the KahaDB journal');
  });

  it('names what is missing and says that a result is partial', () => {
    for (const plot of plotsOf(makePartialResult())) {
      expect(plot.head.notes.join(' ')).toContain('Partial result: interrupted.');
      expect(plot.head.notes.join(' ')).toContain('Missing: activemq (Java 17');
    }
  });

  it('is broken into lines that fit', () => {
    const lines = wrapText('A confirm means that it is in the log of the one replica. '.repeat(9), 300, 12, {
      most: 4,
    });
    expect(lines).toHaveLength(4);
    expect(lines.at(-1)).toMatch(/…$/);
    for (const line of lines) expect(textWidth(line, 12)).toBeLessThanOrEqual(300);
  });
});

describe('throughput', () => {
  it('draws every run, and those that do not count apart from the rest', () => {
    const result = makeResult({ ...small, alterRun: (run) => (run.id === 'kafka/100B#1' ? makeFailed(run) : run) });
    const { spec } = find('throughput-100B', result);
    const dots = rowsWith(spec, 'run', 'speed');
    expect(dots.map((dot) => dot['run']).sort()).toEqual(result.runs.map((run) => run.id).sort());
    const bar = rowsWith(spec, 'median', 'low', 'high').find((row) => row['series'] === 'kafka');
    const counted = result.runs
      .filter((r) => r.cell === 'kafka/100B' && r.repetition > 1)
      .map((r) => r.figures?.throughput ?? 0);
    expect(bar?.['high']).toBe(Math.max(...counted));
    expect(bar?.['low']).toBe(Math.min(...counted));
  });
});

describe('latency', () => {
  it('has each run’s percentiles exactly as its histogram has them', () => {
    const result = makeResult(small);
    const dots = rowsWith(find('latency-100B', result).spec, 'run', 'percentile', 'ms');
    for (const run of result.runs) {
      const histogram = decodeHistogram(run.latency?.endToEnd.hdr ?? '');
      for (const percentile of namedPercentiles) {
        const dot = dots.find((d) => d['run'] === run.id && d['percentile'] === percentile);
        expect(dot?.['ms']).toBe(histogram.getValueAtPercentile(percentile) / 1e6);
        expect(dot?.['nines']).toBeCloseTo(1 / (1 - percentile / 100), 6);
      }
      expect(dots.find((d) => d['run'] === run.id && d['percentile'] === 99)?.['ms']).toBe(run.latency?.endToEnd.p99Ms);
    }
  });

  it('draws the median of the runs at each percentile', () => {
    const result = makeResult(small);
    const cell = buildModel(result).cells.find((c) => c.target === 'activemq');
    const row = rowsWith(find('latency-100B', result).spec, 'median', 'percentile').find(
      (r) => r['series'] === 'activemq' && r['percentile'] === 99,
    );
    expect(row).toMatchObject({
      median: cell?.latency?.endToEnd?.p99Ms.median,
      low: cell?.latency?.endToEnd?.p99Ms.low,
      high: cell?.latency?.endToEnd?.p99Ms.high,
    });
  });

  it('ends where a run has no message beyond', () => {
    const dots = rowsWith(
      find('latency-100B', makeResult({ ...small, messages: 1_000, load: { kind: 'rate', perSecond: 200 } })).spec,
      'run',
      'percentile',
    );
    expect(Math.max(...dots.map((dot) => Number(dot['percentile'])))).toBe(99.9);
  });

  it('puts the nines at equal distances', () => {
    expect([90, 99, 99.9, 99.99].map(ninesOf)).toEqual([10, 100, 1_000, 10_000]);
  });

  it('says whose latency is the client library’s', () => {
    expect(find('latency-100B', makeResult(small)).head.notes.join(' ')).toContain(
      'kafka: measures the client library.',
    );
  });
});

describe('the histogram', () => {
  it('accounts for every message of every run', () => {
    const result = makeResult({ ...small, repetitions: 2 });
    const rows = rowsWith(find('latency-histogram-100B', result).spec, 'run', 'percent');
    for (const run of result.runs) {
      const sum = rows.filter((row) => row['run'] === run.id).reduce((total, row) => total + Number(row['percent']), 0);
      expect(sum).toBeCloseTo(100, 3);
    }
  });
});

describe('throughput over time', () => {
  it('marks warm-up and drain, and does not let the cut-off last interval look like a fall', () => {
    const result = makeResult({ ...small, repetitions: 1, targets: ['rabbitmq'] });
    const [run] = result.runs;
    const rows = rowsWith(find('time-100B', result).spec, 'run', 'rate', 'phase');
    expect(new Set(rows.map((row) => row['phase']))).toEqual(new Set(['warmup', 'measure', 'drain'].slice(0, 2)));
    const measured = rows.filter((row) => row['phase'] === 'measure').map((row) => Number(row['rate']));
    expect(Math.min(...measured)).toBeGreaterThan(0.7 * (run?.figures?.throughput ?? 0));
  });
});

describe('shares', () => {
  it('are those of the runs', () => {
    const result = makeResult({ ...small, repetitions: 1 });
    const [run] = result.runs;
    const rows = rowsWith(find('share-100B', result).spec, 'run', 'percent').filter((row) => row['run'] === run?.id);
    expect(rows.map((row) => Number(row['percent']))).toEqual(
      run?.share?.perConsumer.map((n) => Number(((n / 100_000) * 100).toPrecision(6))),
    );
  });
});

describe('faults', () => {
  const faulty = makeResult({
    ...small,
    repetitions: 1,
    alterRun: (run) => ({
      ...run,
      faults: [
        {
          do: 'kill-consumer',
          what: 'kill consumer 0',
          at: 'after 1 s',
          startedSeconds: 1,
          endedSeconds: 1,
          reconnects: 0,
        },
        {
          do: 'pause-consumer',
          what: 'pause consumer 1 for 0.5 s',
          at: 'after 1.01 s',
          startedSeconds: 1.01,
          endedSeconds: 1.51,
          reconnects: 0,
        },
        { do: 'restart-broker', what: 'restart the broker', at: 'after 99 s', reconnects: 0 },
      ],
    }),
  });

  it.each(['time-100B', 'timeline-100B'])('are marked where they came and where they were over: %s', (name) => {
    const { spec, head } = find(name, faulty);
    const marked = rowsWith(spec, 'run', 'measure', 't').filter((row) => !('value' in row));
    const own = marked.filter(({ run }) => run === marked[0]?.['run']);
    expect(new Set(own.map(({ measure, t }) => `${String(measure)} ${String(t)}`))).toEqual(
      new Set(['kill consumer 0 1', 'pause consumer 1 for 0.5 s 1.01', 'pause consumer 1 for 0.5 s: over 1.51']),
    );
    expect(head.notes.join(' ')).toContain('Upright: a fault; dashed: it is over.');
    // Two that come close to each other stand below each other, named once for each target.
    const labels = rowsWith(spec, 'mark', 'encoding').filter(({ data }) => rowsWith(data, 'top', 'text', 't').length);
    expect(labels.map(({ mark }) => (mark as { dy: number }).dy)).toEqual([2, 15, 2, 15, 2, 15]);
    const plain = find(name, makeResult({ ...small, repetitions: 1 }));
    expect(plain.head.notes.join(' ')).not.toContain('Upright');
  });

  it('are named where the picture is read aloud', () => {
    expect(find('timeline-100B', faulty).description).toContain('; kill consumer 0 at 1.00 s, pause consumer 1');
  });

  it('can be drawn', async () => {
    const renderer = await loadRenderer();
    for (const name of ['time-100B', 'timeline-100B'])
      expect((await renderer.svg(find(name, faulty))).whole).toContain('kill consumer 0');
  });
});

describe('colours', () => {
  it('begin with Okabe and Ito’s blue, vermilion and green', () => {
    expect([0, 1, 2].map((i) => channelOf(i).color)).toEqual(['#0072B2', '#D55E00', '#009E73']);
  });

  it('never stand alone: shape and dash differ wherever colours do, and where colours repeat', () => {
    const channels = Array.from({ length: 14 }, (_, i) => channelOf(i));
    expect(new Set(channels.slice(0, 7).map((c) => c.shape)).size).toBe(7);
    expect(new Set(channels.slice(0, 7).map((c) => c.dash.join())).size).toBe(7);
    expect(new Set(channels.map((c) => `${c.color} ${c.shape}`)).size).toBe(14);
  });
});

describe('axes', () => {
  it('have few round ticks', () => {
    expect(linearTicks(43_000)).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000]);
    expect(linearTicks(0)).toEqual([0, 1]);
    expect(logDomain(0.34, 61)).toEqual([0.2, 100]);
    expect(logDomain(5, 5)).toEqual([2.5, 10]);
    expect(logTicks(0.2, 10)).toEqual([0.2, 0.5, 1, 2, 5, 10]);
    expect(logTicks(0.01, 1_000)).toEqual([0.01, 0.1, 1, 10, 100, 1_000]);
  });
});
