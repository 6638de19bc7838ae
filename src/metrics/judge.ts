/**
 * The judgement of one run: can it be used, did the broker keep its promise, and what limited it. Every word
 * comes with the figures that led to it. The thresholds are stated in docs/measuring.md.
 */
import type { Guarantee } from '../brokers/adapter.js';
import type {
  CallsRecord,
  DeliveryRecord,
  FaultRecord,
  Figures,
  ReplayRecord,
  RunRecord,
  TasksRecord,
  Verdict,
  WorkerLoad,
} from '../results/schema.js';
import { plural } from '../plural.js';
import { meanRate, type OpenLoad, peakRate } from '../run/arrivals/curve.js';
import { median } from '../stats/summary.js';
import { type Point, theilSen } from '../stats/trend.js';
import type { RunLoad, Work } from '../scenario/types.js';
import { activityText, type BrokerActivity } from './broker-activity.js';

/** What the judge looks at. Shares are 0 to 1. */
export interface Evidence {
  /** What a message that counts as sent is promised. */
  readonly guarantee: Guarantee;
  /**
   * What consumers were promised, where producers asked for less: whether a message may come twice depends on how it is
   * acknowledged. The same as `guarantee` when absent.
   */
  readonly consumed?: Guarantee;
  readonly load: RunLoad;
  /** Transfer when absent. */
  readonly work?: Work;
  /** A step of a walk over rates: falling behind is what it looks for. */
  readonly walking?: boolean;
  readonly figures: Figures | undefined;
  readonly delivery: DeliveryRecord | undefined;
  /** What a second reading brought, where there was one. */
  readonly replay?: ReplayRecord | undefined;
  /** Of requests. */
  readonly calls?: CallsRecord | undefined;
  readonly workers: readonly WorkerLoad[];
  readonly machine: { readonly cpu: number; readonly steal: number } | undefined;
  /** Sends and receipts that lie before what caused them. */
  readonly negativeTimes: number;
  /** Messages sent and not yet received (producers alone: confirmed) when the last one was sent. */
  readonly backlogAtLastSend: number;
  /** The same at several times of the second half of sending, x in seconds; needed of a walk. */
  readonly backlogCourse?: readonly Point[];
  /** Where messages have weights: the work that they made. */
  readonly tasks?: TasksRecord | undefined;
  /** Messages that a consumer may hold unacknowledged; absent where the broker has no such limit. */
  readonly prefetch?: number | undefined;
  /** Too few messages to measure by, on purpose: delivery alone is judged. */
  readonly unmeasured?: boolean;
  /** Why the run did not come to its end, if it did not. */
  readonly error: string | undefined;
  /** What the client libraries did by themselves, and brokers that throttled. */
  readonly incidents: readonly string[];
  /** What was broken on purpose; absent where nothing was. */
  readonly faults?: readonly FaultRecord[];
  /** The first reason a broker gave for a message it did not take. */
  readonly firstFailure: string | undefined;
  /** What the broker did over the measured part; undefined where nobody looked. */
  readonly broker: BrokerActivity | undefined;
}

/** Below this a run says nothing; below {@link shortSeconds} it is warned of. */
export const minimumSeconds = 0.5;
export const shortSeconds = 2;
/** A machine this busy measures the machine. */
export const machineBusy = 0.9;
/** Time stolen by the hypervisor above which a figure cannot be told from the neighbours' load. */
export const stealHigh = 0.1;
/** An event loop this busy has no room left. */
export const loopBusy = 0.85;
/** A worker that has a message to work on for this share of the time is what the run waits for. */
export const workersBusy = 0.9;
/** A fixed rate is kept when at least this share of it was sent … */
export const rateKept = 0.99;
/** … and all but one in a hundred messages left at most so late. */
export const slipLimitMs = 50;
/** Where more than this share of the messages was never confirmed, something else was measured than was asked. */
export const unconfirmedLimit = 0.01;
/** In a walk a target falls behind when over the second half its backlog grows by this share of the rate … */
export const backlogGrowth = 0.02;
/** … and is worth at least so many seconds of it in the median, so that one stall is not taken for it, … */
export const backlogMedianSeconds = 0.1;
/** … and so many when the last message is sent. */
export const backlogEndSeconds = 0.25;

