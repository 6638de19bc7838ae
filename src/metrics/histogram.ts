/** HDR histograms of nanoseconds: 1 ns to one hour, 3 significant digits, about 150 KB each. */
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { HistogramRecord } from '../results/schema.js';

/** Highest recordable latency; longer ones are recorded as this. */
export const highestNs = 3_600_000_000_000;

export function newHistogram(): Histogram {
  return build({
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestNs,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
}

/** V2 compressed encoding in base64, as it crosses processes and is stored. */
export function encodeHistogram(histogram: Histogram): string {
  return encodeIntoCompressedBase64(histogram);
}

/** @throws Error when the text is not a V2 compressed histogram */
export function decodeHistogram(base64: string): Histogram {
  return decodeFromCompressedBase64(base64, 32, false);
}

/** Adds the histograms of the workers of one run; runs are never added to each other. */
export function mergeHistograms(encoded: readonly string[]): Histogram {
  const sum = newHistogram();
  for (const text of encoded) sum.add(decodeHistogram(text));
  return sum;
}

/** What result.json keeps of a histogram. */
export function histogramRecord(histogram: Histogram): HistogramRecord {
  const empty = histogram.totalCount === 0;
  const ms = (percentile: number) => (empty ? 0 : histogram.getValueAtPercentile(percentile) / 1e6);
  return {
    count: histogram.totalCount,
    hdr: encodeHistogram(histogram),
    minMs: empty ? 0 : histogram.minNonZeroValue / 1e6,
    meanMs: empty ? 0 : histogram.mean / 1e6,
    p50Ms: ms(50),
    p90Ms: ms(90),
    p95Ms: ms(95),
    p99Ms: ms(99),
    p999Ms: ms(99.9),
    p9999Ms: ms(99.99),
    maxMs: empty ? 0 : histogram.maxValue / 1e6,
  };
}
