import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareResults, type CompareOptions, type Comparison } from '../../src/compare/compare.js';
import { differencesOf, scenarioDifferences, withListsOf } from '../../src/compare/comparability.js';
import { comparisonAlerts } from '../../src/compare/document.js';
import { comparisonDocument, writeComparison } from '../../src/compare/report.js';
import { defaultMargins } from '../../src/compare/metrics.js';
import { cellVerdict, verdictText } from '../../src/compare/wording.js';
import { ratioPlot } from '../../src/compare/ratio-plot.js';
import { renderMarkdown } from '../../src/report/markdown.js';
import { loadRenderer } from '../../src/report/render.js';
import type { Result, RunRecord } from '../../src/results/schema.js';
import { makeFailed, makeIncomplete, makeInvalid } from '../report/fixtures.js';
import { made, scaled } from './fixtures.js';

const paired: CompareOptions = { design: 'paired', margins: defaultMargins };
const unpaired: CompareOptions = { design: 'unpaired', margins: defaultMargins };
const base = made();
const altered = (result: Result, repetition: number, how: (run: RunRecord) => RunRecord): Result => ({
  ...result,
  runs: result.runs.map((run) => (run.repetition === repetition ? how(run) : run)),
});
const verdicts = (a: Result, b: Result, o: CompareOptions): string[] =>
  compareResults(a, b, o).cells[0]!.metrics.map((m) => m.verdict);

describe('a comparison', () => {
  it('of a result with itself finds a ratio of one and nothing else', () => {
    const { cells, differences, unmatched } = compareResults(base, base, paired);
    expect(differences).toEqual([]);
    expect(unmatched).toEqual([]);
    expect(cells[0]!.metrics.map((m) => [m.metric.id, m.interval, m.verdict])).toEqual(
      ['throughput', 'p50', 'p99'].map((id) => [id, { estimate: 0, lower: 0, upper: 0 }, 'equivalent']),
    );
  });

  it('finds the ratio of the pairs, whatever the runs themselves do', () => {
    const slow = scaled(base, (i) => 0.8 + i * 0.001);
    const [throughput, p50] = compareResults(base, slow, paired).cells[0]!.metrics;
    expect(Math.exp(throughput!.interval.estimate)).toBeCloseTo(0.804, 3);
    expect(Math.exp(throughput!.interval.upper)).toBeCloseTo(0.807, 6);
    // Latency went up by as much: less benefit, by the same amount.
    expect(p50!.interval.estimate).toBeCloseTo(throughput!.interval.estimate, 9);
    expect(p50!.verdict).toBe('regressed');
  });

  it('without pairs takes the spread of the runs into account', () => {
    const slow = scaled(base, () => 0.9);
    expect(verdicts(base, slow, paired)[0]).toBe('inconclusive');
    const [one] = compareResults(base, slow, unpaired).cells[0]!.metrics;
    const [two] = compareResults(base, slow, paired).cells[0]!.metrics;
    expect(one!.interval.upper - one!.interval.lower).toBeGreaterThan(two!.interval.upper - two!.interval.lower);
    expect(one!.interval.estimate).toBeCloseTo(Math.log(0.9), 1);
  });

  it('is undecided with too few runs, and says how many more', () => {
    const few = made({ repetitions: 2 });
    const m = compareResults(
      few,
      scaled(few, () => 0.5),
      unpaired,
    ).cells[0]!.metrics[0]!;
    expect(m.verdict).toBe('inconclusive');
    expect(m.interval.lower).toBe(-Infinity);
    expect(m.wouldDecide).toBeGreaterThan(2);
  });

  it('matches cells by name, by size where there is one target each, and tells what is left', () => {
    const kafka = made({ targets: ['kafka'] });
    expect(compareResults(base, kafka, unpaired).cells[0]).toMatchObject({ label: 'rabbitmq/100B → kafka/100B' });
    const both = made({ targets: ['rabbitmq', 'kafka'] });
    const { cells, unmatched } = compareResults(both, base, unpaired);
    expect(cells.map((cell) => cell.label)).toEqual(['rabbitmq/100B']);
    expect(unmatched).toEqual(['kafka/100B (only in A)']);
  });
});