const percent = (share: number): string => `${(share * 100).toFixed(share >= 0.1 ? 0 : 1)} %`;

/** Judges one run. Pure. */
export function judge(e: Evidence): Verdict {
  const invalid = reasonsInvalid(e);
  const failed = reasonsFailed(e);
  const { bound, evidence } = whatBounded(e);
  const warnings = warningsOf(e);
  // What bounded an unusable measurement is not known.
  const usable = invalid.length === 0;
  const why = usable ? evidence : invalid;
  // A broken promise stands even where the time measurement is unusable: it is never outvoted.
  const status = failed.length > 0 ? 'failed' : usable ? 'ok' : 'invalid';
  return { status, bound: usable ? bound : 'unknown', evidence: [...failed, ...why], warnings };
}

function reasonsInvalid(e: Evidence): string[] {
  const reasons: string[] = [];
  if (e.error !== undefined) reasons.push(`the run did not end well: ${e.error}`);
  if (e.negativeTimes > 0)
    reasons.push(`a clock ran backwards: ${plural(e.negativeTimes, 'message')} arrived before being sent`);
  if (e.figures === undefined) {
    const lesson = e.unmeasured === true && e.delivery !== undefined;
    // Everything can be lost to a fault, and that is the finding then.
    const allLost = e.faults !== undefined && (e.delivery?.confirmed ?? 0) > 0;
    if (e.error === undefined && !lesson && !allLost) reasons.push('nothing was measured');
    return [...reasons, ...notTaken(e), ...missedFaults(e)];
  }
  reasons.push(...notTaken(e), ...missedFaults(e));
  // With faults the question is what arrives, and when; not how fast.
  if (e.figures.measuredSeconds < minimumSeconds && e.faults === undefined)
    reasons.push(
      `only ${e.figures.measuredSeconds.toFixed(2)} s measured; at least ${minimumSeconds} s are needed: send more messages`,
    );
  const missed = missedSchedule(e, e.figures);
  if (missed !== undefined && e.walking !== true) reasons.push(missed);
  return reasons;
}

/** Messages that the broker did not take, without anybody having broken something on purpose. */
function notTaken({ delivery: d, faults, error, firstFailure }: Evidence): string[] {
  if (d === undefined || faults !== undefined || error !== undefined) return [];
  if (d.unconfirmed <= d.sent * unconfirmedLimit) return [];
  return [
    `of ${plural(d.sent, 'message')} ${d.unconfirmed.toLocaleString('en-US')} were never confirmed${because(firstFailure)}`,
  ];
}

const because = (firstFailure: string | undefined): string =>
  firstFailure === undefined ? '' : ` (first reason: ${firstFailure})`;

/** What was to be broken and was not. */
function missedFaults({ faults = [], error }: Evidence): string[] {
  if (error !== undefined) return [];
  return faults.flatMap(({ what, at, startedSeconds, missed }) => {
    if (startedSeconds !== undefined) return [];
    return [
      missed === undefined
        ? `the run was over before its time came: ${what} ${at}`
        : `not done: ${what} ${at}: ${missed}`,
    ];
  });
}

/** How the generator fell behind its own schedule, if it did. */
function missedSchedule(e: Evidence, figures: Figures): string | undefined {
  // Whoever is killed or cut off on purpose keeps no schedule.
  if (e.faults !== undefined) return undefined;
  // A brake only has to hold back; how well it did is in the throughput.
  if (e.load.kind === 'rate' && e.load.cap === true) return undefined;
  // An open loop that had to wait because too much was unsettled was held up by the broker, not by itself.
  if (e.load.kind === 'closed' || heldUp(e)) return undefined;
  const producers = e.workers.filter((w) => w.role === 'producer');
  const target = targetRate(e.load, figures);
  const achieved = figures.achievedRate ?? 0;
  const slip = Math.max(0, ...producers.map((w) => w.scheduleSlipP99Ms ?? 0));
  const loop = Math.max(0, ...producers.map((w) => w.loop));
  if (achieved / target < rateKept)
    return `the generator missed its schedule: ${achieved.toFixed(0)} of ${target.toFixed(0)} messages a second were sent (producer's event loop ${percent(loop)} busy)`;
  if (slip > slipLimitMs)
    return `the generator missed its schedule: one message in a hundred left more than ${slip.toFixed(0)} ms late (limit ${slipLimitMs} ms, producer's event loop ${percent(loop)} busy)`;
  return undefined;
}

