/**
 * What tables and plots are made of: a result gathered by cell. Over repetitions every figure is the median of
 * the per-run figures with their range; percentiles are never pooled or averaged. Only runs that came to their
 * end and were judged `ok` count; the others are kept beside them, to be shown.
 */
import type { Guarantee } from '../brokers/adapter.js';
import { modeGuarantee } from '../confirms/modes.js';
import { type AxisPoint, comparePoints } from '../scenario/axes.js';
import { loadKey, payloadKey } from '../scenario/axis-keys.js';
import { distinctSizes, type Size, sizeKey, sizeOf } from '../scenario/sizes.js';
import type {
  CallsRecord,
  DeliveryRecord,
  HistogramRecord,
  Result,
  RunRecord,
  TargetRecord,
  Verdict,
} from '../results/schema.js';

/** The scenario as one of its cells has it. */
export function scenarioOf(
  { scenario }: Result,
  cell: Pick<CellModel, 'axes'>,
): Result['scenario'] & { readonly destinations: number } & Pick<AxisPoint, 'confirms' | 'batch'> {
  const { payload, load, ...plain } = cell.axes;
  const own = {
    payload: payload === undefined ? undefined : scenario.named?.payload?.[payload],
    load: load === undefined ? undefined : scenario.named?.load?.[load],
  };
  return {
    ...scenario,
    destinations: scenario.destinations ?? 1,
    ...plain,
    ...(own.payload === undefined ? {} : { payload: own.payload }),
    ...(own.load === undefined ? {} : { load: own.load }),
  };
}

/** A cell's values of all axes, also of those that its own result does not vary. */
export function pointOf({ scenario }: Result, cell: Pick<CellModel, 'axes'>): AxisPoint {
  const { producers, consumers, destinations = 1, prefetch, guarantee, payload, load } = scenario;
  return {
    ...{ producers, consumers, destinations, prefetch, guarantee },
    payload: payloadKey(payload ?? { kind: 'random' }),
    ...(load.kind === 'walk' ? {} : { load: loadKey(load) }),
    ...cell.axes,
  };
}

/** What a message that counts as sent was promised in a cell: without confirms less than the scenario says. */
export function promiseOf(result: Result, cell: Pick<CellModel, 'axes'>): Guarantee {
  const { guarantee, confirms } = scenarioOf(result, cell);
  return confirms === undefined ? guarantee : modeGuarantee(confirms, guarantee);
}

/** A figure over the runs that count. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The percentiles in tables, in milliseconds. */
export const percentileKeys = [
  'p50Ms',
  'p95Ms',
  'p99Ms',
  'p999Ms',
  'maxMs',
] as const satisfies (keyof HistogramRecord)[];
export type PercentileKey = (typeof percentileKeys)[number];
export type LatencyKind = keyof NonNullable<RunRecord['latency']>;
/** Undefined: not measured. */
export type Latencies = Readonly<Record<LatencyKind, Percentiles | undefined>>;
export type Percentiles = Readonly<Record<PercentileKey, Spread>>;

/** Exact counts, added up over all runs that have them: failed and invalid ones too. */
export interface DeliveryTotal extends DeliveryRecord {
  readonly runs: number;
  /** Confirmed in runs that came to their end: what `lost` is a part of. */
  readonly settled: number;
  /** Confirmed and not received when a run was broken off: under way, and not counted as lost. */
  readonly underWay: number;
}

export interface CellModel {
  readonly id: string;
  readonly target: string;
  readonly size: Size;
  /** The offered rate, in a walk over rates. */
  readonly ratePerSecond: number | undefined;
  /** Its own values of the axes that vary. */
  readonly axes: AxisPoint;
  /** Closed loop: latency is mostly the length of the queue. */
  readonly saturated: boolean;
  /** All runs of the cell by repetition. */
  readonly runs: readonly RunRecord[];
  /** Those in the figures: complete, judged ok. */
  readonly counted: readonly RunRecord[];
  readonly throughput: Spread | undefined;
  readonly megabytesPerSecond: Spread | undefined;
  readonly publishRate: Spread | undefined;
  readonly steadyRate: Spread | undefined;
  readonly tailSeconds: Spread | undefined;
  readonly measuredSeconds: Spread | undefined;
  /** Fixed rate only: messages a second that were sent. */
  readonly achievedRate: Spread | undefined;
  readonly latency: Latencies | undefined;
  readonly delivery: DeliveryTotal | undefined;
  /** Of requests; added up over all runs that have them. */
  readonly calls: CallsRecord | undefined;
  readonly fairness: { readonly jain: Spread; readonly leastShare: Spread; readonly mostShare: Spread } | undefined;
  /** What bounded the runs that count, most frequent first. */
  readonly bounds: readonly { readonly bound: Verdict['bound']; readonly runs: number }[];
  /** To be said beside every speed of this cell: what it measures instead of the broker. */
  readonly caveat: string | undefined;
}

