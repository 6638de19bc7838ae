/** What patterns have to show beyond a work queue: each subscriber's account, latency by priority, a second reading. */
import type { RunRecord, SubscriberRecord } from '../results/schema.js';
import { patternOf } from '../scenario/pattern.js';
import { keyCells, keyColumns, medianCell } from './columns.js';
import type { CellText, Column, Section } from './document.js';
import type { Entry } from './entries.js';
import { formatCount, formatMs, formatRate, nothing } from './format.js';
import { type CellModel, spreadOf } from './model.js';
import { bindingText } from './pattern-text.js';

/** A subscriber's account, added up over the runs that came to their end. */
export type SubscriberTotal = Omit<SubscriberRecord, 'late' | 'redelivered'> & {
  readonly late: boolean;
  /** Undefined where the broker does not tell. */
  readonly redelivered: number | undefined;
};

export function subscriberTotals({ runs }: Pick<CellModel, 'runs'>): SubscriberTotal[] {
  const totals = new Map<number, SubscriberTotal>();
  for (const own of runs.filter((run) => run.complete).flatMap((run) => run.subscribers ?? [])) {
    const before = totals.get(own.consumer);
    const sum = (key: Exclude<keyof SubscriberRecord, 'consumer' | 'late' | 'redelivered'>): number =>
      own[key] + (before?.[key] ?? 0);
    totals.set(own.consumer, {
      consumer: own.consumer,
      expected: sum('expected'),
      received: sum('received'),
      unique: sum('unique'),
      duplicates: sum('duplicates'),
      redelivered: own.redelivered === undefined ? before?.redelivered : own.redelivered + (before?.redelivered ?? 0),
      lost: sum('lost'),
      unexpected: sum('unexpected'),
      late: own.late === true || before?.late === true,
    });
  }
  return [...totals.values()].sort((a, b) => a.consumer - b.consumer);
}

const right = (label: string): Column => ({ label, align: 'right' });
const bad = (count: number, tone: 'bad' | 'warn'): CellText => ({
  text: formatCount(count),
  tone: count > 0 ? tone : 'dim',
});

/** Of a broker that does not say whether it delivered a message before. */
const unknown: CellText = { text: nothing, tone: 'dim' };

/** What each subscriber had to get, and got. */
export function subscribersSection(entries: readonly Entry[]): Section {
  const keys = keyColumns(entries);
  // Of interest where something was broken on purpose; else it is a column of noughts.
  const told = entries.some(({ cell }) => subscriberTotals(cell).some((own) => (own.redelivered ?? 0) > 0));
  return {
    id: 'subscribers',
    title: 'Every subscriber',
    block: {
      kind: 'table',
      keys: keys.length,
      columns: [
        ...keys,
        { label: 'Subscriber', align: 'left' },
        { label: 'Asks for', align: 'left', wide: true },
        ...['Expected', 'Received', 'Lost', 'Dup', ...(told ? ['Redelivered'] : []), 'Unexpected'].map(right),
      ],
      rows: entries.flatMap((entry) => {
        const pattern = patternOf(entry.model.result.scenario.pattern);
        return subscriberTotals(entry.cell).map((own) => [
          ...keyCells(entry),
          { text: `${own.consumer}${own.late ? ', late' : ''}` },
          { text: bindingText(pattern, own.consumer) },
          { text: formatCount(own.expected) },
          { text: formatCount(own.received), ...(own.received < own.expected ? { tone: 'bad' as const } : {}) },
          bad(own.lost, 'bad'),
          bad(own.duplicates, 'warn'),
          ...(told ? [own.redelivered === undefined ? unknown : bad(own.redelivered, 'warn')] : []),
          bad(own.unexpected, 'bad'),
        ]);
      }),
    },
    notes: [
      'Exact, added up over all runs that came to their end. Expected: confirmed messages that the subscriber’s bindings ask for, worked out from the pattern’s definition; of a late subscriber whose subscription is not durable, those sent after it was ready. Unexpected: messages that it did not ask for.',
    ],
  };
}

/** The levels of priority that runs have figures of, the most urgent first. */
export function levelsOf({ counted }: Pick<CellModel, 'counted'>): number[] {
  const levels = new Set(counted.flatMap((run) => (run.levels ?? []).map(({ priority }) => priority)));
  return [...levels].sort((a, b) => b - a);
}

/** The latency histograms of a level, one a run. */
export function levelHistograms(
  { counted }: Pick<CellModel, 'counted'>,
  level: number,
): NonNullable<RunRecord['levels']>[number]['endToEnd'][] {
  return counted.flatMap((run) =>
    (run.levels ?? []).flatMap(({ priority, endToEnd }) =>
      priority === level && endToEnd.count > 0 ? [endToEnd] : [],
    ),
  );
}

/** Who waited how long. */
export function prioritySection(entries: readonly Entry[]): Section {
  const keys = keyColumns(entries);
  const percentiles = ['p50Ms', 'p95Ms', 'p99Ms', 'maxMs'] as const;
  return {
    id: 'priority',
    title: 'End-to-end latency by priority, ms',
    block: {
      kind: 'table',
      keys: keys.length,
      columns: [...keys, ...['Level', 'Messages', 'p50', 'p95', 'p99', 'max'].map(right)],
      rows: entries.flatMap((entry) =>
        levelsOf(entry.cell).map((level) => {
          const own = levelHistograms(entry.cell, level);
          return [
            ...keyCells(entry),
            { text: String(level) },
            medianCell(spreadOf(own.map(({ count }) => count)), formatCount),
            ...percentiles.map((key) => medianCell(spreadOf(own.map((histogram) => histogram[key])), formatMs)),
          ];
        }),
      ),
    },
    notes: ['Level 0 is the least urgent. Medians over the runs that count.'],
  };
}

/** What a second reading brought. */
export function replaySection(entries: readonly Entry[]): Section {
  const keys = keyColumns(entries);
  return {
    id: 'replay',
    title: 'Read again from the beginning',
    block: {
      kind: 'table',
      keys: keys.length,
      columns: [...keys, ...['Expected', 'Received', 'Lost', 'Dup', 'Changed', 'Messages/s'].map(right)],
      rows: entries.flatMap((entry) => {
        const again = entry.cell.runs.flatMap((run) => (run.complete && run.replay ? [run.replay] : []));
        if (again.length === 0) return [];
        const sum = (key: 'expected' | 'received' | 'lost' | 'duplicates' | 'corrupt'): number =>
          again.reduce((total, own) => total + own[key], 0);
        return [
          [
            ...keyCells(entry),
            { text: formatCount(sum('expected')) },
            { text: formatCount(sum('received')) },
            bad(sum('lost'), 'bad'),
            bad(sum('duplicates'), 'warn'),
            bad(sum('corrupt'), 'bad'),
            medianCell(spreadOf(replayRates(entry.cell)), formatRate, 'strong'),
          ],
        ];
      }),
    },
    notes: [
      'When everything had been received, the consumers left, the destination went back to its beginning, and as many others read all of it. Messages/s: unique messages ÷ (last − first receipt of the second reading), the median.',
    ],
  };
}

/** Rates of the second reading, one a run that counts. */
export function replayRates({ counted }: Pick<CellModel, 'counted'>): number[] {
  return counted.flatMap((run) => (run.replay ? [run.replay.perSecond] : []));
}
