import { describe, expect, it } from 'vitest';
import { usableIn } from '../../src/ab/record.js';
import { bencherMetricFormat, githubActionBenchmark } from '../../src/check/formats.js';
import { answerCode, gateAgain, gateHeading, gateOf, lossOf } from '../../src/check/gate.js';
import { annotations } from '../../src/check/github.js';
import { junitXml } from '../../src/check/junit.js';
import {
  blindMargins,
  fittingMargins,
  type GateRules,
  lackingIn,
  noiseOf,
  pairsForMargin,
  shareOf,
} from '../../src/check/noise.js';
import { compareResults, type Comparison } from '../../src/compare/compare.js';
import { defaultMargins } from '../../src/compare/metrics.js';
import { BrokerError, StorageError } from '../../src/errors.js';
import type { Result } from '../../src/results/schema.js';
import { looksUpTo, pairsRange } from '../../src/stats/sequence.js';
import { limitOf } from '../../src/stats/verdict.js';
import { made, scaled } from '../compare/fixtures.js';
import { makeFailed, makeIncomplete, makeInvalid } from '../report/fixtures.js';

const looks = [7, 10, 15];
const compare = (a: Result, b: Result): Comparison =>
  compareResults(a, b, { design: 'paired', margins: defaultMargins, sequential: { metrics: ['throughput'], looks } });
const long = made({ repetitions: 22 });
const jitter = (ratio: number) => (i: number) => ratio + i * 1e-4;
const last = (result: Result, how: (run: Result['runs'][number]) => Result['runs'][number]): Result => ({
  ...result,
  runs: result.runs.map((run, i) => (i === result.runs.length - 1 ? how(run) : run)),
});
const first = (result: Result, n: number): Result => ({
  ...result,
  runs: result.runs.filter((run) => run.repetition <= n),
});

describe('the gate', () => {
  it.each([
    ['the same', compare(first(long, 7), first(long, 7)), 'pass', 0],
    ['a confirmed slowdown', compare(long, scaled(long, jitter(0.8))), 'fail', 3],
    [
      'a slowdown that is not confirmed yet',
      compare(first(long, 7), first(scaled(long, jitter(0.8)), 7)),
      'undecided',
      4,
    ],
    [
      'a slowdown that does not repeat',
      compare(
        long,
        scaled(long, (i) => (i <= 7 ? 0.8 + i * 1e-4 : 1)),
      ),
      'undecided',
      4,
    ],
    [
      'a change at the margin',
      compare(
        first(long, 15),
        first(
          scaled(long, (i) => 0.9 + (i % 2 ? 0.02 : -0.02)),
          15,
        ),
      ),
      'undecided',
      4,
    ],
    [
      'much faster, but lossy',
      compare(
        first(long, 7),
        last(
          first(
            scaled(long, () => 2),
            7,
          ),
          makeFailed,
        ),
      ),
      'fail',
      3,
    ],
    ['a lossy base', compare(last(first(long, 7), makeFailed), first(long, 7)), 'fail', 3],
    [
      'much faster, but one run died',
      compare(
        first(long, 7),
        last(
          first(
            scaled(long, () => 2),
            7,
          ),
          makeIncomplete,
        ),
      ),
      'broken',
      6,
    ],
    ['no usable pair', compare(long, { ...long, runs: long.runs.map(makeInvalid) }), 'undecided', 4],
    ['one side empty', compare(long, { ...long, runs: [] }), 'undecided', 4],
    ['no cell in common', compare(long, { ...long, cells: [] }), 'undecided', 4],
  ] as const)('%s', (_, comparison, word, exitCode) => {
    expect(gateOf(comparison, ['throughput'])).toMatchObject({ word, exitCode });
  });

  it('with a broker lost half-way is broken, unless something failed before', () => {
    const lost = new BrokerError('kafka went away', 'lost');
    const same = compare(first(long, 7), first(long, 7));
    expect(gateOf(same, ['throughput'], lost)).toMatchObject({ word: 'broken', exitCode: 6 });
    const slow = compare(long, scaled(long, jitter(0.8)));
    expect(gateOf(slow, ['throughput'], lost)).toMatchObject({ word: 'fail', exitCode: 3 });
    // A self-test wants it caught, and has to know all the same.
    expect(lossOf(slow, lost)).toMatch(/kafka went away/);
    expect(lossOf(slow, undefined)).toBeUndefined();
  });

  it('with a disk that took no more says so', () => {
    const full = new StorageError('The result', 'here', new Error('ENOSPC'));
    expect(gateOf(compare(first(long, 7), first(long, 7)), ['throughput'], full)).toMatchObject({
      exitCode: 6,
      summary: 'The result cannot be written: ENOSPC.',
    });
  });

  it('judged again passes only where its session came to its end', () => {
    const same = compare(first(long, 7), first(long, 7));
    expect(gateHeading(gateAgain(same, ['throughput'], undefined)).title).toBe('Gate: pass');
    const cut = gateAgain(same, ['throughput'], 'interrupted');
    expect(cut).toMatchObject({ word: 'broken', exitCode: 6 });
    expect(gateHeading(cut).lead).toEqual([expect.stringMatching(/did not come to its end: interrupted/)]);
    const slow = compare(long, scaled(long, jitter(0.8)));
    expect(gateAgain(slow, ['throughput'], 'interrupted')).toMatchObject({ word: 'fail', exitCode: 3 });
  });

  it('that passes at a fixed rate says what it has not looked at', () => {
    const same = first(long, 7);
    const atRate: Result = { ...same, scenario: { ...same.scenario, load: { kind: 'rate', perSecond: 300 } } };
    expect(gateOf(compare(atRate, atRate), ['throughput']).summary).toMatch(/no latency/);
    expect(gateOf(compare(atRate, atRate), ['throughput', 'p50']).summary).not.toMatch(/no latency/);
    expect(gateOf(compare(same, same), ['throughput']).summary).not.toMatch(/no latency/);
  });

  it('does not pass on the rest when one side lacks a cell', () => {
    const two = first(made({ targets: ['rabbitmq', 'activemq'], repetitions: 7 }), 7);
    const one: Result = { ...two, cells: two.cells.slice(0, 1) };
    for (const [a, b] of [
      [two, one],
      [one, two],
    ] as const) {
      const gate = gateOf(compare(a, b), ['throughput']);
      expect(gate).toMatchObject({ word: 'undecided', exitCode: 4 });
      expect(gate.summary).toContain('activemq/100B');
    }
  });

  it('passes only when every cell passes', () => {
    const two = made({ targets: ['rabbitmq', 'activemq'], repetitions: 7 });
    const half: Result = {
      ...two,
      runs: two.runs.filter((run) => run.cell.startsWith('rabbitmq') || run.repetition < 5),
    };
    expect(gateOf(compare(two, two), ['throughput']).word).toBe('pass');
    expect(gateOf(compare(two, half), ['throughput']).word).toBe('undecided');
  });
});

