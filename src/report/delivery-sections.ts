/** What became of every message, and who got how many. */
import { keyCells, keyColumns } from './columns.js';
import type { Entry } from './entries.js';
import { plural } from '../plural.js';
import type { CellText, Column, Section } from './document.js';
import { formatCount, formatShare, nothing } from './format.js';
import { type DeliveryTotal, promiseOf, type ReportModel, scenarioOf } from './model.js';
import { staticDispatchText } from './wording.js';

type CountKey = Exclude<keyof DeliveryTotal, 'runs' | 'redeliveredKnown' | 'unique' | 'settled' | 'underWay'>;

const counters: readonly {
  readonly key: CountKey;
  readonly label: string;
  readonly tone: 'bad' | 'warn' | undefined;
}[] = [
  { key: 'sent', label: 'Sent', tone: undefined },
  { key: 'confirmed', label: 'Confirmed', tone: undefined },
  { key: 'received', label: 'Received', tone: undefined },
  { key: 'lost', label: 'Lost', tone: 'bad' },
  { key: 'duplicates', label: 'Dup', tone: 'warn' },
  { key: 'outOfOrder', label: 'Out of order', tone: 'warn' },
  { key: 'redelivered', label: 'Redelivered', tone: 'warn' },
  { key: 'corrupt', label: 'Corrupt', tone: 'bad' },
  { key: 'unconfirmed', label: 'Unconfirmed', tone: 'warn' },
];

/** Exact counts over all runs. */
export function deliverySection(entries: readonly Entry[]): Section {
  const keys = keyColumns(entries);
  const rows = entries.flatMap((entry) => (entry.cell.delivery ? [{ entry, delivery: entry.cell.delivery }] : []));
  const underWay = rows.reduce((sum, { delivery }) => sum + delivery.underWay, 0);
  const foreign = rows.some(({ delivery }) => delivery.foreign > 0);
  const subscribed = rows.some(({ delivery }) => delivery.unexpected !== undefined);
  const shown: typeof counters = [
    ...counters,
    ...(subscribed ? [{ key: 'unexpected' as const, label: 'Unexpected', tone: 'bad' as const }] : []),
    ...(foreign ? [{ key: 'foreign' as const, label: 'Foreign', tone: 'bad' as const }] : []),
  ];
  return {
    id: 'delivery',
    title: 'Delivery',
    block: {
      kind: 'table',
      keys: keys.length,
      columns: [...keys, ...shown.map(({ label }): Column => ({ label, align: 'right' }))],
      rows: rows.map(({ entry, delivery }) => [
        ...keyCells(entry),
        ...shown.map(({ key, tone }): CellText => {
          if (key === 'redelivered' && !delivery.redeliveredKnown) return { text: nothing, tone: 'dim' };
          const number = delivery[key] ?? 0;
          const text = formatCount(number);
          const permitted = key === 'lost' && promiseOf(entry.model.result, entry.cell) === 'at-most-once';
          if (tone === undefined || permitted) return { text };
          return number > 0 ? { text, tone } : { text, tone: 'dim' };
        }),
      ]),
    },
    notes: [
      'Exact, from sequence numbers; added up over all runs, those that stand in no other figure included. Lost: confirmed and never received. Unconfirmed: sent and never confirmed, so promised by no one.',
      ...(subscribed
        ? [
            'Each consumer has a subscription of its own: a message that two of them must get counts twice in received and lost. Unexpected: deliveries that no binding of the subscriber asks for.',
          ]
        : []),
      ...(underWay > 0
        ? [
            `${plural(underWay, 'confirmed message')} had not arrived when a run was broken off: under way, not counted as lost.`,
          ]
        : []),
      ...(rows.some(({ delivery }) => !delivery.redeliveredKnown)
        ? [`${nothing}: the broker does not say whether a message was delivered before.`]
        : []),
    ],
  };
}

/** How evenly the consumers shared the work. */
export function fairnessSection(entries: readonly Entry[], models: readonly ReportModel[]): Section {
  const keys = keyColumns(entries);
  const statics = new Set(
    models.flatMap((model) => model.targets.filter((t) => t.record?.dispatch === 'static').map((t) => t.name)),
  );
  return {
    id: 'fairness',
    title: 'Share per consumer',
    block: {
      kind: 'table',
      keys: keys.length,
      columns: [
        ...keys,
        { label: 'Jain’s index', align: 'right' },
        { label: 'Least', align: 'right' },
        { label: 'Most', align: 'right' },
        { label: 'Fair', align: 'right' },
        { label: 'Dispatch', align: 'left' },
      ],
      rows: entries.flatMap((entry) => {
        const { fairness } = entry.cell;
        if (!fairness) return [];
        const record = entry.model.targets.find((t) => t.name === entry.cell.target)?.record;
        return [
          [
            ...keyCells(entry),
            { text: fairness.jain.median.toFixed(4) },
            { text: formatShare(fairness.leastShare.median) },
            { text: formatShare(fairness.mostShare.median) },
            { text: formatShare(1 / scenarioOf(entry.model.result, entry.cell).consumers), tone: 'dim' as const },
            { text: record?.dispatch ?? nothing },
          ],
        ];
      }),
    },
    notes: [
      'Jain’s index is 1 when all get the same and 1/n when one gets everything. Least and most: share of the consumers with the fewest and the most messages. Medians.',
      ...[...statics].map(staticDispatchText),
    ],
  };
}
