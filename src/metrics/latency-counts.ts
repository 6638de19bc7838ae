/**
 * Counts durations in the buckets of an HDR histogram with 3 significant digits, and becomes one when it is read.
 * The bucket is read off the bits of the double: its exponent and the top 10 bits of its mantissa, which is where
 * HdrHistogram's 2,048 sub-buckets (1,024 above each power of two) have their borders too, or finer ones below
 * 1,024 ns. hdr-histogram-js needs more than ten times as long to record a value.
 */
import { encodeHistogram, highestNs, newHistogram } from './histogram.js';

const subBucketBits = 10;
const exponentBias = 1_023;
const scratch = new Float64Array(1);
/** Little-endian, as every machine that Node runs on: the second word has sign, exponent and the mantissa's top. */
const scratchWords = new Uint32Array(scratch.buffer);
const highWordShift = 20 - subBucketBits;
const lowest = exponentBias << subBucketBits;

function bucketOf(ns: number): number {
  scratch[0] = ns;
  return ((scratchWords[1] as number) >>> highWordShift) - lowest;
}

/** The smallest duration of a bucket. */
function floorOf(bucket: number): number {
  scratchWords[0] = 0;
  scratchWords[1] = (bucket + lowest) << highWordShift;
  return scratch[0] as number;
}

const buckets = bucketOf(highestNs) + 1;

/** Upper bounds in seconds of the few buckets that are told while a run goes on; a last one takes what is longer. */
export const latencyBounds = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/** What was recorded so far, in few numbers. */
export interface LatencySoFar {
  /** By bucket of {@link latencyBounds}, and one more. */
  readonly counts: readonly number[];
  readonly sumSeconds: number;
}

export class LatencyCounts {
  private readonly counts = new Float64Array(buckets);

  /** Records a duration in nanoseconds; what is out of range is clamped, never dropped. */
  record(ns: number): void {
    const bucket = bucketOf(ns < 1 ? 1 : ns > highestNs ? highestNs : ns);
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
  }

  /** Of what was recorded so far; one pass over the buckets, some 50 µs. */
  soFar(): LatencySoFar {
    const counts: number[] = new Array<number>(latencyBounds.length + 1).fill(0);
    let sumNs = 0;
    let place = 0;
    for (let bucket = 0; bucket < buckets; bucket++) {
      const count = this.counts[bucket] as number;
      if (count === 0) continue;
      const ns = floorOf(bucket);
      while (place < latencyBounds.length && ns > (latencyBounds[place] as number) * 1e9) place++;
      counts[place] = (counts[place] as number) + count;
      sumNs += ns * count;
    }
    return { counts, sumSeconds: sumNs / 1e9 };
  }

  /** V2 compressed encoding of the histogram in base64. */
  encode(): string {
    const histogram = newHistogram();
    for (let bucket = 0; bucket < buckets; bucket++) {
      const count = this.counts[bucket] as number;
      if (count > 0) histogram.recordValueWithCount(Math.floor(floorOf(bucket)), count);
    }
    return encodeHistogram(histogram);
  }
}