describe('a stored question', () => {
  const of = (change: Partial<Result['scenario']>): Result['scenario'] => ({ ...base.scenario, ...change });
  const blocking = (stored: Result['scenario'], asked: Result['scenario']): string[] =>
    scenarioDifferences(withListsOf(stored, asked), asked).map(({ what }) => what);

  it('is that of one of its cells, whatever its other sizes, rates and ways to confirm are', () => {
    const walk = (...ratesPerSecond: number[]) => of({ load: { kind: 'walk', ratesPerSecond } });
    expect(blocking(walk(100, 200), walk(100))).toEqual([]);
    expect(blocking(of({ sizes: [100, 1000] }), of({ sizes: [100] }))).toEqual([]);
    const confirms = (batch: number, ...modes: ('none' | 'batches')[]) =>
      of({ pattern: { kind: 'confirms', modes, batch } });
    expect(blocking(confirms(10, 'none', 'batches'), confirms(10, 'none'))).toEqual([]);
    expect(blocking(confirms(10, 'none', 'batches'), confirms(500, 'none'))).toEqual(['scenario pattern']);
    expect(blocking(walk(100), of({ load: { kind: 'rate', perSecond: 100 } }))).toEqual(['scenario load']);
  });
});

describe('nothing outvotes', () => {
  it('a failed delivery, however fast and on whichever side', () => {
    const fast = scaled(base, () => 2);
    for (const [a, b] of [
      [base, altered(fast, 3, makeFailed)],
      [altered(base, 1, makeFailed), fast],
    ] as const) {
      const cell = compareResults(a, b, paired).cells[0]!;
      expect(cell.metrics.map((m) => m.verdict)).toEqual(['failed', 'failed', 'failed']);
      expect(cellVerdict(cell, ['throughput'])).toBe('failed');
    }
  });

  it('a run that died', () => {
    const cell = compareResults(
      base,
      altered(
        scaled(base, () => 2),
        7,
        makeIncomplete,
      ),
      paired,
    ).cells[0]!;
    expect(cellVerdict(cell, ['throughput'])).toBe('invalid');
    expect(cell.problems[0]).toMatchObject({ kind: 'died' });
  });

  it('and an unusable run leaves its pair out', () => {
    const cell = compareResults(base, altered(base, 2, makeInvalid), paired).cells[0]!;
    expect(cell.metrics[0]!.samples).toBe(6);
    expect(cell.metrics[0]!.verdict).toBe('inconclusive');
  });

  it('three pairs that cannot be used, counted once each whichever of their runs are bad', () => {
    const bad = (result: Result, most: number): Result => ({
      ...result,
      runs: result.runs.map((run) => (run.repetition <= most ? makeInvalid(run) : run)),
    });
    const session: CompareOptions = { ...paired, mostRepeats: 2 };
    const two = compareResults(bad(base, 2), bad(base, 2), session).cells[0]!;
    expect(two.problems).toHaveLength(4);
    expect(two.overruled).toBeUndefined();
    const three = compareResults(bad(base, 1), bad(altered(base, 4, makeFailed), 3), session).cells[0]!;
    expect(three.overruled).toMatchObject({ verdict: 'failed', why: expect.stringMatching(/run 4 failed/) as string });
    const cell = compareResults(bad(base, 1), bad(base, 3), session).cells[0]!;
    expect(cell.metrics.map((m) => m.verdict)).toEqual(['invalid', 'invalid', 'invalid']);
    expect(verdictText(cell.metrics[0]!, cell, 'paired')).toMatch(/^3 pairs could not be used.*missed its schedule/);
    // Results that were stored before were not repeated for this: what is usable of them is judged.
    expect(compareResults(bad(base, 3), base, paired).cells[0]!.overruled).toBeUndefined();
  });

  it('and against a baseline only the runs of this session count', () => {
    const bad = altered(altered(altered(base, 1, makeInvalid), 2, makeInvalid), 3, makeInvalid);
    const session: CompareOptions = { ...unpaired, mostRepeats: 2 };
    expect(compareResults(bad, base, session).cells[0]!.overruled).toBeUndefined();
    expect(compareResults(base, bad, session).cells[0]!.overruled).toMatchObject({
      verdict: 'invalid',
      why: expect.stringMatching(/^3 runs could not be used.*: B, /) as string,
    });
  });

  it('with no valid pair at all there is no verdict but invalid', () => {
    const broken = { ...base, runs: base.runs.map(makeInvalid) };
    const cell = compareResults(base, broken, paired).cells[0]!;
    expect(cell.metrics).toEqual([]);
    expect(cellVerdict(cell, ['throughput'])).toBe('invalid');
  });
});

