/** What a broker did over the measured part of a run, summed up for the verdict. Pure. */
import type { BrokerSampleRecord, BrokerTimeline } from '../results/schema.js';

export interface BrokerActivity {
  /** Samples that lie in the measured part, drain included: until then the figure is being measured. */
  readonly samples: number;
  /** e.g. `a memory alarm in 3 of 10 samples`. */
  readonly alarms: readonly string[];
  /** Samples in which flow control held clients up. */
  readonly heldUp: number;
  /** Means of the broker's processes. */
  readonly cpu?: number;
  readonly diskWrittenBytesPerSecond?: number;
  readonly diskReadBytesPerSecond?: number;
  /** The most messages that waited: ready, or lag. */
  readonly backlogMax?: number;
}

export function brokerActivity({ samples }: BrokerTimeline): BrokerActivity {
  const measured = samples.filter(({ phase }) => phase === 'measure' || phase === 'drain');
  const count = (test: (sample: BrokerSampleRecord) => boolean): number => measured.filter(test).length;
  const alarm = (what: string, times: number): string[] =>
    times === 0 ? [] : [`a ${what} alarm in ${times} of ${measured.length} samples`];
  const mean = (value: (sample: BrokerSampleRecord) => number | undefined): number | undefined => {
    const values = measured.flatMap((sample) => value(sample) ?? []);
    return values.length === 0 ? undefined : values.reduce((sum, one) => sum + one, 0) / values.length;
  };
  const cpu = mean(({ process }) => process?.cpu);
  const written = mean(({ process }) => process?.diskWrittenBytesPerSecond);
  const read = mean(({ process }) => process?.diskReadBytesPerSecond);
  const waiting = measured.flatMap(({ ready, lag }) => lag ?? ready ?? []);
  return {
    samples: measured.length,
    alarms: [
      ...alarm(
        'memory',
        count(({ memoryAlarm }) => memoryAlarm === true),
      ),
      ...alarm(
        'disk',
        count(({ diskAlarm }) => diskAlarm === true),
      ),
    ],
    heldUp: count(({ heldUp }) => (heldUp ?? 0) > 0),
    ...(cpu === undefined ? {} : { cpu }),
    ...(written === undefined ? {} : { diskWrittenBytesPerSecond: written }),
    ...(read === undefined ? {} : { diskReadBytesPerSecond: read }),
    ...(waiting.length === 0 ? {} : { backlogMax: Math.max(...waiting) }),
  };
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB/s`;

/** The same as one line of evidence; none where nothing is known. */
export function activityText(broker: BrokerActivity | undefined): string[] {
  if (broker === undefined || broker.samples === 0) return [];
  const parts = [
    ...(broker.cpu === undefined ? [] : [`its processes used ${broker.cpu.toFixed(2)} cores`]),
    ...(broker.diskWrittenBytesPerSecond === undefined
      ? []
      : [`wrote ${megabytes(broker.diskWrittenBytesPerSecond)} to disk`]),
    ...(broker.diskReadBytesPerSecond === undefined || broker.diskReadBytesPerSecond < 1e5
      ? []
      : [`read ${megabytes(broker.diskReadBytesPerSecond)}`]),
    ...(broker.backlogMax === undefined ? [] : [`at most ${broker.backlogMax.toLocaleString('en')} messages waiting`]),
    ...(broker.heldUp === 0 ? [] : [`flow control held clients up in ${broker.heldUp} of ${broker.samples} samples`]),
  ];
  return parts.length === 0 ? [] : [`the broker: ${parts.join('; ')}`];
}
