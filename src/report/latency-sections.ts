/** Latency by percentile: end to end and publish, and the service times where they differ. */
import { hasRanges, keyCells, keyColumns, medianCell, rangeCell } from './columns.js';
import type { Entry } from './entries.js';
import type { Section } from './document.js';
import { formatMs } from './format.js';
import { type LatencyKind, percentileKeys, type ReportModel } from './model.js';
import { type Terms, termsOf } from './terms.js';
import { saturationText } from './wording.js';

/** The percentiles as people say them. */
export const percentileLabels = ['p50', 'p95', 'p99', 'p99.9', 'max'] as const;

interface Topic {
  readonly kind: LatencyKind;
  readonly title: string;
  readonly note: string;
}

const topics = (terms: Terms): Topic[] => [
  { kind: 'endToEnd', title: terms.endToEnd, note: terms.endToEndNote },
  { kind: 'publish', title: 'Publish latency', note: 'Confirm − intended send time.' },
];

/** In a closed loop the intended send time is the actual one, so these appear at a fixed rate only. */
const serviceTopics = (terms: Terms): Topic[] => [
  {
    kind: 'endToEndService',
    title: terms.endToEndService,
    note: `${terms.endToEndServiceNote}; what the latency has more than this was spent in the generator’s own queue.`,
  },
  { kind: 'publishService', title: 'Publish service time', note: 'Confirm − actual send time.' },
];

export function latencySections(entries: readonly Entry[], models: readonly ReportModel[]): Section[] {
  const paced = entries.some(({ cell }) => !cell.saturated);
  const terms = termsOf(models);
  return [...topics(terms), ...(paced ? serviceTopics(terms) : [])].map((topic) => latencySection(topic, entries));
}

function latencySection({ kind, title, note }: Topic, entries: readonly Entry[]): Section {
  const keys = keyColumns(entries);
  const ranges = hasRanges(entries);
  const measured = entries.filter((entry) => entry.cell.latency?.[kind] !== undefined);
  const caveats = measured.some((entry) => entry.cell.caveat !== undefined);
  const all = measured.every((entry) => entry.cell.saturated);
  const first = entries.find((entry) => entry.cell.saturated);
  return {
    id: `latency-${kind}`,
    title: `${title}${all ? ' under saturation' : ''}, ms`,
    block: {
      kind: 'table',
      keys: keys.length,
      columns: [
        ...keys,
        ...percentileLabels.map((label) => ({ label, align: 'right' as const })),
        ...(ranges ? [{ label: 'p99 range', align: 'right' } as const] : []),
        ...(caveats ? [{ label: 'Note', align: 'left', wide: true } as const] : []),
      ],
      rows: measured.map((entry) => [
        ...keyCells(entry),
        ...percentileKeys.map((key) => medianCell(entry.cell.latency?.[kind]?.[key], formatMs)),
        ...(ranges ? [rangeCell(entry.cell.latency?.[kind]?.p99Ms, formatMs)] : []),
        ...(caveats ? [{ text: entry.cell.caveat ?? '', tone: 'warn' as const }] : []),
      ]),
    },
    notes: [
      `${note} Each figure is the median of the runs’ own figures; runs are never pooled.`,
      ...(kind === 'endToEnd' && first ? [saturationText(first.model.result.scenario)] : []),
    ],
  };
}
