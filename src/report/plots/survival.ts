/** What a filled queue still had after its broker was ended: the share of its messages, a bar a target. */
import type { TopLevelSpec } from 'vega-lite';
import { survivedShare, wasFilled } from '../fault-sections.js';
import { wrapText } from '../font.js';
import { formatCount, formatShare } from '../format.js';
import { scenarioOf } from '../model.js';
import { serverText } from '../wording.js';
import { figures, tableOf, words } from './figures.js';
import { frame, type Head, headOf, panelWidth, type Plot, type Scene, type Series, sizeSuffix } from './plot.js';
import { ink, softInk } from './theme.js';

const laneHeight = 58;
const labelWidth = 180;
const labelSize = 12;

interface Bar {
  readonly series: Series;
  readonly share: number;
  readonly stored: number;
  readonly lost: number;
}

export function survivalPlot(scene: Scene): Plot | undefined {
  const bars = scene.series.flatMap((series): Bar[] => {
    const share = survivedShare(series.cell);
    const { delivery } = series.cell;
    if (!wasFilled(series.cell) || share === undefined || delivery === undefined) return [];
    return [{ series, share, stored: delivery.settled, lost: delivery.lost }];
  });
  if (bars.length === 0) return undefined;
  const happened = [
    ...new Set(scene.series.flatMap(({ cell }) => cell.runs.flatMap((run) => (run.faults ?? []).map((f) => f.what)))),
  ];
  const head = headOf(
    scene,
    'What survived',
    `The queue was filled, then: ${happened.join(', ')}; then it was drained. Share of the messages that were stored before.`,
  );
  return {
    name: `survival-${sizeSuffix(scene)}`,
    head,
    description: bars.map((bar) => `${nameOf(bar)}: ${textOf(bar)} survived.`).join(' '),
    spec: specOf(bars, head),
    table: tableOf(
      [words('Target'), figures('Stored'), figures('Survived'), figures('Share')],
      bars.map((bar) => [
        nameOf(bar),
        formatCount(bar.stored),
        formatCount(bar.stored - bar.lost),
        formatShare(bar.share),
      ]),
    ),
  };
}

function nameOf({ series }: Bar): string {
  const { model, cell, name } = series;
  const { guarantee } = scenarioOf(model.result, cell);
  return name.includes(guarantee) ? name : `${name}, ${guarantee}`;
}

function textOf({ share, stored, lost }: Bar): string {
  return `${formatCount(stored - lost)} of ${formatCount(stored)} (${formatShare(share)})`;
}

function specOf(bars: readonly Bar[], head: Head): TopLevelSpec {
  const labels = bars.map((bar) => {
    const { series } = bar;
    const record = series.model.targets.find((t) => t.name === series.cell.target)?.record;
    return [...nameOf(bar).split(', '), ...(record ? [serverText(record)] : [])].flatMap((text) =>
      wrapText(text, labelWidth, labelSize, { most: 1 }),
    );
  });
  const room: [number, number] = [bars.length - 0.5, -0.5];
  const reach: [number, number] = [0, 100];
  const quarters: number[] = [0, 25, 50, 75, 100];
  const y = {
    field: 'from',
    type: 'quantitative',
    scale: { domain: room, nice: false, zero: false },
    axis: {
      title: null,
      values: bars.map((_, i) => i),
      labelExpr: 'labels[datum.value]',
      labelColor: ink,
      labelLineHeight: 15,
      labelOffset: -15,
      labelLimit: labelWidth + 4,
      labelOverlap: false,
      labelBound: false,
      labelFlush: false,
      grid: false,
      ticks: false,
    },
  } as const;
  const x = {
    field: 'percent',
    type: 'quantitative',
    scale: { domain: reach, nice: false },
    axis: {
      title: 'Share that survived',
      values: quarters,
      labelExpr: "datum.value + ' %'",
      labelFlush: false,
      domain: false,
      ticks: false,
    },
  } as const;
  return {
    ...frame(head),
    params: [{ name: 'labels', value: labels }],
    width: panelWidth([]) - labelWidth,
    height: bars.length * laneHeight,
    layer: bars.flatMap((bar, i) => {
      const data = {
        values: [
          {
            from: i - 0.3,
            to: i + 0.3,
            middle: i,
            percent: Number((bar.share * 100).toPrecision(6)),
            text: textOf(bar),
          },
        ],
      };
      const { color } = bar.series.channel;
      // A full bar has its text within.
      const within = bar.share > 0.5;
      return [
        {
          data,
          mark: { type: 'rect' as const, color, fillOpacity: 0.24, stroke: color, strokeWidth: 1.5 },
          encoding: { y, y2: { field: 'to' }, x, x2: { datum: 0 } },
        },
        {
          data,
          mark: {
            type: 'text' as const,
            align: within ? ('right' as const) : ('left' as const),
            dx: within ? -8 : 8,
            fontSize: 13,
            color: bar.share === 0 ? softInk : ink,
          },
          encoding: { y: { ...y, field: 'middle' }, x, text: { field: 'text' } },
        },
      ];
    }),
  };
}
