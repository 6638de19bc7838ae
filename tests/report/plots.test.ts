import { describe, expect, it } from 'vitest';
import { decodeHistogram } from '../../src/metrics/histogram.js';
import { plotGroups } from '../../src/report/plots/index.js';
import { namedPercentiles, ninesOf } from '../../src/report/plots/latency.js';
import { buildModel } from '../../src/report/model.js';
import type { Plot } from '../../src/report/plots/plot.js';
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

/** What there is of each message size. */
const kinds = [
  'throughput',
  'time',
  'consumers',
  'timeline',
  'latency',
  'latency-histogram',
  'publish-latency',
  'share',
];

describe('the set of plots', () => {
  it('has one of each kind for each message size', () => {
    const names = plotsOf(makeResult({ ...small, sizes: [100, 1_000], repetitions: 1 })).map((plot) => plot.name);
    expect(names.sort()).toEqual(kinds.flatMap((kind) => [`${kind}-1KB`, `${kind}-100B`]).sort());
  });

  it('shows all cells of a further axis in one picture, and against it', () => {
    const result = withAxis(makeResult({ ...small, repetitions: 1 }), 'consumers', [1, 4]);
    const names = plotsOf(result).map((plot) => plot.name);
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

describe('the figures of a course as a table', () => {
  const cells = (plot: Plot): string[][] => plot.table.rows.map((row) => row.map(({ text }) => text));

  it('have a row a point, and of a long run neighbours together', () => {
    const short = makeResult({ ...small, repetitions: 1, targets: ['rabbitmq'] });
    const plot = find('time-100B', short);
    const drawn = new Set(rowsWith(plot.spec, 'run', 'rate', 'phase').map(({ t }) => Number(t).toFixed(1)));
    expect(cells(plot).map(([, t]) => t)).toEqual([...drawn]);
    const long = find(
      'time-100B',
      makeResult({ ...small, repetitions: 1, targets: ['rabbitmq'], messages: 5_000_000 }),
    );
    expect(rowsWith(long.spec, 'run', 'rate', 'phase').length).toBeGreaterThan(300);
    expect(long.table.rows.length).toBeLessThanOrEqual(102);
    // What is put together keeps its mean.
    const rates = cells(long).flatMap(([, , part, rate]) =>
      part === 'measured' ? [Number(rate?.replaceAll(',', ''))] : [],
    );
    const throughput = buildModel(makeResult({ ...small, repetitions: 1, targets: ['rabbitmq'], messages: 5_000_000 }))
      .cells[0]?.throughput?.median;
    expect(rates.reduce((a, b) => a + b, 0) / rates.length / (throughput ?? 0)).toBeCloseTo(1, 1);
  });

  it('say where clients were held up, as the picture does', () => {
    const held = makeResult({
      ...small,
      repetitions: 1,
      targets: ['rabbitmq'],
      alterRun: (run) => ({
        ...run,
        broker: { ...run.broker!, samples: run.broker!.samples.map((one, i) => ({ ...one, heldUp: i === 7 ? 1 : 0 })) },
      }),
    });
    const plot = find('timeline-100B', held);
    const at = plot.table.columns.findIndex(({ label }) => label === 'Held up');
    const marked = rowsWith(plot.spec, 'measure', 't').filter(({ measure }) => measure === 'publishers blocked');
    expect(cells(plot).flatMap((row) => (row[at] === 'yes' ? [row[1]] : []))).toEqual(
      marked.map(({ t }) => Number(t).toFixed(1)),
    );
    expect(marked).toHaveLength(1);
    expect(find('timeline-100B', makeResult(small)).table.columns.map(({ label }) => label)).not.toContain('Held up');
  });
});

describe('what the broker did', () => {
  /** The strips of the first panel. */
  const stripsOf = ({ spec }: Plot) => {
    const [panel] = (spec as unknown as { vconcat: { vconcat: { layer: unknown[] }[] }[] }).vconcat;
    return panel?.vconcat ?? [];
  };

  it('has throughput, queue or lag, and CPU on one time axis, with warm-up and drain shaded', () => {
    const drainFrom = -3;
    const result = makeResult({
      ...small,
      repetitions: 1,
      targets: ['kafka'],
      alterRun: (run) => ({
        ...run,
        samples: [
          ...run.samples.slice(0, drainFrom),
          ...run.samples.slice(drainFrom).map((one) => ({ ...one, phase: 'drain' as const })),
        ],
      }),
    });
    const plot = find('timeline-100B', result);
    const run = result.runs[0]!;
    const strips = stripsOf(plot);
    const ofStrip = strips.map((strip) => [
      ...new Set(rowsWith(strip, 'run', 'measure', 't', 'value').map(({ measure }) => measure)),
    ]);
    expect(ofStrip).toEqual([['messages/s'], ['messages in the queue'], ['broker, cores', 'workers, cores']]);
    const lag = rowsWith(plot.spec, 'run', 'measure', 't', 'value').filter(
      ({ measure }) => measure === 'messages in the queue',
    );
    expect(lag.map(({ t, value }) => [t, value])).toEqual(run.broker!.samples.map(({ t, lag }) => [t, lag]));
    const domains = strips.map(
      (strip) => rowsWith(strip, 'field', 'scale').find(({ field }) => field === 't')?.['scale'],
    );
    expect(new Set(domains.map((scale) => JSON.stringify(scale))).size).toBe(1);
    for (const strip of strips)
      expect(rowsWith(strip, 'from', 'to', 'top')).toMatchObject([{ to: 0 }, { from: run.samples.at(drainFrom)?.t }]);
    const names = strips.map((strip) => rowsWith(strip, 'from', 'top', 'text').map(({ text }) => text));
    expect(names.map((all) => all[0])).toEqual(['warm-up', undefined, undefined]);
    expect(new Set(plot.table.rows.map(([, , part]) => part?.text))).toContain('warm-up');
  });

  it('has its time axis below the last strip that there is', () => {
    const labels = (plot: Plot): boolean[] =>
      stripsOf(plot).map((strip) => rowsWith(strip, 'labels', 'grid').some((axis) => axis['labels'] === true));
    expect(labels(find('timeline-100B', makeResult(small)))).toEqual([false, false, true]);
    const blind = makeResult({
      ...small,
      alterRun: (run) => ({
        ...run,
        broker: {
          ...run.broker!,
          samples: run.broker!.samples.map(({ process: _, workersCpu: __, ...rest }) => rest),
        },
      }),
    });
    expect(labels(find('timeline-100B', blind))).toEqual([false, true]);
  });

  it('has no more than 600 points of a run, and hides neither the fullest queue nor who was held up', () => {
    const seconds = 6_000;
    const long = makeResult({
      ...small,
      repetitions: 1,
      targets: ['rabbitmq'],
      alterRun: (run) => ({
        ...run,
        broker: {
          ...run.broker!,
          samples: Array.from({ length: seconds }, (_, t) => ({
            t,
            phase: 'measure' as const,
            ready: t === 4_321 ? 99_999 : 5,
            heldUp: t === 1_234 ? 1 : 0,
            workersCpu: 1,
          })),
        },
      }),
    });
    const plot = find('timeline-100B', long);
    const of = (measure: string) => rowsWith(plot.spec, 'measure', 't').filter((row) => row['measure'] === measure);
    expect(of('workers, cores').length).toBe(600);
    expect(Math.max(...of('messages in the queue').map(({ value }) => Number(value)))).toBe(99_999);
    expect(of('publishers blocked')).toHaveLength(1);
    expect(plot.head.notes.join(' ')).toContain('several looks are one point');
    expect(plot.table.rows.length).toBe(100);
    expect(plot.description).toContain('held clients up in 1 sample.');
  });
});

describe('throughput over time, by consumer', () => {
  it('has a line a consumer whose rates add up to what was received', () => {
    const result = makeResult({ ...small, repetitions: 3, targets: ['kafka'] });
    const plot = find('consumers-100B', result);
    const rows = rowsWith(plot.spec, 'consumer', 't', 'rate');
    expect(new Set(rows.map(({ consumer }) => consumer))).toEqual(new Set(['0', '1', '2', '3']));
    const shown = result.runs.toSorted((a, b) => (a.figures?.throughput ?? 0) - (b.figures?.throughput ?? 0))[1];
    const sample = shown?.samples.find(({ phase }) => phase === 'measure');
    const at = Number(sample?.t) + Number(sample?.seconds) / 2;
    const there = rows.filter(({ t }) => Math.abs(Number(t) - at) < 1e-6);
    expect(there).toHaveLength(4);
    const sum = there.reduce((total, { rate }) => total + Number(rate), 0);
    expect(sum / (Number(sample?.received) / Number(sample?.seconds))).toBeCloseTo(1, 3);
    expect(plot.table.columns.map(({ label }) => label)).toContain('Consumer 3, messages/s');
    expect(plot.description).toContain('consumer 3 ');
  });

  it('is not there for a single consumer', () => {
    const alone = makeResult({
      ...small,
      alterRun: (run) => ({ ...run, samples: run.samples.map((one) => ({ ...one, perConsumer: [one.received] })) }),
    });
    expect(plotsOf(alone).map(({ name }) => name)).not.toContain('consumers-100B');
  });

  it('can be drawn for more consumers than can be named', async () => {
    const crowd = makeResult({
      ...small,
      repetitions: 1,
      alterRun: (run) => ({
        ...run,
        samples: run.samples.map((one) => ({ ...one, perConsumer: Array<number>(40).fill(one.received / 40) })),
      }),
    });
    const plot = find('consumers-100B', crowd);
    expect((await (await loadRenderer()).svg(plot)).whole).toContain('<svg role="img"');
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

  it.each(['time-100B', 'consumers-100B', 'timeline-100B'])(
    'are marked where they came and where they were over: %s',
    (name) => {
      const { spec, head } = find(name, faulty);
      const marked = rowsWith(spec, 'run', 'measure', 't').filter((row) => !('value' in row));
      const own = marked.filter(({ run }) => run === marked[0]?.['run']);
      expect(new Set(own.map(({ measure, t }) => `${String(measure)} ${String(t)}`))).toEqual(
        new Set(['kill consumer 0 1', 'pause consumer 1 for 0.5 s 1.01', 'pause consumer 1 for 0.5 s: over 1.51']),
      );
      expect(head.notes.join(' ')).toContain('Upright: a fault; dashed: it is over.');
      // Names stand above the panel, where no line runs through them, two that come close in two rows; once for each target.
      const labels = rowsWith(spec, 'mark', 'encoding').filter(({ data }) => rowsWith(data, 'top', 'text', 't').length);
      expect(labels.map(({ mark }) => (mark as { dy: number }).dy)).toEqual([-3, -16, -3, -16, -3, -16]);
      const plain = find(name, makeResult({ ...small, repetitions: 1 }));
      expect(plain.head.notes.join(' ')).not.toContain('Upright');
    },
  );

  it('are named where the picture is read aloud', () => {
    expect(find('timeline-100B', faulty).description).toContain('; kill consumer 0 at 1.00 s, pause consumer 1');
  });

  it('can be drawn', async () => {
    const renderer = await loadRenderer();
    for (const name of ['time-100B', 'consumers-100B', 'timeline-100B'])
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
