/** Who got how many: each consumer's share of the messages, a panel a target. */
import type { TopLevelSpec } from 'vega-lite';
import { formatShare } from '../format.js';
import { spreadOf } from '../model.js';
import { figures, tableOf, words } from './figures.js';
import { panelsOf, panelTitle } from './panels.js';
import { frame, type Head, headOf, panelWidth, type Plot, type Scene, type Series, sizeSuffix } from './plot.js';
import { linearTicks } from './scales.js';
import { ink, paper } from './theme.js';

interface Portion {
  readonly series: Series;
  /** From 0, as everywhere. */
  readonly consumer: number;
  /** 0 to 1, by run. */
  readonly shares: readonly { readonly run: string; readonly share: number }[];
}

export function sharePlot(scene: Scene): Plot | undefined {
  const portions = scene.series.flatMap(portionsOf);
  if (portions.length === 0) return undefined;
  const what = 'Messages per consumer';
  const statics = [...new Set(scene.series.filter(isStatic).map((s) => s.cell.target))];
  const reading = `Share of all messages by consumer. Bar: median. Each dot: a run. Dashed: an even share.${
    scene.overlay ? ' Results from left to right: A, B, …' : ''
  }`;
  const cautions =
    statics.length > 0
      ? [`Dispatch on ${statics.join(' and ')} is static: the producer spreads messages evenly over partitions.`]
      : [];
  const head = headOf(scene, what, reading, cautions);
  return {
    name: `share-${sizeSuffix(scene)}`,
    head,
    description: scene.series.flatMap(describe).join(' '),
    spec: specOf(scene, portions, head),
    table: tableOf(
      [words('Target'), figures('Consumer'), figures('Median'), words('Every run')],
      portions.map(({ series, consumer, shares }) => [
        series.name,
        String(consumer),
        formatShare(spreadOf(shares.map((s) => s.share))?.median ?? 0),
        shares.map((s) => formatShare(s.share)).join(', '),
      ]),
      2,
    ),
  };
}

function isStatic({ model, cell }: Series): boolean {
  return model.targets.find((t) => t.name === cell.target)?.record?.dispatch === 'static';
}

function portionsOf(series: Series): Portion[] {
  const runs = series.cell.counted.flatMap((run) =>
    run.share && !run.subscribers ? [{ id: run.id, perConsumer: run.share.perConsumer }] : [],
  );
  const consumers = Math.max(0, ...runs.map(({ perConsumer }) => perConsumer.length));
  return Array.from({ length: consumers }, (_, index) => ({
    series,
    consumer: index,
    shares: runs.flatMap(({ id, perConsumer }) => {
      const sum = perConsumer.reduce((a, b) => a + b, 0);
      return sum > 0 ? [{ run: id, share: (perConsumer[index] ?? 0) / sum }] : [];
    }),
  })).filter(({ shares }) => shares.length > 0);
}

function describe({ name, cell }: Series): string[] {
  return cell.fairness
    ? [
        `${name}: between ${formatShare(cell.fairness.leastShare.median)} and ${formatShare(cell.fairness.mostShare.median)} a consumer, Jain’s index ${cell.fairness.jain.median.toFixed(4)}.`,
      ]
    : [];
}

const panelsPerRow = 3;
const resultShapes = ['circle', 'square', 'triangle-up', 'diamond'] as const;

function specOf(scene: Scene, portions: readonly Portion[], head: Head): TopLevelSpec {
  const highest = Math.max(...portions.flatMap(({ shares }) => shares.map((s) => s.share)));
  const ticks = linearTicks(Math.min(100, highest * 102));
  const upwards: [number, number] = [0, ticks.at(-1) ?? 1];
  const panels = panelsOf(scene).filter((panel) => portions.some((p) => panel.series.includes(p.series)));
  const perRow = Math.min(panelsPerRow, panels.length);
  const gap = 22;
  const width = Math.floor((panelWidth(['100 %']) - gap * (perRow - 1) - 30 * (perRow - 1)) / perRow);
  return {
    ...frame(head),
    columns: perRow,
    spacing: gap,
    concat: panels.map((panel, i) => {
      const own = portions.filter((p) => panel.series.includes(p.series));
      const consumers = Math.max(...own.map((p) => p.consumer)) + 1;
      const lanes = scene.models.length;
      const lane = 0.7 / lanes;
      const along: [number, number] = [-0.5, consumers - 0.5];
      const middleOf = ({ series, consumer }: Portion) => consumer + (series.resultIndex - (lanes - 1) / 2) * lane;
      const step = Math.ceil(consumers / 8);
      const x = {
        field: 'at',
        type: 'quantitative',
        scale: { domain: along, nice: false, zero: false },
        axis: {
          title: i >= panels.length - perRow ? 'Consumer' : null,
          values: Array.from({ length: Math.ceil(consumers / step) }, (_, n) => n * step),
          format: 'd',
          grid: false,
          ticks: false,
        },
      } as const;
      const y = {
        field: 'percent',
        type: 'quantitative',
        scale: { domain: upwards, nice: false },
        axis: {
          title: i % perRow === 0 ? 'Share of messages' : null,
          values: ticks,
          labelExpr: "format(datum.value, '~r') + ' %'",
          domain: false,
          ticks: false,
        },
      } as const;
      const jain = panel.series.flatMap((s) =>
        s.cell.fairness
          ? [`${s.letter === undefined ? '' : `${s.letter} `}${s.cell.fairness.jain.median.toFixed(3)}`]
          : [],
      );
      return {
        title: panelTitle(panel, width, [`${scene.overlay ? 'Jain' : 'Jain’s index'} ${jain.join(', ')}`]),
        width,
        height: 170,
        layer: [
          ...panel.series.map((s) => ({
            data: {
              values: own
                .filter((p) => p.series === s)
                .map((p) => ({
                  from: middleOf(p) - lane * 0.46,
                  to: middleOf(p) + lane * 0.46,
                  percent: (spreadOf(p.shares.map((share) => share.share))?.median ?? 0) * 100,
                })),
            },
            layer: [
              {
                mark: { type: 'rect' as const, color: s.channel.color, fillOpacity: 0.24 },
                encoding: { x: { ...x, field: 'from' }, x2: { field: 'to' }, y, y2: { datum: 0 } },
              },
              {
                mark: { type: 'rule' as const, color: s.channel.color, strokeWidth: 2.5 },
                encoding: { x: { ...x, field: 'from' }, x2: { field: 'to' }, y },
              },
            ],
          })),
          ...panel.series.map((s) => ({
            data: {
              values: own
                .filter((p) => p.series === s)
                .flatMap((p) =>
                  p.shares.map(({ run, share }, n) => ({
                    run,
                    at:
                      middleOf(p) + (n - (p.shares.length - 1) / 2) * ((lane * 0.6) / Math.max(1, p.shares.length - 1)),
                    percent: Number((share * 100).toPrecision(6)),
                  })),
                ),
            },
            mark: {
              type: 'point' as const,
              filled: true,
              size: 34,
              opacity: 1,
              color: s.channel.color,
              stroke: paper,
              strokeWidth: 0.8,
              shape:
                s.letter === undefined
                  ? s.channel.shape
                  : (resultShapes[s.resultIndex % resultShapes.length] ?? 'circle'),
            },
            encoding: { x, y },
          })),
          {
            data: { values: [{ percent: 100 / consumers }] },
            mark: { type: 'rule' as const, color: ink, strokeDash: [4, 3], strokeWidth: 1 },
            encoding: { y },
          },
        ],
      };
    }),
  };
}
