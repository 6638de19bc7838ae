/** The headline figures of a run, from the workers' records. Definitions: docs/measuring.md. */
import { meanRate, type OpenLoad } from '../run/arrivals/curve.js';
import type { RunLoad, Work } from '../scenario/types.js';
import type { Figures, Sample } from '../results/schema.js';
import type { RepliesRecord } from './calls.js';
import type { ReceiptsRecord } from './receipts.js';
import { countBetween, type RateSeriesRecord, steadyRate } from './rates.js';
import type { SendsRecord } from './sends.js';
import type { MachineMeter } from './machine.js';

/** When things happened, in nanoseconds on the session's clock. */
export interface RunTimes {
  readonly firstSend: number;
  readonly lastSend: number;
  readonly lastConfirm: number;
  /** 0 when nothing was received. */
  readonly firstReceipt: number;
  readonly lastReceipt: number;
}

/** The part that is measured, in nanoseconds on the session's clock. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * From the first send to the last receipt; of producers alone, or consumers alone, only what they do. Where nothing was
 * received, it lasts no time: of a queue that was filled it begins and ends where the fill ended.
 */
export function measuredSpan(work: Work, times: RunTimes): Span {
  switch (work) {
    case 'transfer':
      return { from: times.firstSend, to: Math.max(times.firstSend, times.lastReceipt) };
    case 'produce':
      return { from: times.firstSend, to: times.lastConfirm };
    case 'consume':
    case 'backlog': {
      const filled = Math.max(times.lastSend, times.lastConfirm);
      const from = times.firstReceipt > 0 ? times.firstReceipt : filled;
      return { from, to: Math.max(from, times.lastReceipt) };
    }
  }
}

/** Which part of its run a moment belongs to; one answer for workers and broker. */
export function phaseAt(at: number, work: Work, times: RunTimes): Sample['phase'] {
  if (at < times.firstSend) return 'warmup';
  if (at < measuredSpan(work, times).from) return 'fill';
  return work === 'consume' || work === 'backlog' || at <= times.lastSend ? 'measure' : 'drain';
}

/** When the run's course ends: what producers alone have sent is received afterwards, only to be counted. */
export function courseEnd(work: Work, times: RunTimes): number {
  return work === 'produce' ? times.lastConfirm : Math.max(times.lastReceipt, times.lastConfirm, times.lastSend);
}

/** Undefined when nothing of the measured phase was sent. */
export function runTimes(
  sends: readonly SendsRecord[],
  receipts: readonly ReceiptsRecord[],
  replies: readonly RepliesRecord[] = [],
): RunTimes | undefined {
  const started = sends.filter((s) => s.sent > 0);
  if (started.length === 0) return undefined;
  const received = receipts.filter((r) => r.received > 0);
  return {
    firstSend: Math.min(...started.map((s) => s.firstSend)),
    lastSend: Math.max(...started.map((s) => s.lastSend)),
    lastConfirm: Math.max(...started.map((s) => s.lastConfirm)),
    firstReceipt: received.length === 0 ? 0 : Math.min(...received.map((r) => r.firstReceipt)),
    // A round trip ends with its reply.
    lastReceipt: Math.max(0, ...receipts.map((r) => r.lastReceipt), ...replies.map((r) => r.lastReply)),
  };
}

function perSecond(events: number, fromNs: number, toNs: number): number {
  return toNs > fromNs ? events / ((toNs - fromNs) / 1e9) : 0;
}

/** The mean rate that an open loop asked for, in messages a second, as its schedule was drawn. */
function targetRate(load: OpenLoad, sends: readonly SendsRecord[], sent: number): number {
  if (load.kind === 'rate' && load.arrivals === undefined) return load.perSecond;
  const started = sends.filter((s) => s.sent > 0);
  const from = Math.min(...started.map((s) => s.firstDue));
  const to = Math.max(...started.map((s) => s.lastDue));
  return to > from ? perSecond(sent - 1, from, to) : meanRate(load, 1);
}

