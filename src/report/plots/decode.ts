/** Stored histograms, each decoded once. */
import type { Histogram } from 'hdr-histogram-js';
import { messageOf, ResultError } from '../../errors.js';
import { decodeHistogram } from '../../metrics/histogram.js';
import type { HistogramRecord, RunRecord } from '../../results/schema.js';

const decoded = new WeakMap<HistogramRecord, Histogram>();

/** @throws ResultError when the stored text is not a histogram */
export function histogramOf(record: HistogramRecord, run: RunRecord): Histogram {
  const known = decoded.get(record);
  if (known) return known;
  try {
    const histogram = decodeHistogram(record.hdr);
    decoded.set(record, histogram);
    return histogram;
  } catch (error) {
    throw new ResultError(`A histogram of the run ${run.id} cannot be read: ${messageOf(error)}.`, {
      where: 'result.json',
      hint: 'Was it edited by hand, or cut off while copying? Copy it again or run the scenario again.',
      cause: error,
    });
  }
}
