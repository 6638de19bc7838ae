/** Latency against offered rate, a curve a target, until it falls behind. */
import { sameSize } from '../../scenario/sizes.js';
import type { TopLevelSpec } from 'vega-lite';
import { textWidth } from '../font.js';
import { formatCount, formatMs, nothing } from '../format.js';
import type { PercentileKey } from '../model.js';
import { resultLetter } from '../wording.js';
import { keptLatency, type Step, type Walk, walksOf, whyText } from '../walk.js';
import { pushApart } from './end-labels.js';
import { figures, tableOf, words } from './figures.js';
import { frame, type Head, headOf, panelWidth, type Plot, type Scene, type Series, sizeSuffix } from './plot.js';
import { logDomain, logTicks, tickLabel, tickLabelExpr } from './scales.js';
import { channelOf, ink, paper } from './theme.js';

/** The panels, from above. */
const panels = [
  { key: 'p50Ms', title: 'Median' },
  { key: 'p99Ms', title: '99th percentile' },
] as const satisfies readonly { key: PercentileKey; title: string }[];

interface Curve {
  readonly walk: Walk;
  readonly name: string;
  readonly series: Omit<Series, 'cell'>;
}

export function rateLatencyPlot(scene: Scene): Plot | undefined {
  const names = [...new Set(scene.models.flatMap((model) => model.targets.map((target) => target.name)))];
  const curves = scene.models.flatMap((model, resultIndex) =>
    walksOf(model).flatMap((walk, _, walks): Curve[] => {
      if (!sameSize(walk.size, scene.size) || !walk.steps.some((step) => step.cell.counted.length > 0)) return [];
      const letter = scene.overlay ? resultLetter(resultIndex) : undefined;
      const name = letter === undefined ? walk.label : `${walk.label} ${letter}`;
      const place = walks.filter((one) => one.target === walk.target).indexOf(walk);
      const { color } = channelOf(names.indexOf(walk.target));
      // The line's dash and dots tell the values of further axes apart.
      const channel = { ...channelOf(place === 0 ? names.indexOf(walk.target) : names.length + place - 1), color };
      return [{ walk, name, series: { model, label: walk.label, name, letter, channel, resultIndex } }];
    }),
  );
  if (curves.length === 0) return undefined;
  const ofWalks = {
    ...scene,
    series: curves.flatMap(({ walk, series }) => walk.steps.map(({ cell }) => ({ ...series, cell }))),
  };
  const head = headOf(
    ofWalks,
    'Latency against offered rate',
    'Receipt − intended send time. Line: median of the runs that kept the rate. Dots: runs. ×: a run in which the target fell behind; there latency is the length of a queue.',
    [`Sustained in every run: ${curves.map(sustainedText).join('; ')}.`],
  );
  return {
    name: `rate-latency-${sizeSuffix(scene)}`,
    head,
    description: curves.map(describe).join(' '),
    spec: specOf(curves, head),
    table: tableOf(
      [words('Target'), figures('Offered, messages/s'), figures('p50, ms'), figures('p99, ms'), words('Kept')],
      curves.flatMap(({ name, walk }) =>
        walk.steps.map((step) => [
          name,
          formatCount(step.ratePerSecond),
          ...panels.map(({ key }) => {
            const spread = keptLatency(step, key);
            return spread ? formatMs(spread.median) : nothing;
          }),
          keptText(step),
        ]),
      ),
      2,
    ),
  };
}

function sustainedText({ name, walk: { sustained } }: Curve): string {
  return `${name} ${sustained ? `${formatCount(sustained.ratePerSecond)}/s` : 'none of the rates'}`;
}

function keptText({ kept, behind }: Step): string {
  if (kept.length + behind.length === 0) return 'not run';
  if (behind.length === 0) return 'yes';
  return kept.length === 0 ? 'no' : `${kept.length} of ${kept.length + behind.length} runs`;
}

function describe({ name, walk }: Curve): string {
  const { sustained } = walk;
  const p99 = sustained && keptLatency(sustained, 'p99Ms');
  const best =
    sustained && p99
      ? `sustained ${formatCount(sustained.ratePerSecond)} messages per second (p99 ${formatMs(p99.median)} ms)`
      : 'sustained none of the rates';
  const end = walk.fellBehind ? `, fell behind at ${formatCount(walk.fellBehind.ratePerSecond)}` : '';
  return `${name}: ${best}${end}: ${whyText(walk)}.`;
}

