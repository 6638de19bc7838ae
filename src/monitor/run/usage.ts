/** What the broker's and the workers' processes used between two looks. Pure. */
import type { ProcessUse } from '../../results/schema.js';

export interface Usage {
  /** How long that was. */
  readonly seconds: number;
  /** Undefined where nothing can be read. */
  readonly process: ProcessUse | undefined;
  /** Cores that producers and consumers used together; undefined where nothing can be read. */
  readonly workersCpu: number | undefined;
}

/** Two that follow each other as one: means over the whole time, and the memory that is in use at its end. */
export function joinUsage(first: Usage, then: Usage): Usage {
  const seconds = first.seconds + then.seconds;
  // What could be read of one part alone was used in that part: nothing is known of the other, so nothing is added.
  const mean = (a: number | undefined, b: number | undefined): number | undefined =>
    a === undefined && b === undefined ? undefined : ((a ?? 0) * first.seconds + (b ?? 0) * then.seconds) / seconds;
  return {
    seconds,
    process: joinProcess(first.process, then.process, mean),
    workersCpu: mean(first.workersCpu, then.workersCpu),
  };
}

const rates = [
  'diskReadBytesPerSecond',
  'diskWrittenBytesPerSecond',
  'networkReceivedBytesPerSecond',
  'networkSentBytesPerSecond',
] as const;

function joinProcess(
  a: ProcessUse | undefined,
  b: ProcessUse | undefined,
  mean: (a: number | undefined, b: number | undefined) => number | undefined,
): ProcessUse | undefined {
  const last = b ?? a;
  if (last === undefined) return undefined;
  const joined: ProcessUse = { cpu: mean(a?.cpu, b?.cpu) ?? 0, rssBytes: last.rssBytes };
  for (const name of rates) {
    const value = mean(a?.[name], b?.[name]);
    if (value !== undefined) joined[name] = value;
  }
  return joined;
}
