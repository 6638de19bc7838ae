/** What a producer of requests keeps of the replies: which requests were answered, how often and how soon. */
import type { CallsRecord as CallsTotal } from '../results/schema.js';
import { Bitmap, count, countMissing } from './bitmap.js';
import { LatencyCounts } from './latency-counts.js';
import { RateSeries, type RateSeriesRecord } from './rates.js';
import type { SendsRecord } from './sends.js';

/** A requester's record as it is handed over at the end of a run. Times are on the session's clock. */
export interface RepliesRecord {
  /** Measured requests that were answered, by sequence number. */
  readonly answered: Uint32Array;
  readonly answeredCount: number;
  /** Further replies to requests that were answered before. */
  readonly duplicates: number;
  /** Replies with changed bytes. */
  readonly corrupt: number;
  /** Replies that belong to another request than the one they came for, or to none. */
  readonly misdirected: number;
  /** 0 when nothing was answered. */
  readonly lastReply: number;
  /** Reply − intended send time of the request. */
  readonly roundTrip: string;
  /** Reply − actual send time of the request. */
  readonly roundTripService: string;
  readonly negative: number;
  readonly series: RateSeriesRecord;
}

export class Replies {
  private readonly answered = new Bitmap();
  private readonly roundTrip = new LatencyCounts();
  private readonly service: LatencyCounts | undefined;
  private readonly series = new RateSeries();
  private answeredCount = 0;
  private lastReply = 0;
  private negative = 0;
  duplicates = 0;
  corrupt = 0;
  misdirected = 0;

  constructor(openLoop: boolean) {
    if (openLoop) this.service = new LatencyCounts();
  }

  /** The first reply to a request; only measured ones count in figures, the warm-up shows over time. */
  answer(measured: boolean, sequence: number, intended: number, actual: number, now: number): void {
    this.series.add(now);
    if (!measured) return;
    this.answered.add(sequence);
    this.answeredCount++;
    this.lastReply = now;
    if (now < actual) this.negative++;
    this.roundTrip.record(now - intended);
    if (this.service) this.service.record(now - actual);
  }

  /** Whether a measured request was answered. */
  has(sequence: number): boolean {
    return this.answered.has(sequence);
  }

  record(): RepliesRecord {
    const roundTrip = this.roundTrip.encode();
    return {
      answered: this.answered.record(),
      answeredCount: this.answeredCount,
      duplicates: this.duplicates,
      corrupt: this.corrupt,
      misdirected: this.misdirected,
      lastReply: this.lastReply,
      roundTrip,
      roundTripService: this.service ? this.service.encode() : roundTrip,
      negative: this.negative,
      series: this.series.record(),
    };
  }
}

/** Counts calls over all requesters of one run, each beside what it sent. */
export function accountCalls(
  requesters: readonly { readonly sends: SendsRecord; readonly replies: RepliesRecord }[],
): CallsTotal {
  const sum = (of: (r: (typeof requesters)[number]) => number) => requesters.reduce((total, r) => total + of(r), 0);
  return {
    answered: sum(({ replies }) => count(replies.answered)),
    unanswered: sum(({ sends, replies }) => countMissing(sends.confirmed, replies.answered)),
    duplicates: sum(({ replies }) => replies.duplicates),
    corrupt: sum(({ replies }) => replies.corrupt),
    misdirected: sum(({ replies }) => replies.misdirected),
  };
}
