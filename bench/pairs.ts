/** Two sides in turn, in an order that is drawn for each pair, so that a machine that drifts favours neither. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { signedRankInterval } from '../dist/stats/signed-rank.js';
import type { SuiteOptions } from './options.js';
import { median, rate, table } from './print.js';

export interface Side {
  readonly name: string;
  /** Messages a second. */
  run(): Promise<number>;
}

export interface PairsResult {
  /** b ÷ a, one a pair. */
  readonly ratios: readonly number[];
  /** Hodges–Lehmann estimate and exact one-sided 99 % bounds of b ÷ a; the bounds are infinite for too few pairs. */
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  readonly median: number;
}

/** Runs and prints the pairs, then the ratio b ÷ a. */
export async function runPairs(
  title: string,
  a: Side,
  b: Side,
  pairs: number,
  { seed, signal }: Pick<SuiteOptions, 'seed' | 'signal'>,
): Promise<PairsResult> {
  console.log(`\n${title}`);
  const row = table(['pair', a.name, b.name, `${b.name} ÷ ${a.name}`, 'first']);
  const random = xoroshiro128plus(seed);
  const ratios: number[] = [];
  for (let pair = 1; pair <= pairs; pair++) {
    signal.throwIfAborted();
    const aFirst = uniformInt(random, 0, 1) === 0;
    let left = aFirst ? await a.run() : 0;
    const right = await b.run();
    if (!aFirst) left = await a.run();
    ratios.push(right / left);
    row([String(pair), rate(left), rate(right), (right / left).toFixed(3), aFirst ? a.name : b.name]);
  }
  const interval = signedRankInterval(ratios.map(Math.log), 0.01);
  const result: PairsResult = {
    ratios,
    estimate: Math.exp(interval.estimate),
    lower: Math.exp(interval.lower),
    upper: Math.exp(interval.upper),
    median: median(ratios),
  };
  const bound = (x: number): string => (x > 0 && Number.isFinite(x) ? x.toFixed(3) : 'none from so few pairs');
  console.log(
    `median ${result.median.toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}); ` +
      `Hodges–Lehmann ${result.estimate.toFixed(3)}, one-sided 99 % bounds ${bound(result.lower)} and ${bound(result.upper)} ` +
      `(exact signed rank, ${ratios.length} pairs)`,
  );
  return result;
}
