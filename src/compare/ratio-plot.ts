/** Every ratio with its bounds and its margin, one row each. */
import type { TopLevelSpec } from 'vega-lite';
import { textWidth, wrapText } from '../report/font.js';
import { plural } from '../plural.js';
import { frame, type Head, type Plot } from '../report/plots/plot.js';
import { ink, padding, plotWidth, shadeColor, softInk } from '../report/plots/theme.js';
import { ratioOf, type Verdict } from '../stats/verdict.js';
import { figureColumns } from './columns.js';
import { type ComparedCell, type ComparedMetric, type Comparison, letterOf } from './compare.js';
import type { MetricId } from './metrics.js';
import { hasClosedLoop } from '../report/wording.js';
import { figureText, intervalText, marginText, ratioBounds } from './wording.js';

const rowHeight = 34;
const labelSize = 12;
const labelWidth = 190;
const lineHeight = 14;
/** Room for the verdict beside the panel. */
const verdictWidth = 84;
/** Round ratios that an axis may name. */
const ticks = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 20, 50] as const;

/** How many sessions so many comparisons are of. */
const sessions: Readonly<Record<number, string>> = { 1: 'Two', 2: 'Three' };

/** Colour and, for those who cannot tell colours, shape. */
const marks: Readonly<Record<Verdict, { readonly color: string; readonly shape: string }>> = {
  pass: { color: '#009E73', shape: 'circle' },
  equivalent: { color: '#009E73', shape: 'circle' },
  improved: { color: '#0072B2', shape: 'triangle-up' },
  regressed: { color: '#D55E00', shape: 'triangle-down' },
  failed: { color: '#D55E00', shape: 'cross' },
  invalid: { color: '#7F7F7F', shape: 'cross' },
  inconclusive: { color: '#7F7F7F', shape: 'diamond' },
};

interface Entry {
  readonly cell: ComparedCell;
  readonly m: ComparedMetric;
  /** Of the result that is compared with A. */
  readonly letter: string;
}

/**
 * The plot of comparisons with the same A, cell by cell and figure by figure; undefined where nothing was compared.
 * @param gated the metrics that decide; the others are drawn as advice
 */
export function ratioPlot(comparisons: readonly Comparison[], gated: readonly MetricId[]): Plot | undefined {
  const all = comparisons.flatMap(({ cells, options }) =>
    cells.flatMap((cell) => cell.metrics.map((m): Entry => ({ cell, m, letter: letterOf(options) }))),
  );
  // What is of one cell stands together, whoever has the cell first.
  const keys = [...new Set(all.map(keyOf))];
  const entries = all.toSorted((x, y) => keys.indexOf(keyOf(x)) - keys.indexOf(keyOf(y)));
  if (entries.length === 0) return undefined;
  const several = comparisons.length > 1;
  const head = headOf(comparisons, entries);
  return {
    name: 'ratios',
    head,
    description: entries
      .map((entry) => `${nameOf(entry, several)}: ${intervalText(entry.m)}, ${entry.m.verdict}.`)
      .join(' '),
    spec: specOf(entries, head, gated, several),
    table: {
      kind: 'table',
      keys: several ? 3 : 2,
      columns: [
        ...(several ? [{ label: 'Result', align: 'left' } as const] : []),
        ...figureColumns(several ? 'Other' : 'B'),
        { label: 'Verdict', align: 'left' },
      ],
      rows: entries.map(({ cell, m, letter }) =>
        [
          ...(several ? [letter] : []),
          cell.label,
          `${m.metric.label}, ${m.metric.unit}`,
          figureText(m, m.medianA),
          figureText(m, m.medianB),
          intervalText(m),
          m.verdict,
        ].map((text) => ({ text })),
      ),
    },
  };
}

const keyOf = ({ cell, m }: Entry): string => `${cell.label} ${m.metric.id}`;

function nameOf(entry: Entry, several: boolean): string {
  return `${entry.cell.label} ${figureOf(entry, several)}`;
}

function figureOf({ m, letter }: Entry, several: boolean): string {
  return `${m.metric.label}${several ? `, ${letter}` : ''}`;
}

/**
 * In one line where all are short; else the figure of each in a line of its own, so that no long name hides it and
 * every label stands beside its mark.
 */
function labelsOf(entries: readonly Entry[], several: boolean): string[][] {
  const whole = entries.map((entry) => nameOf(entry, several));
  if (whole.every((name) => textWidth(name, labelSize) <= labelWidth)) return whole.map((name) => [name]);
  // Ids have no spaces, where lines are broken.
  return entries.map((entry) => [entry.cell.label.replaceAll(',', ', '), figureOf(entry, several)]);
}

function headOf(comparisons: readonly Comparison[], entries: readonly Entry[]): Head {
  const [first] = comparisons;
  if (first === undefined) throw new Error('a plot of ratios needs a comparison');
  const { a, options } = first;
  const letters = comparisons.map((comparison) => letterOf(comparison.options));
  const others = [letters.slice(0, -1).join(', '), letters.at(-1)].filter((part) => part !== '').join(' and ');
  const ratio = comparisons.length > 1 ? 'each ÷ A' : 'B ÷ A';
  const samples = entries.map(({ m }) => m.samples);
  const [least, most] = [Math.min(...samples), Math.max(...samples)];
  const unit = options.design === 'paired' ? 'pair' : 'run';
  const number = least === most ? plural(least, unit) : `${least} to ${plural(most, unit)}`;
  const margins = [...new Map(entries.map(({ m }) => [m.metric.label, m.margin])).entries()];
  return {
    title: `${others} compared with A`,
    notes: [
      `${number}. Point: Hodges–Lehmann estimate of ${ratio}. Line: exact one-sided 99 % bounds; an open end has no bound.`,
      `Shaded: what the margin allows (${margins.map(([label, margin]) => `${label} ${marginText(margin)}`).join(', ')}).`,
      ...(options.design === 'paired'
        ? []
        : [
            `${sessions[comparisons.length] ?? 'Several'} sessions: whatever changed on the machine in between is in the ratio too.`,
          ]),
      ...(hasClosedLoop(a.scenario)
        ? ['Closed loop: latency is mostly the length of the queue and follows throughput.']
        : []),
      `A is ${a.id}.`,
      ...comparisons.map(({ b }, i) => `${letters[i] ?? ''} is ${b.id}.`),
    ],
    confirms: '',
  };
}

