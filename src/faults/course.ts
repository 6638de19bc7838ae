/**
 * What faults did to a run, message by message, from the workers' journals: how long until what had been confirmed
 * before had arrived, the longest gap, and when the rate was what it had been.
 */
import type { FaultRecord } from '../results/schema.js';
import { faultTraits } from './fault.js';
import type { DoneFault } from './injector.js';
import type { JournalRecord } from './journal.js';
import { type ConsumerJournal, takenOverAfter } from './takeover.js';
import { faultText, momentText } from './text.js';

/** A run in times of the session's clock, nanoseconds. */
export interface Course {
  /** When each message that arrived did so for the first time, ascending; at each subscriber that got it. */
  readonly receipts: Float64Array;
  /** The same at each subscriber by itself; a single list where consumers share the messages. */
  readonly streams: readonly Float64Array[];
  /** Confirmed messages that arrived: when each was confirmed, and when it first arrived at who got it. */
  readonly confirmedAt: Float64Array;
  readonly receivedAt: Float64Array;
  readonly lastSend: number;
}

/** A time for each of many sequence numbers; 8 bytes each. */
class Times {
  private times = new Float64Array(1_024).fill(NaN);

  /** NaN where there is none. */
  at(sequence: number): number {
    return this.times[sequence] ?? NaN;
  }

  set(sequence: number, time: number): void {
    if (sequence >= this.times.length) {
      const larger = new Float64Array(Math.max(this.times.length * 2, sequence + 1)).fill(NaN, this.times.length);
      larger.set(this.times);
      this.times = larger;
    }
    this.times[sequence] = time;
  }

  /** Those that are there. */
  known(): Float64Array {
    return this.times.filter((time) => !Number.isNaN(time));
  }

  forEach(visit: (sequence: number, time: number) => void): void {
    this.times.forEach((time, sequence) => {
      if (!Number.isNaN(time)) visit(sequence, time);
    });
  }
}

/** When what was first received, by producer. */
type Arrivals = Times[];

/**
 * Puts the journals of all workers together.
 * @param apart each consumer has a subscription of its own, and a message arrives at each of them by itself
 */
export function courseOf(journals: Iterable<Iterable<JournalRecord>>, apart = false): Course {
  const confirmed: Times[] = [];
  const together: Arrivals = [];
  const streams: Arrivals[] = apart ? [] : [together];
  let lastSend = 0;
  for (const journal of journals) {
    const arrivals: Arrivals = apart ? [] : together;
    if (apart) streams.push(arrivals);
    for (const { kind, producer, sequence, at } of journal) {
      if (kind === 'send') lastSend = Math.max(lastSend, at);
      else if (kind === 'confirm') (confirmed[producer] ??= new Times()).set(sequence, at);
      else if (kind === 'receipt') {
        const first = (arrivals[producer] ??= new Times());
        // The first one of all: there is none to compare with (NaN).
        if (!(at >= first.at(sequence))) first.set(sequence, at);
      }
    }
  }
  const times = streams.map((arrivals) => ascending(arrivals.map((own) => own.known())));
  return {
    receipts: apart ? ascending(times) : (times[0] ?? new Float64Array()),
    streams: times.filter((own) => own.length > 0),
    ...pairsOf(streams, confirmed),
    lastSend,
  };
}

/** What was confirmed and arrived, at each stream by itself. */
function pairsOf(
  streams: readonly Arrivals[],
  confirmed: readonly Times[],
): Pick<Course, 'confirmedAt' | 'receivedAt'> {
  const confirmedAt = new Times();
  const receivedAt = new Times();
  let pairs = 0;
  for (const arrivals of streams)
    // Not for…of: producers of whom nothing came leave gaps.
    arrivals.forEach((own, producer) => {
      own.forEach((sequence, at) => {
        const before = confirmed[producer]?.at(sequence) ?? NaN;
        if (Number.isNaN(before)) return;
        confirmedAt.set(pairs, before);
        receivedAt.set(pairs++, at);
      });
    });
  return { confirmedAt: confirmedAt.known(), receivedAt: receivedAt.known() };
}

/** All of several lists in one. */
function ascending(lists: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(lists.reduce((sum, list) => sum + list.length, 0));
  let length = 0;
  // Not for…of, as above.
  lists.forEach((list) => {
    all.set(list, length);
    length += list.length;
  });
  return all.sort();
}

/** The rate before a fault is taken over at most so long, in nanoseconds, … */
const beforeNs = 5e9;
/** … and over at least so long: less says nothing. */
const leastBeforeNs = 0.5e9;
/** A rate is looked at over so long … */
const windowNs = 1e9;
/** … every so often. */
const stepNs = 0.1e9;
/** From this share of the rate before it counts as the old one. */
const oldRateShare = 0.9;
/** A rate that falls later than this after a fault falls for another reason, in nanoseconds. */
const soonNs = 2e9;
/** So long it has to stay what it was, in nanoseconds. */
const lastingNs = 2e9;

/** Receipts in [from, to). */
function countIn(receipts: Float64Array, from: number, to: number): number {
  return indexOf(receipts, to) - indexOf(receipts, from);
}

