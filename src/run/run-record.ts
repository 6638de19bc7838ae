/** Turns what the workers hand over into the record of a run, judged. */
import type { Route } from '../brokers/pattern.js';
import { accountCalls } from '../metrics/calls.js';
import { courseOf, faultRecords, type Reconnect } from '../faults/course.js';
import type { DoneFault } from '../faults/injector.js';
import type { JournalRecord } from '../faults/journal.js';
import type { ConsumerJournal } from '../faults/takeover.js';
import { accountDelivery, jainIndex } from '../metrics/delivery.js';
import { driftText, trendsOf } from '../metrics/drift.js';
import { computeFigures, measuredSpan, type RunTimes, runTimes, samplesOf, seriesThrough } from '../metrics/figures.js';
import { decodeHistogram, histogramRecord, mergeHistograms } from '../metrics/histogram.js';
import { type Evidence, judge, judgeRate } from '../metrics/judge.js';
import { nothingExpected, notOvertaken } from '../metrics/pattern-warnings.js';
import type { MachineMeter } from '../metrics/machine.js';
import { pauseOf } from '../metrics/pause.js';
import { countBetween, type RateSeriesRecord } from '../metrics/rates.js';
import type { ReceiptsRecord } from '../metrics/receipts.js';
import { accountReplay } from '../metrics/replay.js';
import type { SendsRecord } from '../metrics/sends.js';
import { accountSubscribers, deliveriesEach, type Subscribed } from '../metrics/subscribers.js';
import { Deck } from '../patterns/deck.js';
import { redact } from '../results/redact.js';
import type { RunRecord, Sample, Trend, WorkerLoad } from '../results/schema.js';
import type { Point } from '../stats/trend.js';
import { summarizeTasks } from '../tasks/summary.js';
import type { TaskCounts } from '../tasks/worker.js';
import type { RunScenario } from '../scenario/run-load.js';
import type { PlannedRun, Work } from '../scenario/types.js';
import type { RunSampler } from '../monitor/run/sampler.js';
import { brokerActivity } from '../metrics/broker-activity.js';
import os from 'node:os';
import type { Joined } from './joining.js';
import type { WorkerRecord } from './protocol.js';
import { consumerPlaces } from './spread.js';

export interface RunMaterial {
  readonly planned: PlannedRun;
  readonly scenario: RunScenario;
  readonly startedAt: string;
  /** In order: all producers, then the consumers that were there, each in its place whether it still answered or not. */
  readonly records: readonly WorkerRecord[];
  readonly meter: MachineMeter;
  /** Undefined where nobody looked at the broker. */
  readonly sampler: RunSampler | undefined;
  readonly brokerRss: number | undefined;
  /** Undefined where the broker does not limit what a consumer holds. */
  readonly prefetch: number | undefined;
  readonly error: string | undefined;
  readonly incidents: readonly string[];
  /** The late consumers that joined. */
  readonly joined: readonly Joined[];
  /** Where each consumer has a subscription of its own. */
  readonly subscribed: Subscribed | undefined;
  /** The row of routes that messages took, where there was one. */
  readonly routes: readonly Route[] | undefined;
  /** What consumers got that read everything a second time. */
  readonly again: readonly ReceiptsRecord[];
  /** Undefined in a run without faults. */
  readonly faults:
    | {
        readonly done: readonly DoneFault[];
        readonly reconnects: readonly Reconnect[];
        readonly journals: ReadonlyMap<string, Iterable<JournalRecord>>;
      }
    | undefined;
}

/** Of a consumer that did not answer. */
const noTasks: TaskCounts = { tasks: 0, busyNs: 0, mostHeld: 0 };

/** Which histograms mean something: nothing is latency in a part that is not measured. */
export function recordedLatency(work: Work): { readonly endToEnd: boolean; readonly publish: boolean } {
  // End to end a message of a backlog has waited for the consumers to start, which is no latency of the broker.
  return { endToEnd: work === 'transfer', publish: work !== 'consume' };
}

