/** What one consumer keeps of the measured phase: exact counts, two histograms, its series over time. */
import type { EnvelopeReader } from '../run/envelope.js';
import type { Deck } from '../patterns/deck.js';
import { Bitmap } from './bitmap.js';
import { LatencyCounts, type LatencySoFar } from './latency-counts.js';
import { RateSeries, type RateSeriesRecord } from './rates.js';

/** A consumer's record as it is handed over at the end of a run. */
export interface ReceiptsRecord {
  /** By producer: the sequence numbers received with an intact envelope; what is damaged behind it arrived as well. */
  readonly seen: readonly Uint32Array[];
  readonly received: number;
  readonly unique: number;
  /** Of the bodies of unique messages. */
  readonly bytes: number;
  readonly outOfOrder: number;
  readonly redelivered: number;
  readonly redeliveredKnown: boolean;
  readonly corrupt: number;
  readonly foreign: number;
  /** Receipts that seem to come before their send: the clock is broken. */
  readonly negative: number;
  /** On the session's clock; 0 when nothing was received. */
  readonly firstReceipt: number;
  readonly lastReceipt: number;
  readonly endToEnd: string;
  readonly endToEndService: string;
  /** By level of priority, where there are any. */
  readonly endToEndByLevel?: readonly string[];
  readonly series: RateSeriesRecord;
}

/** Messages whose order is promised. */
interface Stream {
  readonly id: number;
  /** The highest sequence number received. */
  last: number;
}

export class Receipts {
  private readonly seen: Bitmap[];
  private readonly streams = new Map<number, Stream>();
  private stream: Stream = { id: -1, last: -1 };
  private readonly endToEnd = new LatencyCounts();
  private readonly service: LatencyCounts | undefined;
  private readonly byLevel: readonly LatencyCounts[] | undefined;
  private readonly series = new RateSeries();
  private bytes = 0;
  private outOfOrder = 0;
  private redelivered = 0;
  private redeliveredKnown = true;
  private negative = 0;
  private firstReceipt = 0;
  private lastReceipt = 0;
  received = 0;
  unique = 0;
  corrupt = 0;
  foreign = 0;

  /**
   * @param openLoop at a fixed rate intended and actual send times differ; in a closed loop they are the same
   * and one histogram serves both
   * @param deck the routes that messages take, where they take any
   */
  constructor(
    producers: number,
    openLoop: boolean,
    private readonly deck?: Deck,
  ) {
    this.seen = Array.from({ length: producers }, () => new Bitmap());
    if (openLoop) this.service = new LatencyCounts();
    if (deck?.lanes.every((route) => route.priority !== undefined))
      this.byLevel = deck.lanes.map(() => new LatencyCounts());
  }

  /** Records a message of the measured phase whose envelope is intact. */
  measured(
    envelope: Pick<EnvelopeReader, 'producer' | 'sequence' | 'intended' | 'actual'>,
    now: number,
    partition: number | undefined,
    redelivered: boolean | undefined,
    bytes: number,
  ): void {
    const { producer, sequence, intended } = envelope;
    const seen = this.seen[producer];
    if (!seen) {
      this.corrupt++;
      return;
    }
    this.received++;
    if (redelivered === true) this.redelivered++;
    else if (redelivered === undefined) this.redeliveredKnown = false;
    if (this.firstReceipt === 0) this.firstReceipt = now;
    this.lastReceipt = now;
    // A duplicate is counted once, as a duplicate: its latency and order say nothing of the message.
    if (!seen.add(sequence)) return;
    this.unique++;
    this.bytes += bytes;
    // Order is a promise per producer and partition (per producer and consumer where there are none), and there among
    // messages of one key or priority: Kafka has a topic per key, and what is urgent overtakes.
    const lane = this.deck?.laneOf(producer, sequence) ?? 0;
    const stream = this.streamOf((producer * 0x10000 + (partition ?? 0)) * 0x1000 + lane);
    if (sequence < stream.last) this.outOfOrder++;
    else stream.last = sequence;
    const latency = now - intended;
    if (latency < 0) this.negative++;
    this.endToEnd.record(latency);
    this.byLevel?.[lane]?.record(latency);
    if (this.service) this.service.record(now - envelope.actual);
    this.series.add(now);
  }

  /** Messages come in batches of one stream: most are of the same as the one before. */
  private streamOf(id: number): Stream {
    if (this.stream.id === id) return this.stream;
    let stream = this.streams.get(id);
    if (stream === undefined) this.streams.set(id, (stream = { id, last: -1 }));
    return (this.stream = stream);
  }

  /** A message of the warm-up: shown over time, in no figure. */
  warmup(now: number): void {
    this.series.add(now);
  }

  /** Whether the broker has said of a message that it was delivered before, or does not say so of any. */
  get mayRepeat(): boolean {
    return this.redelivered > 0 || !this.redeliveredKnown;
  }

  /** End-to-end latency of the measured messages so far. */
  latencySoFar(): LatencySoFar {
    return this.endToEnd.soFar();
  }

  record(): ReceiptsRecord {
    const endToEnd = this.endToEnd.encode();
    return {
      seen: this.seen.map((bitmap) => bitmap.record()),
      received: this.received,
      unique: this.unique,
      bytes: this.bytes,
      outOfOrder: this.outOfOrder,
      redelivered: this.redelivered,
      redeliveredKnown: this.redeliveredKnown,
      corrupt: this.corrupt,
      foreign: this.foreign,
      negative: this.negative,
      firstReceipt: this.firstReceipt,
      lastReceipt: this.lastReceipt,
      endToEnd,
      endToEndService: this.service ? this.service.encode() : endToEnd,
      ...(this.byLevel === undefined ? {} : { endToEndByLevel: this.byLevel.map((counts) => counts.encode()) }),
      series: this.series.record(),
    };
  }
}
