/** What the brokers did while they were measured, as a table. */
import type { BrokerSampleRecord } from '../results/schema.js';
import { mean } from '../stats/summary.js';
import { keyCells, keyColumns, medianCell } from './columns.js';
import type { CellText, Section } from './document.js';
import type { Entry } from './entries.js';
import { formatCount, formatSignificant, nothing } from './format.js';
import { counts, spreadOf } from './model.js';
import { depthOf, isHeldUp } from './timeline.js';

/** One row a cell: medians over its runs of what was seen in the measured part of each. */
export function timelineSection(entries: readonly Entry[]): Section {
  const keys = keyColumns(entries);
  const sources = new Set<string>();
  const notes = new Map<string, Set<string>>();
  const rows = entries.flatMap((entry): CellText[][] => {
    const timelines = entry.cell.runs.filter(counts).flatMap(({ broker }) => broker ?? []);
    for (const { source, notes: told } of timelines) {
      if (source !== undefined) sources.add(`${entry.cell.target}: ${source}`);
      for (const note of told) notes.set(note, (notes.get(note) ?? new Set()).add(entry.cell.target));
    }
    const runs = timelines
      .map(({ samples }) => samples.filter(({ phase }) => phase === 'measure' || phase === 'drain'))
      .filter((samples) => samples.length > 0);
    if (runs.length === 0) return [];
    const over = (sum: (values: readonly number[]) => number, of: (sample: BrokerSampleRecord) => number | undefined) =>
      spreadOf(
        runs.flatMap((samples) => {
          const values = samples.flatMap((sample) => of(sample) ?? []);
          return values.length === 0 ? [] : [sum(values)];
        }),
      );
    const held = runs.flat().filter(isHeldUp).length;
    return [
      [
        ...keyCells(entry),
        medianCell(
          over((values) => Math.max(...values), depthOf),
          formatCount,
        ),
        medianCell(
          over(mean, ({ process }) => process?.cpu),
          formatSignificant,
        ),
        medianCell(
          over(mean, ({ workersCpu }) => workersCpu),
          formatSignificant,
        ),
        medianCell(
          over(mean, ({ process }) => process?.diskWrittenBytesPerSecond),
          megabytes,
        ),
        medianCell(
          over(mean, ({ process }) => process?.diskReadBytesPerSecond),
          megabytes,
        ),
        held === 0
          ? { text: nothing, tone: 'dim' }
          : { text: `in ${formatCount(held)} of ${formatCount(runs.flat().length)} samples`, tone: 'warn' },
      ],
    ];
  });
  return {
    id: 'timeline',
    title: 'What the brokers did',
    block: {
      kind: 'table',
      keys: keys.length,
      columns: [
        ...keys,
        { label: 'Most in queue', align: 'right' },
        { label: 'Broker, cores', align: 'right' },
        { label: 'Workers, cores', align: 'right' },
        { label: 'Disk written MB/s', align: 'right' },
        { label: 'Disk read MB/s', align: 'right' },
        { label: 'Alarm or flow control', align: 'left' },
      ],
      rows,
    },
    notes: [
      'Looked at about once a second while the runs were measured, drain included; medians over the runs. Most in queue: ready and unacknowledged, of Kafka the lag behind the committed offsets. Cores: 1 is one core busy all the time; of brokers that are not processes of this machine nothing is known.',
      ...(sources.size > 0 ? [`Told by: ${[...sources].join('; ')}.`] : []),
      ...[...notes].map(([note, of]) => `${[...of].join(', ')}: ${note}.`),
    ],
  };
}

function megabytes(bytesPerSecond: number): string {
  return formatSignificant(bytesPerSecond / 1e6);
}