/**
 * Messages sent and not yet come through at a time: not received, of producers alone not confirmed, of requests not
 * answered.
 * @param deliveries that a message makes on average
 */
function backlogAt(
  at: number,
  times: RunTimes,
  sends: readonly SendsRecord[],
  through: readonly RateSeriesRecord[],
  deliveries: number,
): number {
  const count = (series: readonly RateSeriesRecord[]): number =>
    series.reduce((sum, s) => sum + countBetween(s, times.firstSend, at), 0);
  const sent = at >= times.lastSend ? sends.reduce((sum, s) => sum + s.sent, 0) : count(sends.map((s) => s.sentSeries));
  return Math.max(0, sent - count(through) / deliveries);
}

/** The backlog ten times in the second half of sending. */
function backlogCourse(
  times: RunTimes,
  sends: readonly SendsRecord[],
  through: readonly RateSeriesRecord[],
  deliveries: number,
): Point[] {
  const half = (times.lastSend - times.firstSend) / 2;
  return Array.from({ length: 10 }, (_, i) => {
    const after = half + (half * i) / 9;
    return { x: after / 1e9, y: backlogAt(times.firstSend + after, times, sends, through, deliveries) };
  });
}

/** What went in one direction all the time. */
function driftOf(m: RunMaterial, times: RunTimes, samples: readonly Sample[]): Trend[] {
  const { work, load } = m.scenario;
  const span = measuredSpan(work, times);
  const places = { producer: 0, consumer: 0 };
  return trendsOf({
    from: span.from,
    to: work === 'transfer' ? Math.min(times.lastSend, span.to) : span.to,
    samples,
    rateOf:
      work === 'transfer' || work === 'produce'
        ? load.kind === 'ramp' || load.kind === 'bursts'
          ? undefined
          : (s) => (work === 'produce' ? s.confirmed : s.received)
        : (s) => s.received,
    rateName: work === 'produce' ? 'messages confirmed per second' : 'messages received per second',
    clients: new Map(m.records.map((r) => [`memory of ${r.role} ${places[r.role]++}`, r.load.memory])),
    broker: m.meter.brokerMemory(),
  });
}

/** Latency by level, where messages have a priority. */
function levelsOf(routes: readonly Route[] | undefined, receipts: readonly ReceiptsRecord[]): RunRecord['levels'] {
  if (routes === undefined) return undefined;
  const levels = new Deck(routes).lanes.flatMap(({ priority }, level) => {
    const own = receipts.flatMap((r) => r.endToEndByLevel?.[level] ?? []);
    return priority === undefined ? [] : [{ priority, endToEnd: histogramRecord(mergeHistograms(own)) }];
  });
  return levels.length === 0 ? undefined : levels;
}

/** The consumers of a work queue with their journals. */
function consumerJournals(
  { producers, consumers, destinations, lateConsumers }: RunScenario,
  journals: ReadonlyMap<string, Iterable<JournalRecord>>,
): ConsumerJournal[] {
  const spread = { producers, consumers, destinations, late: lateConsumers?.count ?? 0 };
  return consumerPlaces(spread).map(({ index, destination }) => ({
    consumer: index,
    destination,
    journal: journals.get(`consumer ${index}`) ?? [],
  }));
}

