/** A comparison as sections of a report: what differs first, then the judgement, then what went wrong. */
import type { Alert, CellText, Section, Tone } from '../report/document.js';
import { nothing } from '../report/format.js';
import { plural } from '../plural.js';
import type { Verdict } from '../stats/verdict.js';
import { isUsable } from './cells.js';
import { figureColumns } from './columns.js';
import { blockingOf } from './comparability.js';
import { type ComparedCell, type ComparedMetric, type Comparison, letterOf } from './compare.js';
import type { MetricId } from './metrics.js';
import { cellVerdict, figureText, intervalText, marginText, verdictText, whyUnjudged } from './wording.js';

const tones: Readonly<Record<Verdict, Tone>> = {
  pass: 'good',
  equivalent: 'good',
  improved: 'good',
  regressed: 'bad',
  failed: 'bad',
  invalid: 'bad',
  inconclusive: 'warn',
};

/** @param gated the metrics that decide; empty where all of it is advice */
export function comparisonSections(comparison: Comparison, gated: readonly MetricId[]): Section[] {
  return [differences(comparison), judgement(comparison, gated), problems(comparison)].filter(
    ({ block }) => block.kind === 'terms' || block.rows.length > 0,
  );
}

/** Whether the two may be compared at all, and what differs: said before any figure. */
export function comparabilityText({ differences: found, a, b, options }: Comparison): string {
  const blocking = blockingOf(found).map(({ what }) => what);
  const notes = found.flatMap(({ weight, what }) => (weight === 'notes' ? [what] : []));
  const valid = [a, b].map(({ runs }) => `${runs.filter(isUsable).length} of ${plural(runs.length, 'run')}`);
  const same = [
    'the same question',
    `guarantee ${guaranteesText(a)}`,
    'machine',
    ...(options.design === 'paired' ? ['session'] : []),
  ].join(', ');
  const word = blocking.length > 0 ? `no, because of ${blocking.join(', ')}` : `yes: ${same}`;
  const differing =
    notes.length === 0
      ? 'nothing that is recorded differs'
      : `what differs${blocking.length > 0 ? ' besides' : ''}: ${notes.join(', ')}`;
  return `May be compared: ${word}; ${differing}; valid are ${valid[0] ?? ''} of A and ${valid[1] ?? ''} of ${letterOf(options)}.`;
}

function guaranteesText({ scenario }: Comparison['a']): string {
  return (scenario.axes?.guarantee ?? [scenario.guarantee]).join(', ');
}

function judgement({ cells, options }: Comparison, gated: readonly MetricId[]): Section {
  const letter = letterOf(options);
  const pairs = options.design === 'paired' ? 'Pairs' : `Runs of ${letter}`;
  return {
    id: 'judgement',
    title: `${letter} compared with A`,
    block: {
      kind: 'table',
      keys: 2,
      columns: [
        ...figureColumns(letter),
        { label: pairs, align: 'right' },
        { label: 'Margin', align: 'right' },
        { label: 'Verdict', align: 'left' },
        { label: 'Why', align: 'left', wide: true },
      ],
      rows: cells.flatMap((cell) =>
        cell.metrics.length === 0
          ? [
              [
                ...empty(cell),
                { text: cellVerdict(cell, ['throughput']), tone: 'bad' as const },
                { text: whyUnjudged(cell) },
              ],
            ]
          : cell.metrics.map((m) => row(cell, m, comparisonRole(m, gated), options.design)),
      ),
    },
    notes: [
      `A and ${letter}: medians. ${letter} ÷ A: Hodges–Lehmann estimate with exact one-sided 99 % bounds (${options.design === 'paired' ? 'signed rank over pairs of drawn order' : 'rank sum; two sessions, so whatever changed in between is in it too'}).`,
      ...(gated.length > 0 ? ['Figures marked "advice" decide nothing.'] : []),
      ...cells.flatMap((cell) => correlationNotes(cell)),
    ],
  };
}

