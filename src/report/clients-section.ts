/** What the client libraries counted of themselves while they were measured, as a table. */
import type { ClientUse } from '../results/schema.js';
import { mean } from '../stats/summary.js';
import { keyCells, keyColumns, medianCell } from './columns.js';
import type { CellText, Section } from './document.js';
import type { Entry } from './entries.js';
import { formatCount, formatSignificant } from './format.js';
import { counts, spreadOf } from './model.js';

/** A figure of one sample, and how a run's samples become one number. */
interface Figure {
  readonly label: string;
  readonly of: (use: ClientUse) => number | undefined;
  readonly over: (values: readonly number[]) => number;
  readonly format: (value: number) => string;
}

const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));

const figures: readonly Figure[] = [
  { label: 'Produce requests/s', of: (use) => use.produceRequestsPerSecond, over: mean, format: formatSignificant },
  { label: 'Produce request, ms', of: (use) => use.produceRequestMs, over: mean, format: formatSignificant },
  { label: 'Records a request', of: (use) => use.recordsPerRequest, over: mean, format: formatSignificant },
  { label: 'Batch, bytes', of: (use) => use.batchBytes, over: mean, format: formatCount },
  { label: 'Fetches/s', of: (use) => use.fetchesPerSecond, over: mean, format: formatSignificant },
  { label: 'Fetch, ms', of: (use) => use.fetchMs, over: mean, format: formatSignificant },
  { label: 'Records lag, most', of: (use) => use.recordsLagMax, over: most, format: formatCount },
];

/** One row a cell whose client tells anything. */
export function clientsSection(entries: readonly Entry[]): Section {
  const keys = keyColumns(entries);
  const rows = entries.flatMap((entry): CellText[][] => {
    const runs = entry.cell.runs
      .filter(counts)
      .map(({ broker }) =>
        (broker?.samples ?? []).flatMap(({ phase, clients }) =>
          clients !== undefined && phase === 'measure' ? [clients] : [],
        ),
      )
      .filter((uses) => uses.length > 0);
    if (runs.length === 0) return [];
    return [
      [
        ...keyCells(entry),
        ...figures.map(({ of, over, format }) =>
          medianCell(
            spreadOf(
              runs.flatMap((uses) => {
                const values = uses.flatMap((use) => of(use) ?? []);
                return values.length === 0 ? [] : [over(values)];
              }),
            ),
            format,
          ),
        ),
      ],
    ];
  });
  return {
    id: 'clients',
    title: 'What the clients counted',
    block: {
      kind: 'table',
      keys: keys.length,
      columns: [...keys, ...figures.map(({ label }) => ({ label, align: 'right' as const }))],
      rows,
    },
    notes: [
      'Told by the client library (kafkajs: its instrumentation events), of all producers and consumers of a run together, about once a second while it was measured; medians over the runs of the mean, and of the largest lag. A fetch includes the wait for messages to come; the lag is that behind the log end when a batch was fetched. A batch is what one request brings to one partition, bodies only.',
    ],
  };
}