export function buildRunRecord(m: RunMaterial): RunRecord {
  const { planned, scenario } = m;
  const { work } = scenario;
  const producers = m.records.filter((r) => r.role === 'producer');
  const consumers = m.records.filter((r) => r.role === 'consumer');
  const sends = producers.map((p) => p.sends);
  const receipts = consumers.map((c) => c.receipts);
  const requesters = producers.flatMap(({ sends, replies }) => (replies === undefined ? [] : [{ sends, replies }]));
  const replies = requesters.map((r) => r.replies);
  const through = seriesThrough(work, sends, receipts, replies);
  const calls = requesters.length === 0 ? undefined : accountCalls(requesters);
  const times = runTimes(sends, receipts, replies);
  const { weights } = scenario;
  const tasks =
    weights === undefined || times === undefined
      ? undefined
      : summarizeTasks({
          weights,
          sent: sends.map((s) => s.sent),
          workers: consumers.map((c) => c.tasks ?? noTasks),
          firstSend: times.firstSend,
          lastDone: times.lastReceipt,
        });
  const unmeasured = scenario.pattern.kind === 'hello';
  const measured =
    (calls === undefined ? receipts.some((r) => r.unique > 0) : calls.answered > 0) ||
    (work === 'produce' && sends.some((s) => s.confirmedCount > 0));
  const { subscribed } = m;
  const subscribers = subscribed && accountSubscribers(subscribed, sends, receipts);
  const delivery = times === undefined ? undefined : accountDelivery(sends, receipts, subscribers);
  const deliveries = subscribers === undefined ? 1 : deliveriesEach(subscribers, delivery?.confirmed ?? 0);
  const replay = m.again.length === 0 ? undefined : accountReplay(sends, m.again);
  // What a durable subscription keeps waits for its subscriber, which is no latency of the broker.
  const prompt = receipts.filter((_, consumer) => !(subscribed?.pattern.durable && subscribed.late.has(consumer)));
  const figures =
    unmeasured || times === undefined || delivery === undefined || !measured
      ? undefined
      : computeFigures({
          sends,
          receipts,
          replies,
          times,
          unique: delivery.unique,
          load: scenario.load,
          work,
        });
  const levels = figures === undefined ? undefined : levelsOf(m.routes, receipts);
  const perConsumer = receipts.map((r) => r.unique);
  const span = times === undefined ? undefined : measuredSpan(work, times);
  const machine =
    times === undefined || span === undefined
      ? undefined
      : m.meter.between(span.from, work === 'transfer' ? Math.max(span.to, times.lastSend) : span.to);

  const workers: WorkerLoad[] = [
    ...producers.flatMap(({ sends: s, load: { memory: _, ...load }, killed, missing }, index): WorkerLoad | [] => {
      if (missing === true) return [];
      const slip = decodeHistogram(s.slip);
      const sendingNs = s.lastSend - s.firstSend;
      return {
        role: 'producer',
        index,
        messages: s.sent,
        ...load,
        ...(killed === true ? { killed } : {}),
        windowFull: sendingNs > 0 ? Math.min(1, s.windowFullNs / sendingNs) : 0,
        ...(scenario.load.kind !== 'closed' && slip.totalCount > 0
          ? { scheduleSlipP99Ms: slip.getValueAtPercentile(99) / 1e6, scheduleSlipMaxMs: slip.maxValue / 1e6 }
          : {}),
      };
    }),
    ...consumers.flatMap(({ receipts: r, load: { memory: _, ...load }, killed, missing }, index): WorkerLoad | [] =>
      missing === true
        ? []
        : { role: 'consumer', index, messages: r.unique, ...load, ...(killed === true ? { killed } : {}) },
    ),
  ];
  const samples = times === undefined ? [] : samplesOf(sends, receipts, times, m.meter, work);
  // What faults do to a rate is no drift.
  const trends =
    times === undefined || m.error !== undefined || m.faults !== undefined ? [] : driftOf(m, times, samples);
  const broker = m.sampler?.timeline(times, work);
  const firstFailure = sends.find((s) => s.firstFailure !== undefined)?.firstFailure;
  const pause = m.faults === undefined ? pauseOf(samples, scenario.load) : undefined;
  const seconds = (at: number): number => Math.round((at - (span?.from ?? 0)) / 1e6) / 1e3;
  const faults =
    m.faults === undefined || times === undefined
      ? undefined
      : faultRecords({
          done: m.faults.done,
          course: courseOf(m.faults.journals.values(), subscribed !== undefined),
          consumers: subscribed === undefined ? consumerJournals(scenario, m.faults.journals) : [],
          reconnects: m.faults.reconnects,
          start: times.firstSend,
          seconds,
        });
  const evidence: Evidence = {
    guarantee: scenario.publishing?.guarantee ?? scenario.guarantee,
    consumed: scenario.guarantee,
    load: scenario.load,
    work,
    walking: scenario.walking,
    figures,
    delivery,
    replay,
    calls,
    workers,
    machine,
    negativeTimes: [...sends, ...receipts, ...replies].reduce((sum, r) => sum + r.negative, 0),
    backlogAtLastSend: times === undefined ? 0 : backlogAt(times.lastSend, times, sends, through, deliveries),
    backlogCourse: times === undefined ? [] : backlogCourse(times, sends, through, deliveries),
    tasks,
    prefetch: m.prefetch,
    unmeasured,
    error: m.error,
    incidents: [
      ...m.incidents,
      ...(pause === undefined ? [] : [pause]),
      ...trends.filter((t) => t.drifts).map(driftText),
      ...(m.error === undefined ? [...nothingExpected(subscribers), ...notOvertaken(levels)] : []),
    ],
    firstFailure,
    ...(faults === undefined ? {} : { faults }),
    broker: broker && brokerActivity(broker),
  };
  const verdict = judge(evidence);
  const rate = judgeRate(evidence, verdict);
  const kept = recordedLatency(work);
  const roundTrips = calls === undefined ? undefined : replies.map((r) => r.roundTrip);
  const roundTripServices = calls === undefined ? undefined : replies.map((r) => r.roundTripService);
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
            endToEnd: histogramRecord(
              mergeHistograms(kept.endToEnd ? (roundTrips ?? prompt.map((r) => r.endToEnd)) : []),
            ),
            publish: histogramRecord(mergeHistograms(kept.publish ? sends.map((s) => s.publish) : [])),
            endToEndService: histogramRecord(
              mergeHistograms(kept.endToEnd ? (roundTripServices ?? prompt.map((r) => r.endToEndService)) : []),
            ),
            publishService: histogramRecord(mergeHistograms(kept.publish ? sends.map((s) => s.publishService) : [])),
          },
        }),
    ...(delivery === undefined ? {} : { delivery }),
    ...(delivery === undefined || subscribers === undefined ? {} : { subscribers }),
    ...(levels === undefined ? {} : { levels }),
    ...(replay === undefined ? {} : { replay }),
    ...(delivery === undefined || calls === undefined ? {} : { calls }),
    ...(delivery === undefined ? {} : { share: { perConsumer, jain: jainIndex(perConsumer) } }),
    workers,
    ...(tasks === undefined ? {} : { tasks }),
    ...(machine === undefined
      ? {}
      : {
          machine: {
            ...machine,
            loadAverage: os.loadavg()[0] ?? 0,
            ...(m.brokerRss === undefined ? {} : { brokerRssBytes: m.brokerRss }),
          },
        }),
    ...(rate === undefined ? {} : { rate }),
    ...(m.joined.length === 0
      ? {}
      : {
          joined: m.joined.map(({ consumer, askedAt, readyAt }) => {
            const first = receipts[consumer]?.firstReceipt ?? 0;
            return {
              consumer,
              askedSeconds: seconds(askedAt),
              readySeconds: seconds(readyAt),
              ...(first === 0 ? {} : { firstMessageSeconds: seconds(first) }),
            };
          }),
        }),
    ...(faults === undefined ? {} : { faults }),
    ...(m.faults === undefined || m.faults.reconnects.length === 0
      ? {}
      : {
          reconnects: m.faults.reconnects.map(({ worker, lostAt, backAt, attempts, why }) => ({
            worker,
            lostSeconds: seconds(lostAt),
            backSeconds: seconds(backAt),
            attempts,
            why: redact(why),
          })),
        }),
    ...(trends.length === 0 ? {} : { trends }),
    samples,
    ...(broker === undefined ? {} : { broker }),
    verdict,
  };
}
