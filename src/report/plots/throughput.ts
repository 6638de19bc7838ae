/** Throughput of one message size, brokers side by side: median, range, every run. */
import { formatRate, formatSignificant, nothing } from '../format.js';
import { counts } from '../model.js';
import { termsOf } from '../terms.js';
import { emptyCellText, excludedText, statusText } from '../wording.js';
import { figures, tableOf, words } from './figures.js';
import { headOf, type Plot, type Scene, type Series, sizeSuffix } from './plot.js';
import { throughputSpec } from './throughput-spec.js';

/** Undefined when no run of this size has a figure. */
export function throughputPlot(scene: Scene): Plot | undefined {
  const drawn = scene.series.filter((s) => s.cell.runs.length > 0 || isRefused(s));
  const speeds = drawn.flatMap((s) => s.cell.runs.flatMap((run) => run.figures?.throughput ?? []));
  if (speeds.length === 0) return undefined;
  const terms = termsOf(scene.models);
  const excluded = drawn.some((s) => s.cell.runs.some((run) => run.figures && !counts(run)));
  const reading = `Bar: median. Line: range. Each dot: a run.${excluded ? ' ×: a run that was not counted (failed or invalid).' : ''}`;
  const head = headOf(scene, terms.throughput, reading);
  return {
    name: `throughput-${sizeSuffix(scene)}`,
    head,
    description: drawn.map(describe).join(' '),
    spec: throughputSpec(scene, drawn, speeds, head),
    table: tableOf(
      [
        words('Target'),
        figures(`Median, ${terms.perSecond.toLowerCase()}`),
        figures('Lowest'),
        figures('Highest'),
        figures('MB/s'),
        words(`Every run, ${terms.perSecond.toLowerCase()}`),
      ],
      drawn.map(({ name, cell }) => [
        name,
        ...[cell.throughput?.median, cell.throughput?.low, cell.throughput?.high].map((value) =>
          value === undefined ? nothing : formatRate(value),
        ),
        cell.megabytesPerSecond ? formatSignificant(cell.megabytesPerSecond.median) : nothing,
        cell.runs
          .map(
            (run) =>
              (run.figures ? formatRate(run.figures.throughput) : nothing) +
              (counts(run) ? '' : ` (${statusText(run)})`),
          )
          .join(', '),
      ]),
    ),
  };
}

function isRefused({ cell, model }: Series): boolean {
  return model.result.refused.some((refused) => refused.cell.id === cell.id);
}

function describe({ name, cell, model }: Series): string {
  const { rate } = termsOf([model]);
  const { throughput } = cell;
  if (!throughput) return `${name}: ${emptyCellText(cell, model.result)}.`;
  const range = cell.counted.length > 1 ? `, ${formatRate(throughput.low)} to ${formatRate(throughput.high)}` : '';
  const excluded = excludedText(cell);
  return `${name}: ${formatRate(throughput.median)} ${rate}${range}${cell.caveat === undefined ? '' : `; ${cell.caveat}`}${excluded === '' ? '' : `; not counted: ${excluded}`}.`;
}