function targetRate(load: OpenLoad, figures: Figures): number {
  return figures.targetRate ?? meanRate(load, figures.measuredSeconds);
}

function grows(course: readonly Point[], perSecond: number): boolean {
  if (course.length < 2) return false;
  return (
    theilSen(course).slope > backlogGrowth * perSecond &&
    median(course.map(({ y }) => y)) >= backlogMedianSeconds * perSecond
  );
}

/**
 * Whether an open loop's rate was kept by generator, broker and consumers together; undefined in a closed loop.
 * @param status the run's verdict
 */
export function judgeRate(e: Evidence, { status, evidence }: Verdict): RunRecord['rate'] {
  if (e.load.kind === 'closed') return undefined;
  const busy =
    e.machine !== undefined && e.machine.cpu >= machineBusy
      ? `; CPU of the machine ${percent(e.machine.cpu)} busy`
      : '';
  const behind = (why: string): RunRecord['rate'] => ({ kept: false, why: `${why}${busy}` });
  if (status !== 'ok' || e.figures === undefined) return behind(evidence[0] ?? 'nothing was measured');
  const missed = missedSchedule(e, e.figures);
  if (missed !== undefined) return behind(missed);
  if (heldUp(e)) return behind('the generator had to wait for confirms');
  const waiting = plural(Math.round(e.backlogAtLastSend), 'message');
  const seconds = e.backlogAtLastSend / peakRate(e.load);
  if (seconds >= 1) return behind(`${waiting} had not arrived when the last was sent`);
  if (e.walking === true && seconds >= backlogEndSeconds && grows(e.backlogCourse ?? [], peakRate(e.load)))
    return behind(`the backlog grew all the time: ${waiting} had not arrived when the last was sent`);
  return { kept: true, why: `${waiting} under way when the last was sent` };
}

function heldUp(e: Evidence): boolean {
  return e.workers.some((w) => w.role === 'producer' && (w.windowFull ?? 0) > 0.01);
}

function reasonsFailed(e: Evidence): string[] {
  const reasons: string[] = [];
  const d = e.delivery;
  if (d === undefined) return reasons;
  // An aborted run has messages under way; they are not lost.
  if (d.lost > 0 && e.error === undefined && e.guarantee !== 'at-most-once')
    reasons.push(`${plural(d.lost, 'confirmed message')} never arrived`);
  if (d.corrupt > 0) reasons.push(`${plural(d.corrupt, 'message')} arrived with changed bytes`);
  if (d.foreign > 0) reasons.push(`${plural(d.foreign, 'message')} of another run arrived`);
  // What nobody asked for, or had before, can be told only where every worker has handed over what it knows.
  if (d.unexpected !== undefined && d.unexpected > 0 && e.error === undefined)
    reasons.push(
      `${plural(d.unexpected, 'delivery', 'deliveries')} reached a subscriber whose bindings do not ask for it`,
    );
  if (e.replay !== undefined) reasons.push(...replayFailed(e.replay, e));
  if (d.duplicates > 0 && e.error === undefined && allowsNone(e))
    reasons.push(`${plural(d.duplicates, 'duplicate')} under at-most-once, which forbids them`);
  return [...reasons, ...callsFailed(e)];
}

/** Whether a message that comes twice breaks a promise. */
function allowsNone({ guarantee, consumed = guarantee }: Evidence): boolean {
  return consumed === 'at-most-once';
}

/** A call is one request and one reply, to it and whole. */
function callsFailed({ calls: c, error, guarantee }: Evidence): string[] {
  if (c === undefined) return [];
  const reasons: string[] = [];
  if (c.unanswered > 0 && error === undefined && guarantee !== 'at-most-once')
    reasons.push(`${plural(c.unanswered, 'confirmed request')} never got a reply`);
  if (c.corrupt > 0) reasons.push(`${plural(c.corrupt, 'reply', 'replies')} arrived with changed bytes`);
  if (c.misdirected > 0)
    reasons.push(`${plural(c.misdirected, 'reply', 'replies')} came for a request that they do not answer`);
  if (c.duplicates > 0 && guarantee === 'at-most-once')
    reasons.push(`${plural(c.duplicates, 'second reply', 'second replies')} under at-most-once, which forbids them`);
  return reasons;
}

