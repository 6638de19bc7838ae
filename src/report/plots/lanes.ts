/** Cells below each other, one lane each, those that were refused with the reason in place of figures. */
import type { Result } from '../../results/schema.js';
import { type AxisPoint, comparePoints } from '../../scenario/axes.js';
import { sameSize } from '../../scenario/sizes.js';
import { textWidth, wrapText } from '../font.js';
import { withoutFullStop } from '../format.js';
import type { CellModel, ReportModel } from '../model.js';
import { resultLetter } from '../wording.js';
import { panelWidth, type Scene } from './plot.js';
import { type Channel, channelOf, ink, softInk } from './theme.js';

/** What is in a lane: a cell that was run, or one that was refused and why. */
export type Occupant = { readonly cell: CellModel } | { readonly refused: Result['refused'][number] };

export interface Lane {
  /** Middle of the lane, which is 1 high. */
  readonly at: number;
  /** Names the lane in tables. */
  readonly label: string;
  /** What stands above it where a group begins. */
  readonly group: string | undefined;
  /** What stands beside it. */
  readonly lines: readonly string[];
  readonly occupant: Occupant;
  /** By target. */
  readonly channel: Channel;
}

/** What a lane is called: lanes of a group stand together. */
export interface LaneName {
  readonly group: string;
  readonly own: string;
}

const labelSize = 12;
const labelLineHeight = 15;
/** Pixels of the widest label. */
const mostLabel = 170;
/** Room above a group for its name, in lanes. */
const gap = 0.62;

interface Named extends LaneName {
  readonly place: number;
  readonly axes: AxisPoint;
  readonly occupant: Occupant;
  readonly channel: Channel;
  readonly letter: string | undefined;
}

/** The scene of a size without the values that set it apart from others of that size: lanes show all of them. */
export function wholeScene(scene: Scene): Scene {
  return { ...scene, point: {} };
}

/**
 * A lane for every cell of the scene's size and every one that was refused, whichever axes vary, by groups.
 * @param nameOf the names of what is in a lane
 * @param label of its target
 */
export function lanesOf(
  { models, size, overlay }: Scene,
  nameOf: (occupant: Occupant, label: string, model: ReportModel) => LaneName,
): Lane[] {
  const targets = [...new Set(models.flatMap((model) => model.targets.map(({ name }) => name)))];
  const named = models.flatMap((model, index): Named[] => {
    const occupants = model.cells
      .filter((cell) => sameSize(cell.size, size))
      .map((cell): Occupant => {
        const refused = model.result.refused.find((one) => one.cell.id === cell.id);
        return refused === undefined ? { cell } : { refused };
      });
    return occupants.map((occupant) => {
      const { target, axes = {} } = 'cell' in occupant ? occupant.cell : occupant.refused.cell;
      const place = targets.indexOf(target);
      const label = model.targets.find(({ name }) => name === target)?.label ?? target;
      return {
        ...nameOf(occupant, label, model),
        ...{ occupant, place, axes },
        channel: channelOf(Math.max(0, place)),
        letter: overlay ? resultLetter(index) : undefined,
      };
    });
  });
  const byAxes = comparePoints(named.map(({ axes }) => axes));
  const ordered = named.toSorted((a, b) => a.place - b.place || byAxes(a.axes, b.axes));
  const groups = [...new Set(ordered.map(({ group }) => group))];
  const sorted = ordered.toSorted((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
  let at = 0;
  return sorted.map(({ group, own, occupant, channel, letter }, index): Lane => {
    const begins = sorted[index - 1]?.group !== group;
    at += (index > 0 ? 1 : 0) + (begins ? gap : 0);
    const whole = letter === undefined ? own : `${own} ${letter}`.trim();
    return {
      at,
      label: [group, whole].filter((part) => part !== '').join(', '),
      group: begins && group !== '' ? group : undefined,
      lines: whole === '' ? [] : wrapText(whole, mostLabel, labelSize),
      occupant,
      channel,
    };
  });
}

/** The axis of the lanes; the specification needs their names as the parameter `lanes`. */
export function laneAxis(lanes: readonly Lane[]) {
  const last = lanes.at(-1)?.at ?? 0;
  return {
    type: 'quantitative',
    scale: { domain: [last + 0.6, 0] as [number, number], nice: false, zero: false },
    axis: {
      title: null,
      values: lanes.map(({ at }) => at),
      labelExpr: 'lanes[indexof(places, datum.value)]',
      labelColor: ink,
      labelLineHeight,
      // The lines are centred on the lane.
      labelOffset: { expr: '-(length(lanes[indexof(places, datum.value)]) - 1) * 7.5' },
      labelOverlap: false,
      labelLimit: mostLabel + 10,
      grid: false,
      ticks: false,
      domain: false,
    },
  } as const;
}

/** What {@link laneAxis} reads. */
export function laneParams(lanes: readonly Lane[]) {
  return [
    { name: 'lanes', value: lanes.map(({ lines }) => [...lines]) },
    { name: 'places', value: lanes.map(({ at }) => at) },
  ];
}

/** Width beside the labels. */
export function laneWidth(lanes: readonly Lane[]): number {
  const widest = Math.max(0, ...lanes.flatMap(({ lines }) => lines.map((line) => textWidth(line, labelSize))));
  return panelWidth([]) - Math.min(mostLabel, Math.ceil(widest));
}

/** @param pixels of one lane */
export function laneHeight(lanes: readonly Lane[], pixels: number): number {
  return Math.round(((lanes.at(-1)?.at ?? 0) + 0.6) * pixels);
}

/** The groups' names, each above its first lane. */
export function groupLayer(lanes: readonly Lane[], y: ReturnType<typeof laneAxis>) {
  return {
    data: {
      values: lanes.flatMap(({ at, group }) => (group === undefined ? [] : [{ at: at - 0.5 - gap / 2, group }])),
    },
    mark: {
      type: 'text' as const,
      align: 'left' as const,
      baseline: 'middle' as const,
      fontSize: labelSize,
      fontWeight: 600 as const,
      color: ink,
      x: 0,
    },
    encoding: { y: { ...y, field: 'at' }, text: { field: 'group' } },
  };
}

/** The reasons, where figures would be. */
export function refusedLayer(lanes: readonly Lane[], y: ReturnType<typeof laneAxis>) {
  const width = laneWidth(lanes) - 12;
  const refused = lanes.flatMap(({ at, occupant }) =>
    'refused' in occupant
      ? [{ at, text: wrapText(`refused: ${withoutFullStop(occupant.refused.reason)}`, width, 11, { most: 3 }) }]
      : [],
  );
  if (refused.length === 0) return [];
  return [
    {
      data: { values: refused },
      mark: {
        type: 'text' as const,
        align: 'left' as const,
        baseline: 'middle' as const,
        fontSize: 11,
        lineHeight: 14,
        color: softInk,
        x: 6,
      },
      encoding: { y: { ...y, field: 'at' }, text: { field: 'text' } },
    },
  ];
}
