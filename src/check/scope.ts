/** What a gate can look at in a scenario, and what of it it looks at. Pure. */
import { type MetricId, metrics } from '../compare/metrics.js';
import { UsageError } from '../errors.js';
import { recordedLatency } from '../run/run-record.js';
import { axisNames, plainAxes } from '../scenario/axes.js';
import { cellsOf } from '../scenario/cells.js';
import { sizeKey, sizeOf } from '../scenario/sizes.js';
import type { Scenario } from '../scenario/types.js';

/**
 * A figure that no run will have is never decided.
 * @throws UsageError
 */
export function refuseMissingFigures({ work }: Pick<Scenario, 'work'>, gated: readonly MetricId[]): void {
  if (recordedLatency(work).endToEnd) return;
  const missing = metrics.filter(({ id }) => id !== 'throughput' && gated.includes(id));
  if (missing.length === 0) return;
  throw new UsageError(
    `${missing.map(({ label }) => label).join(' and ')} cannot be gated: with work: ${work} no run has an end-to-end latency.`,
    { where: '--gate', hint: 'Gate throughput, or take a scenario with work: transfer.' },
  );
}

/** What a gate on throughput alone sees at a fixed rate. */
export const onlyTheRate =
  'At a fixed rate throughput is the rate: this gate sees a broker that cannot keep it, and no latency';

/** Whether all that is gated follows from the scenario's own rate, as long as a broker keeps it. */
export function seesOnlyTheRate({ kind }: Pick<Scenario['load'], 'kind'>, gated: readonly MetricId[]): boolean {
  return kind !== 'closed' && gated.every((id) => id === 'throughput');
}

/**
 * A gate that passes whatever happens to latency is none, unless somebody wants just that.
 * @param asked the figures were chosen with `--gate`
 * @returns a warning where they were, and are throughput alone at a fixed rate
 * @throws UsageError where they were not
 */
export function rateNote(
  { load, work }: Pick<Scenario, 'load' | 'work'>,
  gated: readonly MetricId[],
  asked: boolean,
): string | undefined {
  if (!seesOnlyTheRate(load, gated)) return undefined;
  if (asked) return onlyTheRate;
  throw new UsageError(`${onlyTheRate}.`, {
    where: '--gate',
    hint: recordedLatency(work).endToEnd
      ? 'Say what is to decide: --gate throughput,p50 (or p99), or --gate throughput where the rate alone matters.'
      : 'Take a scenario at full speed, or say --gate throughput where the rate alone matters.',
  });
}

/** Says which first values a gate takes and how to choose others; undefined where there is nothing to choose. */
export function oneCellNote(scenario: Scenario): string | undefined {
  const cells = cellsOf(scenario);
  const varies = (of: (cell: (typeof cells)[number]) => unknown): boolean => new Set(cells.map(of)).size > 1;
  const more = [
    ...(varies((cell) => sizeKey(sizeOf(cell))) ? ['size'] : []),
    ...(varies((cell) => cell.ratePerSecond) ? ['rate'] : []),
    ...axisNames.filter((name) => varies((cell) => cell.axes?.[name])),
  ];
  if (more.length === 0) return undefined;
  const flags = more.filter(hasFlag).map((name) => `--${name}`);
  const others = more.filter((name) => !hasFlag(name));
  const ways = [
    ...(flags.length === 0 ? [] : [`with ${flags.join(', ')}`]),
    ...(others.length === 0 ? [] : [`for ${others.join(' and ')} in a scenario file of your own`]),
  ];
  return `one cell a target is gated: the first value of ${more.join(', ')}; choose another ${ways.join(', ')}`;
}

function hasFlag(name: string): boolean {
  return name === 'size' || name === 'rate' || (plainAxes as readonly string[]).includes(name);
}
