/** Walks over rates: what each target sustained, and where it fell behind. */
import { sameSize, type Size, sizeText } from '../scenario/sizes.js';
import { type AxisPoint, pointId, pointText } from '../scenario/axes.js';
import type { CellText, Section } from './document.js';
import { formatCount, formatMs, nothing } from './format.js';
import { type CellModel, type ReportModel, type Spread, spreadOf } from './model.js';
import type { PercentileKey } from './model.js';
import { resultLetter } from './wording.js';
import type { RunRecord } from '../results/schema.js';

/** One rate of a walk. */
export interface Step {
  readonly ratePerSecond: number;
  readonly cell: CellModel;
  /** Runs in which the target kept up. */
  readonly kept: readonly RunRecord[];
  /** Runs in which it did not. */
  readonly behind: readonly RunRecord[];
}

/** One target's walk with messages of one size and one value of each further axis, over all repetitions. */
export interface Walk {
  readonly target: string;
  readonly label: string;
  readonly size: Size;
  /** Upwards. */
  readonly steps: readonly Step[];
  /** The highest rate that was kept in every repetition, and so was every lower one. */
  readonly sustained: Step | undefined;
  /** The highest rate that was kept in one of them. */
  readonly best: Step | undefined;
  /** The lowest rate at which a run fell behind. */
  readonly fellBehind: Step | undefined;
}

/** The walks of a result; none where it holds none. Pure. */
export function walksOf(model: ReportModel): Walk[] {
  return model.sizes.flatMap((size) =>
    model.targets.flatMap(({ name, label }) =>
      pointsAt(model).flatMap((axes): Walk[] => {
        const steps = model.cells.flatMap((cell): Step[] => {
          if (cell.target !== name || !sameSize(cell.size, size) || cell.ratePerSecond === undefined) return [];
          if (pointId(cell.axes) !== pointId(axes)) return [];
          const run = cell.runs.filter((r) => r.rate !== undefined);
          return [
            {
              ratePerSecond: cell.ratePerSecond,
              cell,
              kept: run.filter((r) => r.rate?.kept === true),
              behind: run.filter((r) => r.rate?.kept === false),
            },
          ];
        });
        if (steps.length === 0) return [];
        const firstBehind = steps.findIndex((step) => step.behind.length > 0 || step.kept.length === 0);
        const all = firstBehind === -1 ? steps : steps.slice(0, firstBehind);
        return [
          {
            target: name,
            label: [label, pointText(axes)].filter((part) => part !== '').join(', '),
            size,
            steps,
            sustained: all.at(-1),
            best: steps.findLast((step) => step.kept.length > 0),
            fellBehind: steps.find((step) => step.behind.length > 0),
          },
        ];
      }),
    ),
  );
}

/** The values of the further axes that its cells have, each combination once. */
function pointsAt({ cells }: ReportModel): AxisPoint[] {
  return [...new Map(cells.map(({ axes }) => [pointId(axes), axes])).values()];
}

/** End-to-end latency over the runs that kept the rate. */
export function keptLatency(step: Step, key: PercentileKey): Spread | undefined {
  return spreadOf(step.kept.flatMap((run) => (run.latency ? [run.latency.endToEnd[key]] : [])));
}

/** The highest rate that each target sustained. */
export function rateLatencySection(models: readonly ReportModel[]): Section {
  const several = models.length > 1;
  const rows = models.flatMap((model, i) => walksOf(model).map((walk) => ({ walk, letter: resultLetter(i) })));
  return {
    id: 'rate-latency',
    title: 'Highest rate sustained',
    block: {
      kind: 'table',
      keys: several ? 3 : 2,
      columns: [
        { label: 'Size', align: 'right' },
        { label: 'Target', align: 'left' },
        ...(several ? [{ label: 'Result', align: 'left' } as const] : []),
        { label: 'Sustained/s', align: 'right' },
        { label: 'p50 ms', align: 'right' },
        { label: 'p99 ms', align: 'right' },
        { label: 'Best/s', align: 'right' },
        { label: 'Fell behind at', align: 'right' },
        { label: 'Why', align: 'left', wide: true },
      ],
      rows: rows.map(({ walk, letter }): CellText[] => [
        { text: sizeText(walk.size) },
        { text: walk.label, tone: 'strong' },
        ...(several ? [{ text: letter }] : []),
        rateCell(walk.sustained, 'strong'),
        latencyCell(walk.sustained, 'p50Ms'),
        latencyCell(walk.sustained, 'p99Ms'),
        rateCell(walk.best),
        rateCell(walk.fellBehind),
        { text: whyText(walk) },
      ]),
    },
    notes: [
      'Sustained: the highest rate that was kept in every repetition, with the latency there (end to end, median over the runs). Best: in one of them. After a rate that was not kept a repetition’s walk stops. Kept: the generator was on schedule and the backlog did not grow; docs/measuring.md has the thresholds. The steps between rates bound how exact this is.',
    ],
  };
}

function rateCell(step: Step | undefined, tone?: CellText['tone']): CellText {
  if (!step) return { text: nothing, tone: 'dim' };
  const text = formatCount(step.ratePerSecond);
  return tone === undefined ? { text } : { text, tone };
}

function latencyCell(step: Step | undefined, key: PercentileKey): CellText {
  const spread = step && keptLatency(step, key);
  return spread ? { text: formatMs(spread.median) } : { text: nothing, tone: 'dim' };
}

/** Why the walk ended where it did. */
export function whyText({ fellBehind, steps }: Walk): string {
  const why = fellBehind?.behind[0]?.rate?.why;
  if (why !== undefined) return why;
  return steps.every((step) => step.cell.runs.length > 0)
    ? 'it kept the highest rate that was offered; its limit is above'
    : 'the walk was cut off';
}