describe('whether two results may be compared', () => {
  it('is refused for another question, another machine, and what was cut off', () => {
    const other = (change: Partial<Result>): string[] =>
      differencesOf(base, { ...base, ...change }, 'unpaired')
        .filter(({ weight }) => weight === 'blocks')
        .map(({ what }) => what);
    expect(other({ scenario: { ...base.scenario, consumers: 2 } })).toEqual(['scenario consumers']);
    expect(other({ scenario: { ...base.scenario, guarantee: 'at-most-once' } })).toEqual(['scenario guarantee']);
    expect(other({ scenario: { ...base.scenario, load: { kind: 'rate', perSecond: 5 } } })).toEqual(['scenario load']);
    expect(other({ environment: { ...base.environment, fingerprint: 'c'.repeat(64) } })).toEqual(['machine']);
    expect(other({ partial: true, partialReason: 'interrupted' })).toEqual(['complete']);
    expect(other({ scenario: { ...base.scenario, seed: 9, repetitions: 1, name: 'x', digest: 'd' } })).toEqual([]);
  });

  it('is refused where both were cut off, for the same reason too; pairs of one session are whole', () => {
    const cut: Result = { ...base, partial: true, partialReason: 'interrupted' };
    const blocking = (design: CompareOptions['design']): string[] =>
      differencesOf(cut, cut, design).flatMap(({ what, weight }) => (weight === 'blocks' ? [what] : []));
    expect(blocking('unpaired')).toEqual(['complete']);
    expect(blocking('paired')).toEqual([]);
  });

  it('what a variant may differ in is noted: prefetch, server, client, options', () => {
    const target = base.targets[0]!;
    const b: Result = {
      ...base,
      scenario: { ...base.scenario, prefetch: 20 },
      targets: [{ ...target, version: '4.3.6', client: { name: 'amqplib', version: '0.10' }, options: { x: 1 } }],
    };
    const found = differencesOf(base, b, 'unpaired');
    expect(found.every(({ weight }) => weight === 'notes')).toBe(true);
    expect(found.map(({ what }) => what)).toEqual([
      'scenario prefetch',
      'rabbitmq: server',
      'rabbitmq: client',
      'rabbitmq: options',
    ]);
  });

  it('what sets the servers of two variants apart is noted: image and digest, configuration, packages, adapter', () => {
    const target = base.targets[0]!;
    const from = (provenance: Record<string, string>): Result => ({ ...base, targets: [{ ...target, provenance }] });
    const found = (a: Result, b: Result): string[] => differencesOf(a, b, 'paired').map(({ what }) => what);
    const image = { version: '4.1', image: 'rabbitmq:4.1', 'image digest': 'sha256:a' };
    expect(found(from(image), from({ ...image, version: '4.2', 'image digest': 'sha256:b' }))).toEqual([
      'rabbitmq: image digest',
    ]);
    expect(found(from({}), from({ configuration: 'a = 1' }))).toEqual(['rabbitmq: configuration']);
    expect(
      found(from({ 'package erlang': '1', 'package x': '1' }), from({ 'package erlang': '2', 'package x': '2' })),
    ).toEqual(['rabbitmq: packages']);
    // Servers that came in two ways have nothing but that to compare.
    const local: Result = { ...base, targets: [{ ...target, provider: 'local', provenance: { software: 'x' } }] };
    const compose: Result = { ...base, targets: [{ ...target, provider: 'compose', provenance: image }] };
    expect(found(local, compose)).toEqual(['rabbitmq: server from']);
    expect(found(base, { ...base, targets: [{ ...target, adapter: 'own' }] })).toEqual(['rabbitmq: adapter']);
  });

  it('what the sides were asked to differ in is noted, unless the result tells it itself', () => {
    const variants = {
      A: { prefetch: '20', ref: 'main', commit: 'abc' },
      B: { 'options.queueType': 'quorum', 'env.NODE_OPTIONS': '--x' },
    };
    expect(compareResults(base, base, { ...paired, variants }).differences).toEqual([
      { what: 'variant: ref', a: 'main', b: 'not set', weight: 'notes' },
      { what: 'variant: commit', a: 'abc', b: 'not set', weight: 'notes' },
      { what: 'variant: env.NODE_OPTIONS', a: 'not set', b: '--x', weight: 'notes' },
    ]);
  });

  it('of two single targets of different names tells what sets them apart', () => {
    const target = base.targets[0]!;
    const quorum: Result = { ...base, targets: [{ ...target, name: 'quorum', options: { queueType: 'quorum' } }] };
    expect(differencesOf(base, quorum, 'unpaired').map(({ what, a, b }) => [what, a, b])).toEqual([
      ['target', target.name, 'quorum'],
      [`${target.name} → quorum: options`, JSON.stringify(target.options), '{"queueType":"quorum"}'],
    ]);
    const both: Result = { ...base, targets: [target, { ...target, name: 'quorum' }] };
    expect(differencesOf(base, both, 'unpaired').map(({ what, a, b }) => [what, a, b])).toEqual([
      ['target quorum', 'not there', 'there'],
    ]);
  });
});

