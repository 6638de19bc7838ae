/**
 * Counts over time in buckets of a fixed grid on the session's clock, so that the series of several workers add
 * up bucket by bucket. Starts at 10 ms; when a run outlasts the array, neighbours are joined and the width
 * doubles, so memory stays bounded however long the run.
 */

/** A series as it crosses processes: `counts[i]` lies at (first + i) × widthNs. */
export interface RateSeriesRecord {
  readonly widthNs: number;
  readonly first: number;
  readonly counts: Float64Array;
}

const initialWidthNs = 10_000_000;
const capacity = 8_192;

export class RateSeries {
  private widthNs = initialWidthNs;
  private first = -1;
  private used = 0;
  private counts = new Float64Array(capacity);

  /** Counts one event at `now` (nanoseconds on the session's clock); times must not run backwards by more than the series is long. */
  add(now: number): void {
    let slot = Math.floor(now / this.widthNs);
    if (this.first < 0) this.first = slot;
    while (slot - this.first >= capacity) {
      this.halve();
      slot = Math.floor(now / this.widthNs);
    }
    const index = Math.max(0, slot - this.first);
    this.counts[index] = (this.counts[index] as number) + 1;
    if (index >= this.used) this.used = index + 1;
  }

  private halve(): void {
    const joined = new Float64Array(capacity);
    const newFirst = Math.floor(this.first / 2);
    for (let i = 0; i < this.used; i++) {
      const index = Math.floor((this.first + i) / 2) - newFirst;
      joined[index] = (joined[index] as number) + (this.counts[i] as number);
    }
    this.used = Math.floor((this.first + this.used - 1) / 2) - newFirst + 1;
    this.first = newFirst;
    this.counts = joined;
    this.widthNs *= 2;
  }

  record(): RateSeriesRecord {
    return { widthNs: this.widthNs, first: Math.max(0, this.first), counts: this.counts.slice(0, this.used) };
  }
}

/** Events of a series within [from, to), in nanoseconds; a bucket that straddles an edge counts by its share. */
export function countBetween(series: RateSeriesRecord, from: number, to: number): number {
  const { widthNs, first, counts } = series;
  const begin = Math.max(0, Math.floor(from / widthNs) - first);
  const end = Math.min(counts.length, Math.ceil(to / widthNs) - first);
  let sum = 0;
  for (let i = begin; i < end; i++) {
    const start = (first + i) * widthNs;
    const share = (Math.min(to, start + widthNs) - Math.max(from, start)) / widthNs;
    sum += (counts[i] as number) * Math.min(1, Math.max(0, share));
  }
  return sum;
}

/**
 * Rate per second over the middle 80 % of the events of all series together: what is left when start and tail
 * are cut. Linear within a bucket. 0 when there are too few events to tell.
 */
export function steadyRate(series: readonly RateSeriesRecord[]): number {
  const width = Math.max(...series.map((s) => s.widthNs));
  const filled = series.filter((s) => s.counts.length > 0);
  if (filled.length === 0) return 0;
  const begin = Math.min(...filled.map((s) => Math.floor((s.first * s.widthNs) / width)));
  const end = Math.max(...filled.map((s) => Math.ceil(((s.first + s.counts.length) * s.widthNs) / width)));
  const sums = new Float64Array(end - begin);
  for (const s of filled) {
    s.counts.forEach((count, i) => {
      const slot = Math.floor(((s.first + i) * s.widthNs) / width) - begin;
      sums[slot] = (sums[slot] as number) + count;
    });
  }
  const total = sums.reduce((a, b) => a + b, 0);
  const timeAt = (events: number): number => {
    let seen = 0;
    for (let i = 0; i < sums.length; i++) {
      const count = sums[i] as number;
      if (count > 0 && seen + count >= events) return (begin + i + (events - seen) / count) * width;
      seen += count;
    }
    return end * width;
  };
  const seconds = (timeAt(total * 0.9) - timeAt(total * 0.1)) / 1e9;
  return seconds > 0 ? (total * 0.8) / seconds : 0;
}