/** A history that has changed. */
function replayFailed({ lost, corrupt }: ReplayRecord, { guarantee, error }: Evidence): string[] {
  return [
    ...(lost > 0 && error === undefined && guarantee !== 'at-most-once'
      ? [`${plural(lost, 'confirmed message')} did not come when everything was read again`]
      : []),
    ...(corrupt > 0 ? [`${plural(corrupt, 'message')} had changed when everything was read again`] : []),
  ];
}

/** What there is to say of a run that is not measured. */
function throughText({ unmeasured, delivery }: Evidence): string[] {
  if (unmeasured !== true || delivery === undefined) return [];
  return [`${delivery.unique.toLocaleString('en-US')} of ${plural(delivery.sent, 'message')} came through`];
}

function callWarnings({ calls: c, guarantee }: Evidence): string[] {
  if (c === undefined) return [];
  const warnings: string[] = [];
  if (c.unanswered > 0 && guarantee === 'at-most-once')
    warnings.push(`${plural(c.unanswered, 'request')} never got a reply; at-most-once permits that`);
  if (c.duplicates > 0 && guarantee !== 'at-most-once')
    warnings.push(
      `${plural(c.duplicates, 'second reply', 'second replies')} to requests that came twice; ${guarantee} permits them`,
    );
  return warnings;
}

const rateWords = { rate: 'fixed rate was', ramp: 'ramp was', bursts: 'bursts were' } as const;

/** What limited the run, why, and what the broker did meanwhile. */
function whatBounded(e: Evidence): { bound: Verdict['bound']; evidence: string[] } {
  const { bound, evidence } = limitOf(e);
  return { bound, evidence: [...evidence, ...activityText(e.broker)] };
}

