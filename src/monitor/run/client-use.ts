/** From what client libraries count to the figures people know: means over the time between two looks. Pure. */
import type { ClientMetrics } from '../../brokers/adapter.js';
import type { ClientUse } from '../../results/schema.js';

const zero: ClientMetrics = {
  produceRequests: 0,
  produceMs: 0,
  produceBytes: 0,
  records: 0,
  batches: 0,
  fetches: 0,
  fetchMs: 0,
  fetched: 0,
  lagMax: 0,
};

/** Adds up what several clients counted; of the lags the largest counts. */
export function addMetrics(all: readonly ClientMetrics[]): ClientMetrics {
  return all.reduce(
    (sum, one) => ({
      produceRequests: sum.produceRequests + one.produceRequests,
      produceMs: sum.produceMs + one.produceMs,
      produceBytes: sum.produceBytes + one.produceBytes,
      records: sum.records + one.records,
      batches: sum.batches + one.batches,
      fetches: sum.fetches + one.fetches,
      fetchMs: sum.fetchMs + one.fetchMs,
      fetched: sum.fetched + one.fetched,
      lagMax: Math.max(sum.lagMax, one.lagMax),
    }),
    zero,
  );
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

/** What happened from `before` to `now`; a mean is absent where there was nothing to take it of. */
export function clientUse(before: ClientMetrics, now: ClientMetrics, seconds: number): ClientUse {
  const grown = (name: keyof ClientMetrics): number => Math.max(0, now[name] - before[name]);
  const requests = grown('produceRequests');
  const batches = grown('batches');
  const fetches = grown('fetches');
  return {
    ...(requests === 0
      ? {}
      : {
          produceRequestsPerSecond: round(requests / seconds),
          produceRequestMs: round(grown('produceMs') / requests),
          recordsPerRequest: round(grown('records') / requests),
        }),
    ...(batches === 0 ? {} : { batchBytes: round(grown('produceBytes') / batches) }),
    ...(fetches === 0
      ? {}
      : { fetchesPerSecond: round(fetches / seconds), fetchMs: round(grown('fetchMs') / fetches) }),
    ...(now.fetches === 0 ? {} : { recordsLagMax: now.lagMax }),
  };
}
