/** What the two gates of a self-test come to. Pure. */
import type { Comparison } from '../compare/compare.js';
import { marginText, ratioText } from '../compare/wording.js';
import { ExitCode } from '../errors.js';
import { median } from '../stats/summary.js';
import { passes, type Verdict } from '../stats/verdict.js';
import { type GatedCell, gateOf, lossOf } from './gate.js';
import { lossCase, type TestCase } from './junit.js';
import type { GateRules } from './noise.js';
import { onlyTheRate, seesOnlyTheRate } from './scope.js';

/** The slowdown that is injected: the rate is capped at this share of the measured median. */
export const injected = 0.8;
/**
 * The median of so many of the latest runs: a machine that became faster or slower since the first gate would make
 * another brake of that gate's median.
 */
const latest = 5;

/**
 * The rate that brakes a run, in messages a second. Pure.
 * @param before throughputs of the cell in the first gate, in their order
 * @param since those of the unbraked side since then
 */
export function brakeAt(before: readonly number[], since: readonly number[]): number {
  const measured = [...before, ...since].slice(-latest);
  // Of a cell that could not be measured nothing is known; it is judged invalid by the first gate.
  return measured.length === 0 ? 1 : Math.max(1, median(measured) * injected);
}

/** One of the two gates: what it compared, and the broker that was lost on the way. */
export interface SelfTestGate {
  readonly comparison: Comparison;
  readonly error?: Error | undefined;
}

export interface SelfTestOutcome {
  /** 0 works; 4 does not, and then this gate can decide nothing here; 3 a failed delivery; 6 a broker that was lost. */
  readonly exitCode: ExitCode;
  /** The ratio of throughputs that the brake came to, by cell. */
  readonly achieved: readonly { readonly cell: string; readonly ratio: number }[];
  readonly headline: string;
  readonly lines: readonly string[];
  readonly cases: readonly TestCase[];
}

/**
 * Both must come out as they should.
 * @param slowed undefined where the first left nothing to brake
 */
export function selfTestOf(
  same: SelfTestGate,
  slowed: SelfTestGate | undefined,
  { gated, margins }: GateRules,
): SelfTestOutcome {
  const passed = gateOf(same.comparison, gated);
  const caught = slowed === undefined ? undefined : gateOf(slowed.comparison, ['throughput']);
  const allCaught =
    caught !== undefined && caught.cells.length > 0 && caught.cells.every(({ verdict }) => verdict === 'regressed');
  const achieved = (slowed?.comparison.cells ?? []).flatMap((cell) => {
    const m = cell.metrics.find(({ metric }) => metric.id === 'throughput');
    return m === undefined ? [] : [{ cell: cell.b.id, ratio: m.medianB / m.medianA }];
  });
  const works = passed.word === 'pass' && allCaught;
  const exitCode = stopsHere(same) ?? (slowed === undefined ? undefined : stopsHere(slowed));
  const losses = [same, ...(slowed === undefined ? [] : [slowed])].flatMap(
    (one) => lossOf(one.comparison, one.error) ?? [],
  );
  const latencyGated = gated.some((id) => id !== 'throughput');
  return {
    exitCode: exitCode ?? (works ? ExitCode.ok : ExitCode.inconclusive),
    achieved,
    headline: `Self-test: ${works && exitCode === undefined ? 'the gate works here' : 'the gate cannot be trusted here'}.`,
    lines: [
      ...losses,
      `The same against itself: ${passed.word}.`,
      ...passed.cells.map(({ text }) => `  ${text}`),
      ...(caught === undefined ? [] : [`Slowed to ${injected}: ${allCaught ? 'caught' : 'not caught everywhere'}.`]),
      ...(caught?.cells ?? []).map(({ text }) => `  ${text}`),
      ...achieved.map(({ cell, ratio }) => `  ${cell}: ${injected} was asked for, ${ratioText(ratio)} was achieved.`),
      ...(latencyGated
        ? ['Throughput was slowed, latency was not: that the gate catches a longer one was not tried.']
        : []),
      ...(seesOnlyTheRate(same.comparison.b.scenario.load, gated) ? [`${onlyTheRate}.`] : []),
      ...(!works && margins.throughput >= 1 - injected
        ? [
            `A margin of ${marginText(margins.throughput)} lets a slowdown to ${injected} pass; this machine needs it that wide (mqbench noise).`,
          ]
        : []),
    ],
    cases: [
      ...losses.map(lossCase),
      ...casesOf(passed.cells, 'the same against itself passes', passes),
      ...casesOf(caught?.cells ?? [], `a slowdown to ${injected} is caught`, (verdict) => verdict === 'regressed'),
    ],
  };
}

/** What ends a self-test whatever the speeds: a broken promise, or a broker that was lost. */
export function stopsHere({ comparison, error }: SelfTestGate): ExitCode | undefined {
  if (comparison.cells.some(({ overruled }) => overruled?.verdict === 'failed')) return ExitCode.regression;
  // Not the gate's word: of several brokers one is to be caught, and another may be lost.
  return lossOf(comparison, error) === undefined ? undefined : ExitCode.environment;
}

/** A self-test that does not come out is a test that failed, also where a gate would only be undecided. */
function casesOf(cells: readonly GatedCell[], name: string, hoped: (verdict: Verdict) => boolean): TestCase[] {
  return cells.map(({ cell, verdict, text }) => ({
    of: cell.label,
    name,
    ends: hoped(verdict) ? 'well' : verdict === 'invalid' ? 'error' : 'failure',
    text,
  }));
}