/** Bytes of a body, on average: of those that were received, or of producers alone sent. */
function bytesEach(records: readonly SendsRecord[] | readonly ReceiptsRecord[]): number {
  let bytes = 0;
  let bodies = 0;
  for (const record of records) {
    bytes += record.bytes;
    bodies += 'unique' in record ? record.unique : record.sent;
  }
  return bodies === 0 ? 0 : bytes / bodies;
}

/** What came through over time: receipts, of producers alone confirms, of requests replies. */
export function seriesThrough(
  work: Work,
  sends: readonly SendsRecord[],
  receipts: readonly ReceiptsRecord[],
  replies: readonly RepliesRecord[],
): readonly RateSeriesRecord[] {
  if (work === 'produce') return sends.map((s) => s.confirmedSeries);
  return (replies.length > 0 ? replies : receipts).map(({ series }) => series);
}

/** What a run's figures are made of. */
export interface FigureMaterial {
  readonly sends: readonly SendsRecord[];
  readonly receipts: readonly ReceiptsRecord[];
  /** Of requests: round trips are then what is counted. */
  readonly replies?: readonly RepliesRecord[];
  readonly times: RunTimes;
  /** Unique messages received over all consumers. */
  readonly unique: number;
  readonly load: RunLoad;
  readonly work: Work;
}

export function computeFigures({ sends, receipts, replies = [], times, unique, load, work }: FigureMaterial): Figures {
  const span = measuredSpan(work, times);
  const confirmed = sends.reduce((total, s) => total + s.confirmedCount, 0);
  const sent = sends.reduce((total, s) => total + s.sent, 0);
  const alone = work === 'produce';
  const through = alone
    ? confirmed
    : replies.length > 0
      ? replies.reduce((total, r) => total + r.answeredCount, 0)
      : unique;
  const throughput = perSecond(through, span.from, span.to);
  // Only the measured part: the series start with the warm-up.
  const measuredSeries = seriesThrough(work, sends, receipts, replies).map((series) => {
    const skip = Math.max(0, Math.floor(span.from / series.widthNs) - series.first);
    return { ...series, first: series.first + skip, counts: series.counts.slice(skip) };
  });
  return {
    throughput,
    megabytesPerSecond: (throughput * bytesEach(alone ? sends : receipts)) / 1e6,
    publishRate: perSecond(confirmed, times.firstSend, times.lastConfirm),
    steadyRate: steadyRate(measuredSeries),
    tailSeconds: Math.max(0, (span.to - times.lastSend) / 1e9),
    measuredSeconds: Math.max(0, (span.to - span.from) / 1e9),
    ...(load.kind === 'closed'
      ? {}
      : {
          targetRate: targetRate(load, sends, sent),
          achievedRate: perSecond(sent - 1, times.firstSend, times.lastSend),
        }),
  };
}

/** The run's course: intervals of 0.2 s in runs below 30 s, of 1 s above, and never more than 600 of them. */
export function samplesOf(
  sends: readonly SendsRecord[],
  receipts: readonly ReceiptsRecord[],
  times: RunTimes,
  machine: MachineMeter,
  work: Work,
): Sample[] {
  const { from: zero } = measuredSpan(work, times);
  const starts = [...sends.map((s) => s.sentSeries), ...receipts.map((r) => r.series)]
    .filter((s) => s.counts.length > 0)
    .map((s) => s.first * s.widthNs);
  const begin = Math.min(times.firstSend, ...starts);
  const end = courseEnd(work, times);
  const total = (end - begin) / 1e9;
  const seconds = total < 30 ? 0.2 : Math.max(1, Math.ceil(total / 600));
  const width = seconds * 1e9;
  const samples: Sample[] = [];
  // The grid is laid so that one line falls on the beginning of the measured part.
  for (let i = Math.floor((begin - zero) / width); zero + i * width < end; i++) {
    const from = zero + i * width;
    const to = from + width;
    const perConsumer = receipts.map((r) => countBetween(r.series, from, to));
    const load = machine.between(from, to);
    samples.push({
      t: round(i * seconds),
      seconds,
      // Before the measured part the grid need not fall on the first send: then the larger half counts.
      phase: phaseAt(i < 0 ? from + width / 2 : from, work, times),
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
