/** Throughput, and the rates behind it. */
import { hasRanges, keyCells, keyColumns, medianCell, rangeCell } from './columns.js';
import type { Entry } from './entries.js';
import type { CellText, Section } from './document.js';
import { formatRate, formatSignificant } from './format.js';
import type { ReportModel } from './model.js';
import { isOfCalls, termsOf } from './terms.js';
import { boundsText, emptyCellText, excludedText, throughputNote } from './wording.js';

/** Median and range of throughput, and what limited it. */
export function throughputSection(entries: readonly Entry[]): Section {
  const keys = keyColumns(entries);
  const ranges = hasRanges(entries);
  const terms = termsOf(entries.map(({ model }) => model));
  return {
    id: 'throughput',
    title: terms.throughput,
    block: {
      kind: 'table',
      keys: keys.length,
      columns: [
        ...keys,
        { label: 'Runs', align: 'right' },
        { label: terms.perSecond, align: 'right' },
        ...(ranges ? [{ label: 'Range', align: 'right' } as const] : []),
        { label: 'MB/s', align: 'right' },
        { label: 'Limited by', align: 'left', wide: true },
      ],
      rows: entries.map((entry) => {
        const { cell } = entry;
        return [
          ...keyCells(entry),
          {
            text: `${cell.counted.length}/${cell.runs.length}`,
            ...(cell.counted.length < cell.runs.length ? { tone: 'warn' as const } : {}),
          },
          medianCell(cell.throughput, formatRate, 'strong'),
          ...(ranges ? [rangeCell(cell.throughput, formatRate)] : []),
          medianCell(cell.megabytesPerSecond, formatSignificant),
          limitedBy(entry),
        ];
      }),
    },
    notes: [...definitions(entries), 'Median over the runs that count. Runs: how many count, of how many there were.'],
  };
}

/** What throughput is here; results of different work have different ones. */
function definitions(entries: readonly Entry[]): string[] {
  const usual = (model: ReportModel): string =>
    isOfCalls(model)
      ? 'Requests answered ÷ (last reply − first send). MB/s is of the requests; replies are as large.'
      : 'Unique messages received ÷ (last receipt − first send).';
  return [...new Set(entries.map(({ model }) => throughputNote(model.result.scenario) ?? usual(model)))];
}

function limitedBy({ cell, model }: Entry): CellText {
  if (!cell.throughput) return { text: emptyCellText(cell, model.result), tone: 'bad' };
  const excluded = excludedText(cell);
  const text = [boundsText(cell), cell.caveat, excluded === '' ? undefined : `not counted: ${excluded}`]
    .filter((part) => part !== undefined)
    .join('; ');
  return cell.caveat !== undefined || excluded !== '' ? { text, tone: 'warn' } : { text };
}

/** Publish rate, steady rate and tail: what throughput is made of. */
export function rateSection(entries: readonly Entry[]): Section {
  const keys = keyColumns(entries);
  const measured = entries.filter((entry) => entry.cell.throughput !== undefined);
  const paced = measured.some((entry) => entry.cell.achievedRate !== undefined);
  return {
    id: 'rates',
    title: 'Rates behind the throughput',
    block: {
      kind: 'table',
      keys: keys.length,
      columns: [
        ...keys,
        ...(paced ? [{ label: 'Sent/s', align: 'right' } as const] : []),
        { label: 'Published/s', align: 'right' },
        { label: 'Steady/s', align: 'right' },
        { label: 'Tail s', align: 'right' },
        { label: 'Measured s', align: 'right' },
      ],
      rows: measured.map((entry) => [
        ...keyCells(entry),
        ...(paced ? [medianCell(entry.cell.achievedRate, formatRate)] : []),
        medianCell(entry.cell.publishRate, formatRate),
        medianCell(entry.cell.steadyRate, formatRate),
        medianCell(entry.cell.tailSeconds, formatSignificant),
        medianCell(entry.cell.measuredSeconds, formatSignificant),
      ]),
    },
    notes: [
      'Published: confirmed ÷ (last confirm − first send). Steady: receipts (of requests replies) over the middle 80 % of messages. Tail: last receipt (or reply) − last send. Medians.',
    ],
  };
}
