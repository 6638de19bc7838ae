/**
 * A plot's specification as report.html has it: what can be pointed at says its figures, and what the page says or
 * holds once for all plots is left out. Pure.
 */
import type { TopLevelSpec } from 'vega-lite';

/** What a field of the data is called where it is pointed at. A field that is not here only serves the layout. */
export const fieldNames: Readonly<Record<string, string>> = {
  series: 'Target',
  run: 'Run',
  measure: 'What',
  consumer: 'Consumer',
  phase: 'Part',
  t: 'Second',
  value: 'Value',
  rate: 'Messages/s',
  speed: 'Messages/s',
  volume: 'Body bytes',
  percentile: 'Percentile',
  ms: 'Milliseconds',
  percent: 'Share, %',
  median: 'Median',
  low: 'Lowest run',
  high: 'Highest run',
  kept: 'Kept the rate',
};

type Node = Readonly<Record<string, unknown>>;
type Row = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Five digits are more than any figure is good for. */
const numberFormat = ',.5~r';

function tooltipOf(row: Row): object[] {
  return Object.entries(fieldNames).flatMap(([field, title]) => {
    const value = row[field];
    if (value === undefined) return [];
    return [
      typeof value === 'number'
        ? { field, title, type: 'quantitative', format: numberFormat }
        : { field, title, type: 'nominal' },
    ];
  });
}

function walk(node: unknown, inherited: Row | undefined): unknown {
  if (Array.isArray(node)) return node.map((part) => walk(part, inherited));
  if (!isNode(node)) return node;
  const { data, mark } = node;
  const [own] = isNode(data) && Array.isArray(data['values']) ? (data['values'] as Row[]) : [];
  const row = own ?? inherited;
  if (!isNode(mark))
    // Data are data, whatever they look like.
    return Object.fromEntries(
      Object.entries(node).map(([key, part]) => [key, key === 'data' ? part : walk(part, row)]),
    );
  const tooltip = row === undefined || mark['type'] === 'text' ? [] : tooltipOf(row);
  if (tooltip.length === 0) return node;
  // A line is one thing to point at; its figures are at points, which are there and not seen.
  const isLine = mark['type'] === 'line' || (mark['type'] === 'area' && mark['line'] !== undefined);
  return {
    ...node,
    ...(isLine ? { mark: { ...mark, point: { opacity: 0, size: 90, filled: true } } } : {}),
    encoding: { ...(isNode(node['encoding']) ? node['encoding'] : {}), tooltip },
  };
}

/** The specification for a page that says the title itself and keeps what is common to all plots in one place. */
export function pageSpec(spec: TopLevelSpec): object {
  const rest: Partial<TopLevelSpec> = { ...spec };
  delete rest.title;
  delete rest.config;
  delete rest.$schema;
  return walk(rest, undefined) as object;
}
