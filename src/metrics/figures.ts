/** The headline figures of a run, from the workers' records. Definitions: docs/measuring.md. */
import type { Load } from '../scenario/types.js';
import type { Figures, Sample } from '../results/schema.js';
import type { ReceiptsRecord } from './receipts.js';
import { countBetween, steadyRate } from './rates.js';
import type { SendsRecord } from './sends.js';
import type { MachineMeter } from './machine.js';

/** When things happened, in nanoseconds on the session's clock. */
export interface RunTimes {
  readonly firstSend: number;
  readonly lastSend: number;
  readonly lastConfirm: number;
  readonly lastReceipt: number;
}

/** Undefined when nothing of the measured phase was sent. */
export function runTimes(sends: readonly SendsRecord[], receipts: readonly ReceiptsRecord[]): RunTimes | undefined {
  const started = sends.filter((s) => s.sent > 0);
  if (started.length === 0) return undefined;
  return {
    firstSend: Math.min(...started.map((s) => s.firstSend)),
    lastSend: Math.max(...started.map((s) => s.lastSend)),
    lastConfirm: Math.max(...started.map((s) => s.lastConfirm)),
    lastReceipt: Math.max(0, ...receipts.map((r) => r.lastReceipt)),
  };
}

function perSecond(events: number, fromNs: number, toNs: number): number {
  return toNs > fromNs ? events / ((toNs - fromNs) / 1e9) : 0;
}

/**
 * @param unique unique messages received over all consumers
 * @param sizeBytes body size
 */
export function computeFigures(
  sends: readonly SendsRecord[],
  receipts: readonly ReceiptsRecord[],
  times: RunTimes,
  unique: number,
  sizeBytes: number,
  load: Load,
): Figures {
  const throughput = perSecond(unique, times.firstSend, times.lastReceipt);
  const confirmed = sends.reduce((total, s) => total + s.confirmedCount, 0);
  const sent = sends.reduce((total, s) => total + s.sent, 0);
  // Only the measured part: the series start with the warm-up.
  const measuredSeries = receipts.map(({ series }) => {
    const skip = Math.max(0, Math.floor(times.firstSend / series.widthNs) - series.first);
    return { ...series, first: series.first + skip, counts: series.counts.slice(skip) };
  });
  return {
    throughput,
    megabytesPerSecond: (throughput * sizeBytes) / 1e6,
    publishRate: perSecond(confirmed, times.firstSend, times.lastConfirm),
    steadyRate: steadyRate(measuredSeries),
    tailSeconds: Math.max(0, (times.lastReceipt - times.lastSend) / 1e9),
    measuredSeconds: Math.max(0, (times.lastReceipt - times.firstSend) / 1e9),
    ...(load.kind === 'rate'
      ? { targetRate: load.perSecond, achievedRate: perSecond(sent - 1, times.firstSend, times.lastSend) }
      : {}),
  };
}

/** The run's course: intervals of 0.2 s in runs below 30 s, of 1 s above, and never more than 600 of them. */
export function samplesOf(
  sends: readonly SendsRecord[],
  receipts: readonly ReceiptsRecord[],
  times: RunTimes,
  machine: MachineMeter,
): Sample[] {
  const starts = [...sends.map((s) => s.sentSeries), ...receipts.map((r) => r.series)]
    .filter((s) => s.counts.length > 0)
    .map((s) => s.first * s.widthNs);
  const begin = Math.min(times.firstSend, ...starts);
  const end = Math.max(times.lastReceipt, times.lastConfirm, times.lastSend);
  const total = (end - begin) / 1e9;
  const seconds = total < 30 ? 0.2 : Math.max(1, Math.ceil(total / 600));
  const width = seconds * 1e9;
  const samples: Sample[] = [];
  // The grid is laid so that one line falls on the first measured send.
  for (let i = Math.floor((begin - times.firstSend) / width); times.firstSend + i * width < end; i++) {
    const from = times.firstSend + i * width;
    const to = from + width;
    const perConsumer = receipts.map((r) => countBetween(r.series, from, to));
    const load = machine.between(from, to);
    samples.push({
      t: round(i * seconds),
      seconds,
      phase: i < 0 ? 'warmup' : from <= times.lastSend ? 'measure' : 'drain',
      sent: round(sends.reduce((sum, s) => sum + countBetween(s.sentSeries, from, to), 0)),
      confirmed: round(sends.reduce((sum, s) => sum + countBetween(s.confirmedSeries, from, to), 0)),
      received: round(perConsumer.reduce((a, b) => a + b, 0)),
      perConsumer: perConsumer.map(round),
      ...(load === undefined ? {} : { machineCpu: round(load.cpu) }),
      ...(load?.brokerCpu === undefined ? {} : { brokerCpu: round(load.brokerCpu) }),
    });
  }
  return samples;
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