function specOf(entries: readonly Entry[], head: Head, gated: readonly MetricId[], several: boolean): TopLevelSpec {
  const names = labelsOf(entries, several);
  const rows = entries.map(({ m }, row) => {
    const { ratio, low, high } = ratioBounds(m);
    const advice = gated.length > 0 && !gated.includes(m.metric.id);
    return {
      row,
      label: names[row] ?? [],
      ratio,
      low,
      high,
      allowedFrom: Math.min(1, ratioOf(-m.limit, m.metric.better)),
      allowedTo: Math.max(1, ratioOf(-m.limit, m.metric.better)),
      verdict: m.verdict,
      note: advice ? 'advice' : m.verdict,
      top: row - 0.4,
      bottom: row + 0.4,
    };
  });
  const shown = rows
    .flatMap((row) => [row.low, row.high, row.ratio, row.allowedFrom, row.allowedTo, 0.95, 1.05])
    .filter((x) => Number.isFinite(x) && x > 0);
  const domain: [number, number] = [Math.min(...shown) / 1.02, Math.max(...shown) * 1.02];
  const labels = rows.map(({ label }) => label.flatMap((part) => wrapText(part, labelWidth, labelSize, { most: 2 })));
  const most = Math.max(...labels.map((lines) => lines.length));
  const labelRoom = Math.max(...labels.flat().map((line) => textWidth(line, labelSize)));
  const values = rows.map((row) => ({
    ...row,
    from: Math.max(row.low, domain[0]),
    to: Math.min(row.high, domain[1]),
    hasLow: row.low >= domain[0],
    hasHigh: row.high <= domain[1],
  }));
  const x = <F extends string>(field: F) =>
    ({
      field,
      type: 'quantitative',
      scale: { type: 'log', domain, nice: false },
      axis: {
        title: `${several ? 'Ratio to A' : 'B ÷ A'} (logarithmic)`,
        values: ticks.filter((tick) => tick >= domain[0] && tick <= domain[1]),
        format: '~r',
        labelOverlap: 'greedy',
      },
    }) as const;
  const room: [number, number] = [rows.length - 0.5, -0.5];
  const y = <F extends string>(field: F) =>
    ({
      field,
      type: 'quantitative',
      scale: { domain: room, nice: false, zero: false },
      axis: {
        title: null,
        values: rows.map(({ row }) => row),
        labelExpr: 'labels[datum.value]',
        labelColor: ink,
        labelOverlap: false,
        labelLineHeight: lineHeight,
        labelOffset: (-lineHeight / 2) * (most - 1),
        grid: false,
        ticks: false,
        domain: false,
      },
    }) as const;
  const words = [...new Set(rows.map(({ verdict }) => verdict))];
  const key = { field: 'verdict', type: 'nominal', legend: null } as const;
  const color = { ...key, scale: { domain: words, range: words.map((word) => marks[word].color) } };
  const shape = { ...key, scale: { domain: words, range: words.map((word) => marks[word].shape) } };
  const centred = labels.map((lines) => (lines.length < most ? [' ', ...lines].slice(-most) : lines));
  return {
    ...frame(head),
    params: [{ name: 'labels', value: centred }],
    width: Math.floor(plotWidth - 2 * padding - labelRoom - verdictWidth - 16),
    height: rows.length * Math.max(rowHeight, most * lineHeight + 6),
    data: { values },
    layer: [
      {
        mark: { type: 'rect', color: shadeColor, opacity: 1 },
        encoding: { x: x('allowedFrom'), x2: { field: 'allowedTo' }, y: y('top'), y2: { field: 'bottom' } },
      },
      {
        data: { values: [{ one: 1 }] },
        mark: { type: 'rule', color: softInk, strokeDash: [2, 3] },
        encoding: { x: x('one') },
      },
      { mark: { type: 'rule', strokeWidth: 2.4 }, encoding: { x: x('from'), x2: { field: 'to' }, y: y('row'), color } },
      ...(['from', 'to'] as const).map((end) => ({
        transform: [{ filter: end === 'from' ? 'datum.hasLow' : 'datum.hasHigh' }],
        mark: { type: 'tick' as const, orient: 'vertical' as const, size: 12, thickness: 2.4, opacity: 1 },
        encoding: { x: x(end), y: y('row'), color },
      })),
      {
        mark: { type: 'point', filled: true, size: 110, opacity: 1 },
        encoding: { x: x('ratio'), y: y('row'), color, shape },
      },
      {
        mark: { type: 'text', align: 'left', baseline: 'middle', dx: 8, fontSize: labelSize, color: ink },
        encoding: { x: { value: { expr: 'width' } }, y: y('row'), text: { field: 'note' } },
      },
    ],
  };
}