describe('where slower is an answer', () => {
  const slow = scaled(long, jitter(0.8));
  it.each([
    ['slower', compare(long, slow), 0],
    ['faster, and lossy', compare(long, last(slow, makeFailed)), 3],
    ['a run that died', compare(long, last(slow, makeIncomplete)), 4],
    ['one side empty', compare(long, { ...long, runs: [] }), 4],
    ['no usable pair', compare(long, { ...long, runs: long.runs.map(makeInvalid) }), 4],
    ['no cell in common', compare(long, { ...long, cells: [] }), 4],
  ] as const)('%s ends with its code', (_, comparison, code) => {
    expect(answerCode(comparison)).toBe(code);
  });
});

describe('a brake', () => {
  it('is no excuse for the side that has none', () => {
    const invalid = makeInvalid(long.runs[0]!);
    const usable = usableIn({ brake: true });
    expect([usable(invalid, 'A'), usable(invalid, 'B')]).toEqual([false, true]);
    expect(usable(makeFailed(long.runs[0]!), 'B')).toBe(false);
    expect(usableIn({ brake: false })(invalid, 'B')).toBe(false);
  });
});

describe('what other programs get', () => {
  const slow = compare(long, scaled(long, jitter(0.8)));

  it('JUnit: an error for a session that was broken off, however green it was until then', () => {
    const xml = junitXml(compare(long, long), ['throughput'], 'gate', 'kafka went away');
    expect(xml.match(/<error /g)).toHaveLength(1);
    expect(xml).toMatch(/<error[^>]*kafka went away/);
  });

  it('JUnit: a failure for what fails, skipped advice, an error for what was not measured', () => {
    const xml = junitXml(slow, ['throughput'], 'gate', undefined);
    expect(xml).toMatch(/tests="3"/);
    expect(xml).toMatch(/<failure message="regressed/);
    expect(xml.match(/<skipped\/>/g)).toHaveLength(2);
    expect(junitXml(compare(long, { ...long, runs: [] }), ['throughput'], 'gate', undefined)).toMatch(/<error /);
    expect(
      junitXml(compare(first(long, 7), first(long, 7)), ['throughput'], 'a <b> & "c"\u0001', undefined),
    ).not.toMatch(/failure message|\u0001|<b>/);
  });

  it('annotations: one a cell, on one line each', () => {
    const text = annotations(gateOf(slow, ['throughput']));
    expect(text).toMatch(/^::error title=mqbench rabbitmq\/100B::rabbitmq\/100B: regressed/);
    expect(text.trimEnd().split('\n')).toHaveLength(2);
    expect(annotations({ ...gateOf(slow, ['throughput']), cells: [], summary: '50 %\n::error::x' })).toBe(
      '::error title=mqbench::50 %25%0A::error::x\n',
    );
  });

  it('github-action-benchmark and Bencher: the candidate’s figures', () => {
    const m = slow.cells[0]!.metrics[0]!;
    expect(JSON.parse(githubActionBenchmark(slow))).toMatchObject([
      { name: 'rabbitmq/100B throughput', unit: 'messages/s', value: m.medianB },
    ]);
    const bmf = JSON.parse(bencherMetricFormat(slow)) as Record<
      string,
      Record<string, { value: number; lower_value: number; upper_value: number }>
    >;
    const { value, lower_value, upper_value } = bmf['rabbitmq/100B']!['throughput']!;
    expect(value).toBe(m.medianB);
    expect(lower_value).toBeLessThanOrEqual(value);
    expect(upper_value).toBeGreaterThanOrEqual(value);
    expect(Object.keys(bmf['rabbitmq/100B']!)).toEqual(['throughput', 'latency-p50-ms', 'latency-p99-ms']);
  });
});

describe('noise', () => {
  it('is the scatter about no change, and margins are widened to it, never narrowed', () => {
    const calm = noiseOf(
      compare(
        long,
        scaled(long, (i) => (i % 2 ? 1.001 : 0.999)),
      ),
    );
    expect(calm[0]).toMatchObject({ metric: 'throughput', pairs: 22 });
    expect(calm[0]!.sd).toBeCloseTo(0.001, 4);
    expect(fittingMargins(calm, 'rabbitmq/100B').margins).toEqual(defaultMargins);
    expect(fittingMargins(calm, 'kafka/100B')).toEqual({ margins: {}, sd: {} });
    const wild = fittingMargins(
      noiseOf(
        compare(
          long,
          scaled(long, (i) => (i % 2 ? 1.3 : 0.7)),
        ),
      ),
      'rabbitmq/100B',
    );
    expect(wild.margins.throughput).toBeGreaterThan(0.2);
    expect(wild.margins.throughput).toBeLessThanOrEqual(0.9);
  });

  it('is not known from fewer pairs than were asked for', () => {
    const noisy = (a: Result, b: Result): Comparison =>
      compareResults(a, b, { design: 'paired', margins: defaultMargins, mostRepeats: 2 });
    expect(lackingIn(noisy(long, long), 22)).toBeUndefined();
    const one = { ...long, runs: long.runs.map((run) => (run.repetition <= 21 ? makeInvalid(run) : run)) };
    expect(noiseOf(noisy(long, one))).not.toEqual([]);
    expect(lackingIn(noisy(long, one), 22)).toMatch(/has 1 usable pair for throughput, and 22 were asked for/);
    const silent = { ...long, runs: long.runs.map(({ latency: _, ...run }) => run) };
    expect(lackingIn(noisy(long, silent), 22)).toMatch(/has 0 usable pairs for end-to-end p50/);
    expect(lackingIn(noisy(long, { ...long, cells: [] }), 22)).toMatch(/nothing to measure/);
    // A backlog has no latency, and none is missed.
    const backlog = (result: Result): Result => ({ ...result, scenario: { ...result.scenario, work: 'backlog' } });
    expect(lackingIn(noisy(backlog(long), backlog(silent)), 22)).toBeUndefined();
  });

  it('says how many pairs a margin needs, or that none will do', () => {
    expect(pairsForMargin(0.02, 0.1, 'throughput')).toBe(7);
    expect(pairsForMargin(0.17, 0.1, 'throughput')!).toBeGreaterThan(15);
    expect(pairsForMargin(0.5, 0.01, 'throughput')).toBeUndefined();
    // 500 would do, and nobody may ask for so many.
    expect(pairsForMargin(0.5, 0.1, 'throughput')).toBeUndefined();
    expect(shareOf(limitOf(0.1, 'higher'), 'higher')).toBeCloseTo(0.1, 12);
    expect(shareOf(limitOf(0.3, 'lower'), 'lower')).toBeCloseTo(0.3, 12);
  });

  it('warns of a margin below what the machine shows, and advises only what can be asked for and is judged', () => {
    const rules = (cap: number): GateRules => ({
      gated: ['throughput'],
      margins: defaultMargins,
      looks: looksUpTo(cap),
    });
    const sds = (throughput: number) => ({ throughput, p50: 0, p99: 0 });
    expect(blindMargins(rules(15), sds(0.02))).toEqual([]);
    // Of what nothing is known nothing is said.
    expect(blindMargins(rules(7), {})).toEqual([]);
    for (let sd = 0.05; sd < 1; sd += 0.01)
      for (const cap of [7, 10, 12, 15, 40, 200]) {
        const [warning] = blindMargins(rules(cap), sds(sd));
        const advised = /--pairs (\d+)/.exec(warning ?? '')?.[1];
        if (advised === undefined) continue;
        expect(Number(advised)).toBeLessThanOrEqual(pairsRange.max);
        // Whoever takes the advice is not warned again.
        expect(blindMargins(rules(Number(advised)), sds(sd))).toEqual([]);
      }
    expect(blindMargins(rules(10), sds(0.09))[0]).toMatch(/--pairs 15/);
    expect(blindMargins(rules(15), sds(0.5))[0]).toMatch(/wider margin$/);
  });
});