function comparisonRole(m: ComparedMetric, gated: readonly MetricId[]): string {
  return gated.length === 0 || gated.includes(m.metric.id) ? '' : ' (advice)';
}

function empty(cell: ComparedCell): CellText[] {
  return [cell.label, 'all', nothing, nothing, nothing, '0', nothing].map((text) => ({ text }));
}

function row(cell: ComparedCell, m: ComparedMetric, role: string, design: Comparison['options']['design']): CellText[] {
  return [
    { text: cell.label },
    { text: `${m.metric.label}, ${m.metric.unit}${role}` },
    { text: figureText(m, m.medianA) },
    { text: figureText(m, m.medianB) },
    { text: intervalText(m), tone: 'strong' },
    { text: String(m.samples) },
    { text: marginText(m.margin) },
    { text: m.verdict, tone: role === '' ? tones[m.verdict] : 'dim' },
    { text: verdictText(m, cell, design) },
  ];
}

function correlationNotes(cell: ComparedCell): string[] {
  return cell.metrics.flatMap((m) =>
    m.correlation === undefined
      ? []
      : [
          `${cell.label}, ${m.metric.label}: successive pairs lean on each other (lag-1 correlation ${m.correlation.toFixed(2)}), so the bounds are less certain than they look; a longer pause between runs may help.`,
        ],
  );
}

function differences(comparison: Comparison): Section {
  return {
    id: 'differences',
    title: 'What differs',
    block: {
      kind: 'table',
      keys: 1,
      columns: [
        { label: 'What', align: 'left' },
        { label: 'A', align: 'left', wide: true },
        { label: letterOf(comparison.options), align: 'left', wide: true },
      ],
      rows: comparison.differences.map(({ what, a, b, weight }) => [
        { text: what, ...(weight === 'blocks' ? { tone: 'bad' as const } : {}) },
        { text: a },
        { text: b },
      ]),
    },
    notes: [],
  };
}

function problems({ cells, unmatched }: Comparison): Section {
  return {
    id: 'problems',
    title: 'Not in the figures',
    block: {
      kind: 'table',
      keys: 1,
      columns: [{ label: 'What', align: 'left', wide: true }],
      rows: [
        ...cells.flatMap((cell) => cell.problems.map(({ text }) => [{ text, tone: 'bad' as const }])),
        ...unmatched.map((text) => [{ text: `not compared: ${text}` }]),
      ],
    },
    notes: [],
  };
}

/** What must be said before any figure. */
export function comparisonAlerts({ differences: found, cells, a, b, options }: Comparison): Alert[] {
  const letter = letterOf(options);
  // Of two sessions it is a difference that blocks.
  const cutOff = options.design === 'paired' && (a.partial ? a : b.partial ? b : undefined);
  const blocking = blockingOf(found).map(({ what }) => what);
  const failed = cells.flatMap((cell) => cell.problems.filter(({ kind }) => kind === 'failed')).length;
  return [
    ...(blocking.length > 0
      ? [
          {
            tone: 'bad' as const,
            text: `A and ${letter} do not answer the same question (${blocking.join(', ')}): a difference between them is not the change’s alone.`,
          },
        ]
      : []),
    ...(failed > 0
      ? [
          {
            tone: 'bad' as const,
            text: `${plural(failed, 'run')} failed: a broker or client broke its promise. No speed makes up for that.`,
          },
        ]
      : []),
    ...(cutOff
      ? [
          {
            tone: 'bad' as const,
            text: `The session is partial (${cutOff.partialReason ?? 'cut off'}): what follows rests on the pairs before that and concludes nothing.`,
          },
        ]
      : []),
    ...[a, b].flatMap((result, i) =>
      result.missing.map(({ target, reason }) => ({
        tone: 'bad' as const,
        text: `${i === 0 ? 'A' : letter} has no ${target}: ${reason}`,
      })),
    ),
  ];
}