function limitOf(e: Evidence): { bound: Verdict['bound']; evidence: string[] } {
  const figures = e.figures;
  if (figures === undefined) return { bound: 'unknown', evidence: throughText(e) };
  // Of one that was killed on purpose nobody knows how busy it was.
  const producers = e.workers.filter((w) => w.role === 'producer' && w.killed !== true);
  const consumers = e.workers.filter((w) => w.role === 'consumer' && w.killed !== true);
  const machine = e.machine;
  const cpuText = machine === undefined ? '' : `machine ${percent(machine.cpu)} busy, ${percent(machine.steal)} stolen`;

  if (machine !== undefined && machine.steal >= stealHigh)
    return { bound: 'machine', evidence: [`the hypervisor took ${percent(machine.steal)} of the time for others`] };
  // Blocked publishers wait for the broker, however busy the machine is with other things.
  if (e.broker !== undefined && e.broker.alarms.length > 0)
    return {
      bound: 'broker',
      evidence: [`${e.broker.alarms.join(' and ')}: the broker blocked publishers; ${cpuText}`],
    };
  if (machine !== undefined && machine.cpu >= machineBusy)
    return {
      bound: 'machine',
      evidence: [
        `CPU of the machine ${percent(machine.cpu)} busy: broker and clients share it`,
        `event loops: producer ${producers.map((w) => percent(w.loop)).join(', ')}; consumers ${consumers.map((w) => percent(w.loop)).join(', ')}`,
      ],
    };

  const { tasks } = e;
  if (tasks !== undefined && Math.max(...tasks.workers.map((w) => w.busyShare)) >= workersBusy)
    return {
      bound: 'work',
      evidence: [
        `the weights of the messages: workers were busy ${tasks.workers.map((w) => percent(w.busyShare)).join(', ')} of ${tasks.completionSeconds.toFixed(2)} s; shared evenly the work takes ${tasks.evenSeconds.toFixed(2)} s; ${cpuText}`,
      ],
    };

  const draining = e.work === 'consume' || e.work === 'backlog';
  if (e.load.kind !== 'closed' && !draining) {
    const missed = missedSchedule(e, figures);
    if (missed !== undefined) return { bound: 'producer', evidence: [missed, cpuText].filter((text) => text !== '') };
    // A second's worth of messages behind at the end: it did not keep up, however the load was paced.
    if (e.backlogAtLastSend / peakRate(e.load) < 1 && !heldUp(e))
      return { bound: 'rate', evidence: [`the ${rateWords[e.load.kind]} kept; ${cpuText}`] };
    return {
      bound: 'broker',
      evidence: [
        `the target fell behind the rate: ${plural(Math.round(e.backlogAtLastSend), 'message')} had not arrived when the last was sent${heldUp(e) ? ', and the generator had to wait for confirms' : ''}; ${cpuText}`,
      ],
    };
  }
  const loops = `event loops: producer ${producers.map((w) => percent(w.loop)).join(', ')}; consumers ${consumers.map((w) => percent(w.loop)).join(', ')}`;
  if (draining) {
    if (consumers.length > 0 && consumers.every((w) => w.loop >= loopBusy))
      return {
        bound: 'consumer',
        evidence: [
          `all consumers' event loops are busy (${consumers.map((w) => percent(w.loop)).join(', ')}) while the backlog drains: this measures the client library`,
        ],
      };
    return {
      bound: 'broker',
      evidence: [`neither machine nor consumers are at their limit: ${cpuText}; ${loops}`],
    };
  }
  const window = Math.min(1, ...producers.map((w) => w.windowFull ?? 1));
  if (producers.length > 0 && producers.every((w) => w.loop >= loopBusy && (w.windowFull ?? 1) < 0.5))
    return {
      bound: 'producer',
      evidence: [
        `the producer's event loop is ${producers.map((w) => percent(w.loop)).join(', ')} busy while its in-flight window is full only ${percent(window)} of the time: this measures the client library`,
      ],
    };
  const sent = e.delivery?.sent ?? 0;
  const backlogShare = sent === 0 ? 0 : e.backlogAtLastSend / sent;
  if (e.work !== 'produce' && consumers.length > 0 && consumers.every((w) => w.loop >= loopBusy) && backlogShare > 0.05)
    return {
      bound: 'consumer',
      evidence: [
        `all consumers' event loops are busy (${consumers.map((w) => percent(w.loop)).join(', ')}) and ${percent(backlogShare)} of the messages were still waiting when the last was sent: this measures the client library`,
      ],
    };
  return {
    bound: 'broker',
    evidence: [
      `neither machine nor clients are at their limit: ${cpuText}; in-flight window full ${percent(window)} of the time; ${loops}`,
    ],
  };
}

function warningsOf(e: Evidence): string[] {
  const warnings: string[] = [...e.incidents];
  for (const alarm of e.broker?.alarms ?? []) warnings.push(`${alarm} during the measured part`);
  const held = Math.max(0, ...(e.tasks?.workers.map((w) => w.mostHeld) ?? []));
  if (e.prefetch !== undefined && held > e.prefetch)
    warnings.push(
      `a worker had ${plural(held, 'message')} unacknowledged at once, more than its prefetch of ${e.prefetch}`,
    );
  const d = e.delivery;
  if (e.figures && e.figures.measuredSeconds >= minimumSeconds && e.figures.measuredSeconds < shortSeconds)
    warnings.push(`only ${e.figures.measuredSeconds.toFixed(2)} s measured: short runs scatter`);
  if (d === undefined) return warnings;
  for (const { role, index, messages, killed } of e.workers)
    if (role === 'producer' && killed === true)
      warnings.push(
        `producer ${index} was killed after ${plural(messages, 'message')}; the rest of its share was not sent`,
      );
  if (d.unconfirmed > 0) warnings.push(`${plural(d.unconfirmed, 'message')} never confirmed${because(e.firstFailure)}`);
  if (d.duplicates > 0 && !allowsNone(e))
    warnings.push(`${plural(d.duplicates, 'duplicate')}; ${e.consumed ?? e.guarantee} permits them`);
  if (d.lost > 0 && e.guarantee === 'at-most-once')
    warnings.push(`${plural(d.lost, 'message')} lost; at-most-once permits that`);
  if (d.outOfOrder > 0) warnings.push(`${plural(d.outOfOrder, 'message')} out of order`);
  return [...warnings, ...callWarnings(e)];
}