describe('what is said first', () => {
  const first = (a: Result, b: Result, o: CompareOptions = unpaired): string => {
    const document = comparisonDocument([compareResults(a, b, o)], [], { title: 'test', lead: [] });
    return [...document.lead, ...document.sections.map(({ id }) => `#${id}`)].join('\n');
  };

  it('is that two may be compared, and that nothing differs', () => {
    expect(first(base, base)).toMatch(
      /^A: .*\nB: .*\nMay be compared: yes: the same question, guarantee at-least-once, machine; nothing .* differs; valid are 7 of 7 runs of A and 7 of 7 runs of B\.\n#judgement/,
    );
  });

  it('is what differs, before the judgement', () => {
    const other: Result = { ...base, scenario: { ...base.scenario, prefetch: 20 } };
    expect(first(base, other)).toMatch(
      /May be compared: yes: .*what differs: scenario prefetch;.*\n#differences\n#judgement/,
    );
  });

  it('is that they may not be, and why', () => {
    const other: Result = { ...base, scenario: { ...base.scenario, consumers: 9, prefetch: 20 } };
    expect(first(base, altered(other, 1, makeInvalid))).toMatch(
      /May be compared: no, because of scenario consumers; what differs besides: scenario prefetch; .* 6 of 7 runs of B/,
    );
  });
});

describe('what is shown', () => {
  it('says of a session that was broken off that it was, before any figure', () => {
    const cut: Result = { ...base, partial: true, partialReason: 'kafka went away' };
    const alerts = (a: Result, b: Result): string[] =>
      comparisonAlerts(compareResults(a, b, paired)).map(({ text }) => text);
    expect(alerts(cut, cut)).toEqual([expect.stringMatching(/partial \(kafka went away\)/)]);
    expect(alerts(base, base)).toEqual([]);
  });

  it('has every figure of the plot in the table, and the plot draws', async () => {
    const comparison = compareResults(
      base,
      scaled(base, (i) => 0.7 + i * 0.001),
      paired,
    );
    const plot = ratioPlot([comparison], ['throughput'])!;
    const text = renderMarkdown(comparisonDocument([comparison], ['throughput'], { title: 'test', lead: [] }));
    expect(plot.table.rows).toHaveLength(3);
    expect(text).toContain('0.704');
    expect(text).toContain('regressed');
    expect(text).toContain('advice');
    const renderer = await loadRenderer();
    const { whole } = await renderer.svg(plot);
    expect(whole).toContain('rabbitmq/100B throughput');
  });

  it('has all ratios to the first in one picture where there are more than two results', async () => {
    const at = (factor: number, id: string): Result => scaled(base, () => factor, id);
    const comparisons = [at(0.5, 'half'), at(2, 'double')].map((b, i) =>
      compareResults(base, b, { ...unpaired, letter: 'BC'[i]! }),
    ) as [Comparison, Comparison];
    const plot = ratioPlot(comparisons, [])!;
    // Figure by figure, one result after the other.
    expect(
      plot.table.rows.map((row) => row.slice(0, 3).map((cell) => (typeof cell === 'string' ? cell : cell.text))),
    ).toEqual(
      ['Throughput', 'p50', 'p99'].flatMap((figure) =>
        ['B', 'C'].map((letter) => [letter, 'rabbitmq/100B', expect.stringMatching(new RegExp(figure, 'i')) as string]),
      ),
    );
    const { whole } = await (await loadRenderer()).svg(plot);
    for (const text of ['B and C compared with A', 'B is half.', 'C is double.', 'Ratio to A'])
      expect(whole).toContain(text);

    const folder = mkdtempSync(join(tmpdir(), 'mqbench-compare-'));
    const { files } = await writeComparison(folder, comparisons, [], { title: 'test', lead: [] });
    expect(files).toEqual(
      expect.arrayContaining([
        'plots/ratios.png',
        'plots/throughput-100B.png',
        'plots/latency-100B.png',
        'report.html',
      ]),
    );
    const dots = readFileSync(join(folder, 'plots/throughput-100B.vl.json'), 'utf8');
    const curves = readFileSync(join(folder, 'plots/latency-100B.vl.json'), 'utf8');
    for (const drawn of [dots, curves])
      for (const letter of ['A', 'B', 'C']) expect(drawn).toContain(`rabbitmq † ${letter}`);
    const summary = readFileSync(join(folder, 'summary.md'), 'utf8');
    expect(summary).toContain('B compared with A');
    expect(summary).toContain('C compared with A');
    rmSync(folder, { recursive: true });
  });

  it('draws bounds that are not there as open ends', async () => {
    const few = made({ repetitions: 2 });
    const plot = ratioPlot([compareResults(few, few, unpaired)], [])!;
    expect((await (await loadRenderer()).svg(plot)).whole).toContain('inconclusive');
    expect(ratioPlot([compareResults(few, { ...few, runs: [] }, unpaired)], [])).toBeUndefined();
  });
});
