/** Priority: how long the messages of each level waited, side by side for each target. */
import type { TopLevelSpec } from 'vega-lite';
import { formatMs } from '../format.js';
import { type Spread, spreadOf } from '../model.js';
import { levelHistograms, levelsOf } from '../pattern-sections.js';
import { emptyWord } from '../wording.js';
import { figures, tableOf, words } from './figures.js';
import { frame, type Head, headOf, panelWidth, type Plot, type Scene, type Series, sizeSuffix } from './plot.js';
import { logDomain, logTicks, tickLabel, tickLabelExpr } from './scales.js';
import { channelOf, ink, softInk } from './theme.js';

interface Level {
  readonly name: string;
  readonly level: number;
  readonly p50: Spread;
  readonly p99: Spread;
}

export function priorityPlot(scene: Scene): Plot | undefined {
  const levels = scene.series.flatMap(levelsIn);
  if (levels.length === 0) return undefined;
  const urgent = Math.max(...levels.map(({ level }) => level));
  const head = headOf(
    scene,
    'Latency by priority',
    `Point: median latency. Line: up to the 99th percentile. Level 0 can wait, level ${urgent} is the most urgent. Medians over runs.`,
  );
  return {
    name: `priority-${sizeSuffix(scene)}`,
    head,
    description: levels
      .map(
        ({ name, level, p50, p99 }) =>
          `${name}, level ${level}: median ${formatMs(p50.median)} ms, p99 ${formatMs(p99.median)} ms.`,
      )
      .join(' '),
    spec: specOf(head, scene.series, levels),
    table: tableOf(
      [words('Target'), figures('Level'), figures('Median, ms'), figures('p99, ms')],
      levels.map(({ name, level, p50, p99 }) => [name, String(level), formatMs(p50.median), formatMs(p99.median)]),
      2,
    ),
  };
}

function levelsIn({ name, cell }: Series): Level[] {
  return levelsOf(cell).flatMap((level) => {
    const own = levelHistograms(cell, level);
    const [p50, p99] = [spreadOf(own.map((h) => h.p50Ms)), spreadOf(own.map((h) => h.p99Ms))];
    return p50 && p99 ? [{ name, level, p50, p99 }] : [];
  });
}

const height = 280;
/** Below it a logarithm means nothing here: microseconds that no broker has. */
const leastMs = 0.001;

function specOf(head: Head, series: readonly Series[], levels: readonly Level[]): TopLevelSpec {
  const rows = levels.map(({ name, level, p50, p99 }) => ({
    name,
    level: `level ${level}`,
    p50: Math.max(leastMs, p50.median),
    p99: Math.max(leastMs, p99.median),
    label: formatMs(p50.median),
  }));
  const domain = logDomain(
    Math.min(...rows.map(({ p50 }) => p50)) / 1.3,
    Math.max(...rows.map(({ p99 }) => p99)) * 1.1,
  );
  const ticks = logTicks(...domain);
  const names = [...new Set(levels.map(({ level }) => level))].sort((a, b) => b - a).map((level) => `level ${level}`);
  const x = {
    field: 'name',
    type: 'nominal',
    scale: { domain: series.map(({ name }) => name), paddingInner: 0.2 },
    axis: { title: null, labelAngle: 0, labelColor: ink, ticks: false, grid: false },
  } as const;
  const xOffset = { field: 'level', type: 'nominal', scale: { domain: names } } as const;
  const y = (field: string) =>
    ({
      field,
      type: 'quantitative',
      scale: { type: 'log', domain, nice: false },
      axis: { title: 'Latency, ms', values: ticks, labelExpr: tickLabelExpr, domain: false, ticks: false },
    }) as const;
  const range = names.map((_, i) => channelOf(i));
  const color = {
    field: 'level',
    type: 'nominal',
    legend: null,
    scale: { domain: names, range: range.map((channel) => channel.color) },
  } as const;
  const shape = { ...color, scale: { domain: names, range: range.map((channel) => channel.shape) } } as const;
  const absent = series
    .filter(({ name }) => levels.every((own) => own.name !== name))
    .map(({ name, cell, model }) => ({ name, text: emptyWord(cell, model.result), at: domain[0] }));
  return {
    ...frame(head),
    width: panelWidth(ticks.map(tickLabel)),
    height,
    layer: [
      {
        data: { values: rows },
        layer: [
          {
            mark: { type: 'rule', strokeWidth: 2 },
            encoding: { x, xOffset, y: y('p50'), y2: { field: 'p99' }, color },
          },
          {
            mark: { type: 'point', filled: true, size: 90, opacity: 1 },
            encoding: { x, xOffset, y: y('p50'), color, shape },
          },
          {
            mark: { type: 'text', baseline: 'top', dy: 9, fontSize: 12, fontWeight: 600, color: ink },
            encoding: { x, xOffset, y: y('p50'), text: { field: 'label' } },
          },
          {
            mark: { type: 'text', baseline: 'bottom', dy: -5, fontSize: 11, color: softInk },
            encoding: { x, xOffset, y: y('p99'), text: { field: 'level' } },
          },
        ],
      },
      {
        data: { values: absent },
        mark: { type: 'text', baseline: 'bottom', dy: -6, fontSize: 12, color: softInk },
        encoding: { x, y: y('at'), text: { field: 'text' } },
      },
    ],
  };
}
