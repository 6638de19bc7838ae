/** Puts together what the workers of a run say at one moment. Pure. */
import { latencyBounds, type LatencySoFar } from '../../metrics/latency-counts.js';
import type { LiveSample } from '../../run/live.js';
import type { WorkerLook } from '../../run/protocol.js';

type Counts = LiveSample['sent'];

function addCounts(all: readonly Counts[]): Counts {
  return all.reduce(
    (sum, { probe, warmup, measure }) => ({
      probe: sum.probe + probe,
      warmup: sum.warmup + warmup,
      measure: sum.measure + measure,
    }),
    { probe: 0, warmup: 0, measure: 0 },
  );
}

/** Histograms of several workers as one: their counts add up. */
export function addLatencies(all: readonly LatencySoFar[]): LatencySoFar {
  return {
    counts: Array.from({ length: latencyBounds.length + 1 }, (_, i) =>
      all.reduce((sum, { counts }) => sum + (counts[i] ?? 0), 0),
    ),
    sumSeconds: all.reduce((sum, one) => sum + one.sumSeconds, 0),
  };
}

/** @param workers producers and consumers; those that are gone are missing */
export function liveSample(
  workers: readonly WorkerLook[],
  rest: Pick<LiveSample, 'broker' | 'process' | 'workersCpu' | 'seconds' | 'clients' | 'clientUse'>,
): LiveSample {
  const of = (role: WorkerLook['role']): WorkerLook[] => workers.filter((worker) => worker.role === role);
  const latency = (role: WorkerLook['role']) => addLatencies(of(role).flatMap((worker) => worker.latency ?? []));
  return {
    workers: workers.length,
    sent: addCounts(of('producer').map(({ done }) => done)),
    received: addCounts(of('consumer').map(({ done }) => done)),
    publish: latency('producer'),
    endToEnd: latency('consumer'),
    ...rest,
  };
}