export interface TargetModel {
  readonly name: string;
  /** Name with † where the server's version needs a warning. */
  readonly label: string;
  /** Undefined for a target that could not be had. */
  readonly record: TargetRecord | undefined;
}

export interface ReportModel {
  readonly result: Result;
  /** In the scenario's order. */
  readonly targets: readonly TargetModel[];
  /** Ascending. */
  readonly sizes: readonly Size[];
  /** By size, then in the targets' order, then by the further axes and by rate. */
  readonly cells: readonly CellModel[];
}

/** Marks a server version that comes with a warning. */
export const versionMark = '†';

/** Gathers a result by cell. Pure. */
export function buildModel(result: Result): ReportModel {
  // What a target cannot do has its place beside what the others can.
  const all = [...result.cells, ...result.refused.map(({ cell }) => cell)];
  const names = [...new Set([...all.map((c) => c.target), ...result.targets.map((t) => t.name)])];
  const sizes = distinctSizes(all.map(sizeOf));
  const keys = sizes.map(sizeKey);
  const place = (cell: Result['cells'][number]) =>
    keys.indexOf(sizeKey(sizeOf(cell))) * names.length + names.indexOf(cell.target);
  const byAxes = comparePoints(all.map((cell) => cell.axes));
  const rate = (cell: Result['cells'][number]) => cell.ratePerSecond ?? 0;
  return {
    result,
    targets: names.map((name) => {
      const record = result.targets.find((t) => t.name === name);
      return { name, record, label: record?.versionWarning === undefined ? name : `${name} ${versionMark}` };
    }),
    sizes,
    cells: all
      .toSorted((a, b) => place(a) - place(b) || byAxes(a.axes, b.axes) || rate(a) - rate(b))
      .map((cell) =>
        buildCell(
          cell,
          scenarioOf(result, { axes: cell.axes ?? {} }).load.kind === 'closed',
          result.runs.filter((run) => run.cell === cell.id),
        ),
      ),
  };
}

/** True for a run whose figures stand. */
export function counts(run: RunRecord): boolean {
  return run.complete && run.verdict.status === 'ok' && run.figures !== undefined;
}

function buildCell(cell: Result['cells'][number], saturated: boolean, all: readonly RunRecord[]): CellModel {
  const runs = all.toSorted((a, b) => a.repetition - b.repetition);
  const counted = runs.filter(counts);
  const figures = counted.flatMap((run) => (run.figures ? [run.figures] : []));
  const latencies = counted.flatMap((run) => (run.latency ? [run.latency] : []));
  // Subscribers share nothing: each gets what it asks for.
  const shares = counted.flatMap((run) => (run.share && !run.subscribers ? [run.share] : []));
  const percentiles = (kind: LatencyKind): Percentiles | undefined => {
    const recorded = latencies.map((latency) => latency[kind]).filter(({ count }) => count > 0);
    const of = (key: PercentileKey) => spreadOf(recorded.map((histogram) => histogram[key]));
    const [p50Ms, p95Ms, p99Ms, p999Ms, maxMs] = [of('p50Ms'), of('p95Ms'), of('p99Ms'), of('p999Ms'), of('maxMs')];
    return p50Ms && p95Ms && p99Ms && p999Ms && maxMs ? { p50Ms, p95Ms, p99Ms, p999Ms, maxMs } : undefined;
  };
  const [endToEnd, publish] = [percentiles('endToEnd'), percentiles('publish')];
  const [endToEndService, publishService] = [percentiles('endToEndService'), percentiles('publishService')];
  const jain = spreadOf(shares.map((share) => share.jain));
  const leastShare = spreadOf(shares.map(({ perConsumer }) => shareOf(perConsumer, Math.min(...perConsumer))));
  const mostShare = spreadOf(shares.map(({ perConsumer }) => shareOf(perConsumer, Math.max(...perConsumer))));
  return {
    id: cell.id,
    target: cell.target,
    size: sizeOf(cell),
    ratePerSecond: cell.ratePerSecond,
    axes: cell.axes ?? {},
    saturated,
    runs,
    counted,
    throughput: spreadOf(figures.map((f) => f.throughput)),
    megabytesPerSecond: spreadOf(figures.map((f) => f.megabytesPerSecond)),
    publishRate: spreadOf(figures.map((f) => f.publishRate)),
    steadyRate: spreadOf(figures.map((f) => f.steadyRate)),
    tailSeconds: spreadOf(figures.map((f) => f.tailSeconds)),
    measuredSeconds: spreadOf(figures.map((f) => f.measuredSeconds)),
    achievedRate: spreadOf(figures.flatMap((f) => f.achievedRate ?? [])),
    latency: endToEnd || publish ? { endToEnd, publish, endToEndService, publishService } : undefined,
    delivery: totalOf(runs),
    calls: callsOf(runs),
    fairness: jain && leastShare && mostShare ? { jain, leastShare, mostShare } : undefined,
    bounds: boundsOf(counted),
    caveat: caveatOf(counted),
  };
}

