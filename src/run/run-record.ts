/** Turns what the workers hand over into the record of a run, judged. */
import { accountDelivery, jainIndex } from '../metrics/delivery.js';
import { computeFigures, runTimes, samplesOf } from '../metrics/figures.js';
import { decodeHistogram, histogramRecord, mergeHistograms } from '../metrics/histogram.js';
import { judge } from '../metrics/judge.js';
import type { MachineMeter } from '../metrics/machine.js';
import { countBetween } from '../metrics/rates.js';
import type { RunRecord, WorkerLoad } from '../results/schema.js';
import type { PlannedRun, Scenario } from '../scenario/types.js';
import os from 'node:os';
import type { WorkerRecord } from './protocol.js';

export interface RunMaterial {
  readonly planned: PlannedRun;
  readonly scenario: Scenario;
  readonly startedAt: string;
  /** In order: producers, then consumers; those that were lost are missing. */
  readonly records: readonly WorkerRecord[];
  readonly meter: MachineMeter;
  readonly brokerRss: number | undefined;
  readonly error: string | undefined;
  readonly incidents: readonly string[];
}

export function buildRunRecord(m: RunMaterial): RunRecord {
  const { planned, scenario } = m;
  const producers = m.records.filter((r) => r.role === 'producer');
  const consumers = m.records.filter((r) => r.role === 'consumer');
  const sends = producers.map((p) => p.sends);
  const receipts = consumers.map((c) => c.receipts);
  const times = runTimes(sends, receipts);
  const received = receipts.some((r) => r.unique > 0);
  const delivery = times === undefined ? undefined : accountDelivery(sends, receipts);
  const figures =
    times === undefined || delivery === undefined || !received
      ? undefined
      : computeFigures(sends, receipts, times, delivery.unique, planned.cell.sizeBytes, scenario.load);
  const perConsumer = receipts.map((r) => r.unique);
  const machine =
    times === undefined ? undefined : m.meter.between(times.firstSend, Math.max(times.lastReceipt, times.lastSend));

  const workers: WorkerLoad[] = [
    ...producers.map(({ sends: s, load }, index): WorkerLoad => {
      const slip = decodeHistogram(s.slip);
      const sendingNs = s.lastSend - s.firstSend;
      return {
        role: 'producer',
        index,
        messages: s.sent,
        ...load,
        windowFull: sendingNs > 0 ? Math.min(1, s.windowFullNs / sendingNs) : 0,
        ...(scenario.load.kind === 'rate' && slip.totalCount > 0
          ? { scheduleSlipP99Ms: slip.getValueAtPercentile(99) / 1e6, scheduleSlipMaxMs: slip.maxValue / 1e6 }
          : {}),
      };
    }),
    ...consumers.map(({ receipts: r, load }, index): WorkerLoad => ({
      role: 'consumer',
      index,
      messages: r.unique,
      ...load,
    })),
  ];
  const arrivedByLastSend =
    times === undefined
      ? 0
      : receipts.reduce((sum, r) => sum + countBetween(r.series, times.firstSend, times.lastSend), 0);
  const firstFailure = sends.find((s) => s.firstFailure !== undefined)?.firstFailure;
  const verdict = judge({
    guarantee: scenario.guarantee,
    load: scenario.load,
    figures,
    delivery,
    workers,
    machine,
    negativeTimes: [...sends, ...receipts].reduce((sum, r) => sum + r.negative, 0),
    backlogAtLastSend: Math.max(0, (delivery?.sent ?? 0) - arrivedByLastSend),
    error: m.error,
    incidents: m.incidents,
    firstFailure,
  });
  return {
    id: `${planned.cell.id}#${planned.repetition}`,
    order: planned.order,
    cell: planned.cell.id,
    repetition: planned.repetition,
    startedAt: m.startedAt,
    complete: m.error === undefined,
    ...(m.error === undefined ? {} : { error: m.error }),
    ...(figures === undefined ? {} : { figures }),
    ...(figures === undefined
      ? {}
      : {
          latency: {
            endToEnd: histogramRecord(mergeHistograms(receipts.map((r) => r.endToEnd))),
            publish: histogramRecord(mergeHistograms(sends.map((s) => s.publish))),
            endToEndService: histogramRecord(mergeHistograms(receipts.map((r) => r.endToEndService))),
            publishService: histogramRecord(mergeHistograms(sends.map((s) => s.publishService))),
          },
        }),
    ...(delivery === undefined ? {} : { delivery }),
    ...(delivery === undefined ? {} : { share: { perConsumer, jain: jainIndex(perConsumer) } }),
    workers,
    ...(machine === undefined
      ? {}
      : {
          machine: {
            ...machine,
            loadAverage: os.loadavg()[0] ?? 0,
            ...(m.brokerRss === undefined ? {} : { brokerRssBytes: m.brokerRss }),
          },
        }),
    samples: times === undefined ? [] : samplesOf(sends, receipts, times, m.meter),
    verdict,
  };
}
