/** Every ratio with its bounds and its margin, one row each. */
import type { TopLevelSpec } from 'vega-lite';
import { textWidth, wrapText } from '../report/font.js';
import { plural } from '../plural.js';
import { frame, type Head, type Plot } from '../report/plots/plot.js';
import { ink, padding, plotWidth, shadeColor, softInk } from '../report/plots/theme.js';
import { ratioOf, type Verdict } from '../stats/verdict.js';
import { figureColumns } from './columns.js';
import type { ComparedCell, ComparedMetric, Comparison } from './compare.js';
import type { MetricId } from './metrics.js';
import { figureText, intervalText, marginText, ratioBounds } from './wording.js';

const rowHeight = 34;
const labelSize = 12;
/** Room for the verdict beside the panel. */
const verdictWidth = 84;
/** Round ratios that an axis may name. */
const ticks = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 20, 50] as const;

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
}

/**
 * The plot; undefined where nothing was compared.
 * @param gated the metrics that decide; the others are drawn as advice
 */
export function ratioPlot(comparison: Comparison, gated: readonly MetricId[]): Plot | undefined {
  const entries = comparison.cells.flatMap((cell) => cell.metrics.map((m): Entry => ({ cell, m })));
  if (entries.length === 0) return undefined;
  const head = headOf(comparison, entries);
  return {
    name: 'ratios',
    head,
    description: entries
      .map(({ cell, m }) => `${cell.label} ${m.metric.label}: ${intervalText(m)}, ${m.verdict}.`)
      .join(' '),
    spec: specOf(entries, head, gated),
    table: {
      kind: 'table',
      keys: 2,
      columns: [...figureColumns, { label: 'Verdict', align: 'left' }],
      rows: entries.map(({ cell, m }) =>
        [
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

function headOf({ a, b, options }: Comparison, entries: readonly Entry[]): Head {
  const samples = entries.map(({ m }) => m.samples);
  const [least, most] = [Math.min(...samples), Math.max(...samples)];
  const unit = options.design === 'paired' ? 'pair' : 'run';
  const number = least === most ? plural(least, unit) : `${least} to ${plural(most, unit)}`;
  const margins = [...new Map(entries.map(({ m }) => [m.metric.label, m.margin])).entries()];
  return {
    title: 'B compared with A',
    notes: [
      `${number}. Point: Hodges–Lehmann estimate of B ÷ A. Line: exact one-sided 99 % bounds; an open end has no bound.`,
      `Shaded: what the margin allows (${margins.map(([label, margin]) => `${label} ${marginText(margin)}`).join(', ')}).`,
      ...(options.design === 'paired'
        ? []
        : ['Two sessions: whatever changed on the machine in between is in the ratio too.']),
      ...(a.scenario.load.kind === 'closed'
        ? ['Closed loop: latency is mostly the length of the queue and follows throughput.']
        : []),
      `A is ${a.id}.`,
      `B is ${b.id}.`,
    ],
    confirms: '',
  };
}

function specOf(entries: readonly Entry[], head: Head, gated: readonly MetricId[]): TopLevelSpec {
  const rows = entries.map(({ cell, m }, row) => {
    const { ratio, low, high } = ratioBounds(m);
    const advice = gated.length > 0 && !gated.includes(m.metric.id);
    return {
      row,
      label: `${cell.label} ${m.metric.label}`,
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
  const labels = rows.map(({ label }) => wrapText(label, 190, labelSize, { most: 2 }));
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
        title: 'B ÷ A (logarithmic)',
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
        labelLineHeight: 14,
        labelOffset: -7 * (Math.max(...labels.map((lines) => lines.length)) - 1),
        grid: false,
        ticks: false,
        domain: false,
      },
    }) as const;
  const words = [...new Set(rows.map(({ verdict }) => verdict))];
  const key = { field: 'verdict', type: 'nominal', legend: null } as const;
  const color = { ...key, scale: { domain: words, range: words.map((word) => marks[word].color) } };
  const shape = { ...key, scale: { domain: words, range: words.map((word) => marks[word].shape) } };
  const most = Math.max(...labels.map((lines) => lines.length));
  const centred = labels.map((lines) => (lines.length < most ? [' ', ...lines].slice(-most) : lines));
  return {
    ...frame(head),
    params: [{ name: 'labels', value: centred }],
    width: Math.floor(plotWidth - 2 * padding - labelRoom - verdictWidth - 16),
    height: rows.length * rowHeight,
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