/** How many of the ascending values lie before `at`. */
function indexOf(values: Float64Array, at: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Messages that were confirmed before a fault and arrived after it, and when the last of them did. */
export function arrivedAfter({ confirmedAt, receivedAt }: Course, at: number): { messages: number; last: number } {
  let messages = 0;
  let last = at;
  for (let i = 0; i < confirmedAt.length; i++) {
    const received = receivedAt[i] as number;
    if ((confirmedAt[i] as number) > at || received <= at) continue;
    messages++;
    if (received > last) last = received;
  }
  return { messages, last };
}

/**
 * The longest time without a message that arrives for the first time, which ends after `from` and begins before `to`;
 * at any one subscriber, where they have subscriptions of their own.
 */
export function longestGap({ streams }: Course, from: number, to: number): number {
  let longest = 0;
  for (const receipts of streams)
    for (let i = Math.max(1, indexOf(receipts, from)); i < receipts.length; i++) {
      const [before, after] = [receipts[i - 1] as number, receipts[i] as number];
      if (before >= to) break;
      longest = Math.max(longest, after - before);
    }
  return longest;
}

/**
 * How long after a fault the rate of receipts is again what it was before: from the first second that has less than
 * nine tenths of it and begins soon after `at`, to the first from which on two seconds long every second has as much.
 * @param start when the measured part began
 * @returns 0 where the rate did not fall; undefined where there was too little before to compare with, or it did not recover
 */
export function oldRateAfter({ receipts }: Course, start: number, at: number, to: number): number | undefined {
  const from = Math.max(start, at - beforeNs);
  if (at - from < leastBeforeNs) return undefined;
  const enough = (oldRateShare * countIn(receipts, from, at) * windowNs) / (at - from);
  if (enough === 0) return undefined;
  const seconds: { readonly begin: number; readonly isEnough: boolean }[] = [];
  for (let begin = at; begin + windowNs <= to; begin += stepNs)
    seconds.push({ begin, isEnough: countIn(receipts, begin, begin + windowNs) >= enough });
  if (seconds.length === 0) return undefined;
  const fell = seconds.findIndex(({ begin, isEnough }) => !isEnough && begin - at <= soonNs);
  if (fell < 0) return 0;
  // From the end, so that each second is looked at once: a day of them is nearly a million.
  let recovered: number | undefined;
  let nextLack = Infinity;
  for (const { begin, isEnough } of seconds.slice(fell).reverse()) {
    if (!isEnough) nextLack = begin;
    else if (nextLack > begin + lastingNs) recovered = begin;
  }
  return recovered === undefined ? undefined : recovered - at;
}

/** A worker that lost its connection and came back; times on the session's clock. */
export interface Reconnect {
  readonly worker: string;
  readonly lostAt: number;
  readonly backAt: number;
  readonly attempts: number;
  readonly why: string;
}

export interface FaultMaterial {
  readonly done: readonly DoneFault[];
  readonly course: Course;
  /** Of those who share their messages with others; empty where each has a subscription of its own. */
  readonly consumers: readonly ConsumerJournal[];
  readonly reconnects: readonly Reconnect[];
  /** When the measured part began, on the session's clock. */
  readonly start: number;
  /** A time of the session's clock in seconds of the run's own. */
  readonly seconds: (at: number) => number;
}

const toSeconds = (ns: number): number => Math.round(ns / 1e6) / 1e3;

/** What the result keeps of each fault, in the order in which they came. Pure. */
export function faultRecords({ done, course, consumers, reconnects, start, seconds }: FaultMaterial): FaultRecord[] {
  const ordered = done.toSorted((a, b) => (a.startedAt ?? Infinity) - (b.startedAt ?? Infinity));
  return ordered.map(({ fault, startedAt, endedAt, missed }, i): FaultRecord => {
    const said = {
      do: fault.do,
      what: faultText(fault),
      at: momentText(fault.at),
      ...(fault.at.kind === 'filled' ? { filled: true as const } : {}),
    };
    const worker = fault.worker === undefined ? {} : { worker: fault.worker };
    if (startedAt === undefined)
      return { ...said, ...worker, ...(missed === undefined ? {} : { missed }), reconnects: 0 };
    const next = ordered[i + 1]?.startedAt ?? Infinity;
    const ended = endedAt === undefined ? {} : { endedSeconds: seconds(endedAt) };
    const own = reconnects.filter(({ lostAt }) => lostAt >= startedAt && lostAt < next).length;
    const common = { ...said, ...worker, startedSeconds: seconds(startedAt), ...ended, reconnects: own };
    // Nobody was receiving: there is no rate and no gap.
    if (fault.at.kind === 'filled') return common;
    const { messages, last } = arrivedAfter(course, startedAt);
    const takenOver =
      faultTraits[fault.do].of === 'consumer'
        ? takenOverAfter(consumers, fault.worker ?? 0, startedAt, next)
        : undefined;
    const recovered = oldRateAfter(course, start, startedAt, Math.min(next, course.lastSend));
    return {
      ...common,
      earlierMessages: messages,
      earlierArrivedSeconds: toSeconds(last - startedAt),
      ...(takenOver === undefined ? {} : { takenOverSeconds: toSeconds(takenOver) }),
      longestGapSeconds: toSeconds(longestGap(course, startedAt, next)),
      ...(recovered === undefined ? {} : { oldRateAfterSeconds: toSeconds(recovered) }),
    };
  });
}
