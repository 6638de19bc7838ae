/** What one producer keeps: times of what is in flight, the set of what is confirmed, two histograms, its series. */
import { Bitmap } from './bitmap.js';
import { LatencyCounts, type LatencySoFar } from './latency-counts.js';
import { RateSeries, type RateSeriesRecord } from './rates.js';

/** A producer's record as it is handed over at the end of a run. Times are on the session's clock. */
export interface SendsRecord {
  /** Measured messages sent: the sequence numbers 0 to sent − 1. */
  readonly sent: number;
  readonly confirmed: Uint32Array;
  readonly confirmedCount: number;
  /** Of the bodies of all that was sent, in bytes. */
  readonly bytes: number;
  /** Messages that the broker refused or that were lost with the connection. */
  readonly failed: number;
  readonly firstFailure?: string;
  readonly negative: number;
  readonly firstSend: number;
  readonly lastSend: number;
  readonly lastConfirm: number;
  /** Open loop: when the first and the last message that was sent were due. */
  readonly firstDue: number;
  readonly lastDue: number;
  readonly publish: string;
  readonly publishService: string;
  /** Actual − intended send time, in nanoseconds; empty in a closed loop. */
  readonly slip: string;
  readonly sentSeries: RateSeriesRecord;
  readonly confirmedSeries: RateSeriesRecord;
  /** Nanoseconds of the sending time in which the in-flight window was full. */
  readonly windowFullNs: number;
}

/** How far a producer had come with the measured part at one moment. */
export interface Mark {
  /** The sequence numbers below it had been sent. */
  readonly sent: number;
  readonly confirmed: Uint32Array;
}

/** Times of the messages in flight, by slot; a slot is the token that the adapter gives back. */
export class InFlight {
  sequence: Float64Array;
  intended: Float64Array;
  actual: Float64Array;
  private free: Int32Array;
  private freeCount: number;
  private retired = 0;

  constructor(private capacity: number) {
    this.sequence = new Float64Array(capacity);
    this.intended = new Float64Array(capacity);
    this.actual = new Float64Array(capacity);
    this.free = Int32Array.from({ length: capacity }, (_, i) => capacity - 1 - i);
    this.freeCount = capacity;
  }

  get size(): number {
    return this.capacity - this.freeCount - this.retired;
  }

  /** Takes a slot, growing when all are in use: an open loop has no window. */
  take(sequence: number, intended: number, actual: number): number {
    if (this.freeCount === 0) this.grow();
    const slot = this.free[--this.freeCount] as number;
    this.sequence[slot] = sequence;
    this.intended[slot] = intended;
    this.actual[slot] = actual;
    return slot;
  }

  release(slot: number): void {
    this.free[this.freeCount++] = slot;
  }

  /** Takes a slot out of use: what it stood for is over, and its number must not come back. */
  retire(): void {
    this.retired++;
  }

  private grow(): void {
    const old = this.capacity;
    this.capacity = old * 2;
    const larger = (from: Float64Array): Float64Array => {
      const to = new Float64Array(this.capacity);
      to.set(from);
      return to;
    };
    this.sequence = larger(this.sequence);
    this.intended = larger(this.intended);
    this.actual = larger(this.actual);
    this.free = new Int32Array(this.capacity);
    for (let i = 0; i < old; i++) this.free[i] = this.capacity - 1 - i;
    this.freeCount = old;
  }
}

export class Sends {
  private readonly confirmed = new Bitmap();
  private readonly publish = new LatencyCounts();
  private readonly service: LatencyCounts | undefined;
  private readonly slip = new LatencyCounts();
  private readonly sentSeries = new RateSeries();
  private readonly confirmedSeries = new RateSeries();
  private confirmedCount = 0;
  private failed = 0;
  private firstFailure: string | undefined;
  private negative = 0;
  private bytes = 0;
  private firstSend = 0;
  private lastSend = 0;
  private lastConfirm = 0;
  private firstDue = 0;
  private lastDue = 0;
  sent = 0;
  windowFullNs = 0;

  constructor(openLoop: boolean) {
    if (openLoop) this.service = new LatencyCounts();
  }

  /** A message leaves; only measured ones count in figures, the warm-up shows over time. */
  send(measured: boolean, intended: number, actual: number, bytes: number): void {
    this.sentSeries.add(actual);
    if (!measured) return;
    this.sent++;
    this.bytes += bytes;
    if (this.firstSend === 0) {
      this.firstSend = actual;
      this.firstDue = intended;
    }
    this.lastSend = actual;
    this.lastDue = intended;
    if (this.service) this.slip.record(actual - intended);
  }

  confirm(measured: boolean, sequence: number, intended: number, actual: number, now: number): void {
    this.confirmedSeries.add(now);
    if (!measured) return;
    this.confirmed.add(sequence);
    this.confirmedCount++;
    this.lastConfirm = now;
    if (now < actual) this.negative++;
    this.publish.record(now - intended);
    if (this.service) this.service.record(now - actual);
  }

  fail(measured: boolean, error: Error): void {
    if (!measured) return;
    this.failed++;
    this.firstFailure ??= error.message;
  }

  mark(): Mark {
    return { sent: this.sent, confirmed: this.confirmed.record() };
  }

  /** Publish latency of the measured messages so far. */
  latencySoFar(): LatencySoFar {
    return this.publish.soFar();
  }

  record(): SendsRecord {
    const publish = this.publish.encode();
    return {
      sent: this.sent,
      confirmed: this.confirmed.record(),
      confirmedCount: this.confirmedCount,
      bytes: this.bytes,
      failed: this.failed,
      ...(this.firstFailure === undefined ? {} : { firstFailure: this.firstFailure }),
      negative: this.negative,
      firstSend: this.firstSend,
      lastSend: this.lastSend,
      lastConfirm: this.lastConfirm,
      firstDue: this.firstDue,
      lastDue: this.lastDue,
      publish,
      publishService: this.service ? this.service.encode() : publish,
      slip: this.slip.encode(),
      sentSeries: this.sentSeries.record(),
      confirmedSeries: this.confirmedSeries.record(),
      windowFullNs: this.windowFullNs,
    };
  }
}