/** Median and range; undefined of nothing. The median of an even number is the mean of the middle two. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[0], sorted.at(-1)];
  if (low === undefined || high === undefined) return undefined;
  const upper = sorted[Math.floor(sorted.length / 2)] ?? high;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? low;
  return { median: (lower + upper) / 2, low, high };
}

function shareOf(perConsumer: readonly number[], messages: number): number {
  const sum = perConsumer.reduce((a, b) => a + b, 0);
  return sum === 0 ? 0 : messages / sum;
}

function totalOf(runs: readonly RunRecord[]): DeliveryTotal | undefined {
  const deliveries = runs.flatMap((run) => (run.delivery ? [run.delivery] : []));
  if (deliveries.length === 0) return undefined;
  const missing = (complete: boolean) =>
    runs.reduce((n, run) => n + (run.complete === complete ? (run.delivery?.lost ?? 0) : 0), 0);
  const sum = (key: Exclude<keyof DeliveryRecord, 'redeliveredKnown'>) =>
    deliveries.reduce((n, d) => n + (d[key] ?? 0), 0);
  return {
    runs: deliveries.length,
    sent: sum('sent'),
    confirmed: sum('confirmed'),
    unconfirmed: sum('unconfirmed'),
    received: sum('received'),
    unique: sum('unique'),
    duplicates: sum('duplicates'),
    settled: runs.reduce((n, run) => n + (run.complete ? (run.delivery?.confirmed ?? 0) : 0), 0),
    lost: missing(true),
    underWay: missing(false),
    outOfOrder: sum('outOfOrder'),
    redelivered: sum('redelivered'),
    redeliveredKnown: deliveries.every((d) => d.redeliveredKnown),
    corrupt: sum('corrupt'),
    foreign: sum('foreign'),
    ...(deliveries.every((d) => d.unexpected === undefined) ? {} : { unexpected: sum('unexpected') }),
  };
}

/** Requests of a run that was broken off were under way, and are not counted as unanswered. */
function callsOf(runs: readonly RunRecord[]): CallsRecord | undefined {
  const calls = runs.flatMap((run) => (run.calls ? [run.complete ? run.calls : { ...run.calls, unanswered: 0 }] : []));
  if (calls.length === 0) return undefined;
  const sum = (key: keyof CallsRecord) => calls.reduce((n, c) => n + c[key], 0);
  return {
    answered: sum('answered'),
    unanswered: sum('unanswered'),
    duplicates: sum('duplicates'),
    corrupt: sum('corrupt'),
    misdirected: sum('misdirected'),
  };
}

function boundsOf(counted: readonly RunRecord[]): CellModel['bounds'] {
  const runsBy = new Map<Verdict['bound'], number>();
  for (const { verdict } of counted) runsBy.set(verdict.bound, (runsBy.get(verdict.bound) ?? 0) + 1);
  return [...runsBy].map(([bound, runs]) => ({ bound, runs })).sort((a, b) => b.runs - a.runs);
}

const measures: Partial<Record<Verdict['bound'], string>> = {
  producer: 'the client library',
  consumer: 'the client library',
  machine: 'the machine',
};

/** What a run measures when it is not the broker; undefined when it is. */
export function measuredInstead(bound: Verdict['bound']): string | undefined {
  return measures[bound];
}

function caveatOf(counted: readonly RunRecord[]): string | undefined {
  const runsBy = new Map<string, number>();
  for (const { verdict } of counted) {
    const what = measuredInstead(verdict.bound);
    if (what !== undefined) runsBy.set(what, (runsBy.get(what) ?? 0) + 1);
  }
  if (runsBy.size === 0) return undefined;
  return [...runsBy]
    .map(([what, runs]) =>
      runs === counted.length ? `measures ${what}` : `${runs} of ${counted.length} runs: ${what}`,
    )
    .join(', ');
}