function specOf(curves: readonly Curve[], head: Head): TopLevelSpec {
  const rates = curves.flatMap(({ walk }) =>
    walk.steps.filter((s) => s.kept.length + s.behind.length > 0).map((s) => s.ratePerSecond),
  );
  const [low, high] = [Math.min(...rates), Math.max(...rates)];
  const reach: [number, number] = low < high ? [low, high] : [low / 2, high * 2];
  const names = curves.map(({ name }) => name);
  const scaleOf = <T>(range: T[]) => ({ domain: names, range });
  const field = { field: 'series', type: 'nominal' } as const;
  const color = { ...field, scale: scaleOf(curves.map((c) => c.series.channel.color)), legend: null } as const;
  const shape = { ...field, scale: scaleOf(curves.map((c) => c.series.channel.shape)), legend: null } as const;
  const dashes = curves.map(({ series: { letter, channel, resultIndex } }) =>
    letter === undefined ? [...channel.dash] : ([[], [6, 3], [2, 3], [9, 3, 2, 3]][resultIndex % 4] ?? []),
  );
  const strokeDash = { ...field, scale: scaleOf(dashes), legend: null } as const;
  const drawn = panels.map(({ key, title }) => {
    const lines = curves.flatMap(({ name, walk }) =>
      walk.steps.flatMap((step) => {
        const spread = keptLatency(step, key);
        return spread
          ? [{ series: name, rate: step.ratePerSecond, median: spread.median, low: spread.low, high: spread.high }]
          : [];
      }),
    );
    const dots = curves.flatMap(({ name, walk }) =>
      walk.steps.flatMap((step) =>
        [...step.kept, ...step.behind].flatMap((run) =>
          run.latency && run.latency.endToEnd.count > 0
            ? [
                {
                  series: name,
                  run: run.id,
                  rate: step.ratePerSecond,
                  ms: run.latency.endToEnd[key],
                  kept: run.rate?.kept === true,
                },
              ]
            : [],
        ),
      ),
    );
    const values = dots.map(({ ms }) => ms).filter((ms) => ms > 0);
    const domain = logDomain(Math.min(...values), Math.max(...values));
    return { title, lines, dots, domain, ticks: logTicks(...domain) };
  });
  const ends = Math.max(...names.map((name) => textWidth(name, 12)));
  const width = panelWidth(drawn.flatMap(({ ticks }) => ticks.map(tickLabel))) - ends - 10;
  return {
    ...frame(head),
    spacing: 16,
    vconcat: drawn.map(({ title, lines, dots, domain, ticks }, i) => {
      const last = i === drawn.length - 1;
      const x = {
        field: 'rate',
        type: 'quantitative',
        scale: { type: 'log', domain: reach, nice: false },
        axis: {
          title: last ? 'Offered rate, messages per second' : null,
          labels: last,
          values: logTicks(...reach),
          labelExpr: tickLabelExpr,
          labelFlush: false,
          labelBound: false,
        },
      } as const;
      const y = {
        field: 'ms',
        type: 'quantitative',
        scale: { type: 'log', domain, nice: false },
        axis: { title: 'Milliseconds', values: ticks, labelExpr: tickLabelExpr, domain: false, ticks: false },
      } as const;
      const marks = { size: 46, opacity: 1 } as const;
      return {
        title: { text: title, fontSize: 12, fontWeight: 600 as const, offset: 6, frame: 'group' as const },
        width,
        height: panelHeight,
        layer: [
          {
            data: { values: lines },
            layer: [
              {
                mark: { type: 'area' as const, opacity: 0.16 },
                encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
              },
              {
                mark: { type: 'line' as const, strokeWidth: 2.2 },
                encoding: { x, y: { ...y, field: 'median' }, color, strokeDash },
              },
            ],
          },
          {
            data: { values: dots.filter((dot) => dot.kept) },
            mark: { type: 'point' as const, filled: true, stroke: paper, strokeWidth: 0.8, ...marks },
            encoding: { x, y, color, shape },
          },
          {
            data: { values: dots.filter((dot) => !dot.kept) },
            mark: { type: 'point' as const, filled: false, shape: crossing, strokeWidth: 1.8, ...marks, size: 60 },
            encoding: { x, y, color },
          },
          {
            data: { values: endLabels(dots, domain) },
            mark: {
              type: 'text' as const,
              align: 'left' as const,
              baseline: 'middle' as const,
              dx: 9,
              fontSize: 12,
              color: ink,
            },
            encoding: { x, y: { ...y, field: 'at' }, text: { field: 'series' } },
          },
        ],
      };
    }),
  };
}

/** Height of a panel in pixels. */
const panelHeight = 200;
/** Two strokes that cross; Vega's own "cross" is an upright plus that looks like a filled shape. */
const crossing = 'M-0.7,-0.7L0.7,0.7M-0.7,0.7L0.7,-0.7';

/** A name beside each curve's last point; pushed apart where curves end at the same rate. */
function endLabels(
  dots: readonly { readonly series: string; readonly rate: number; readonly ms: number }[],
  [low, high]: readonly [number, number],
): object[] {
  const perPixel = Math.log(high / low) / panelHeight;
  const lasts = new Map<string, { readonly rate: number; readonly ms: number }>();
  for (const dot of dots) if ((lasts.get(dot.series)?.rate ?? 0) <= dot.rate) lasts.set(dot.series, dot);
  const ends = [...lasts].map(([series, { rate, ms }]) => ({ series, rate, pixel: Math.log(ms / low) / perPixel }));
  return [...new Set(ends.map(({ rate }) => rate))].flatMap((rate) => {
    const there = ends.filter((end) => end.rate === rate);
    return pushApart(there, panelHeight).map(({ series, pixel }) => ({
      series,
      rate,
      at: low * Math.exp(pixel * perPixel),
    }));
  });
}
