/** What a plot is, and what its head says. */
import type { Config, TopLevelSpec } from 'vega-lite';
import type { Result } from '../../results/schema.js';
import type { TableBlock } from '../document.js';
import { textWidth, wrapText } from '../font.js';
import { distinctSizes, sameSize, type Size, sizeKey, sizeText } from '../../scenario/sizes.js';
import { type AxisPoint, axesOf, comparePoints, pointId, pointText } from '../../scenario/axes.js';
import { withoutFullStop } from '../format.js';
import type { CellModel, ReportModel } from '../model.js';
import { versionMark } from '../model.js';
import { guaranteeText, loadText, resultLetter, runsText, workersText, workNotes } from '../wording.js';
import { type Channel, channelOf, config, padding, paper, plotWidth, textSpan } from './theme.js';

/** A picture before it is drawn, and the same in words and figures. */
export interface Plot {
  /** File name without its ending, e.g. `throughput-100B`. */
  readonly name: string;
  readonly head: Head;
  /** What it shows, in sentences. */
  readonly description: string;
  readonly spec: TopLevelSpec;
  /** The figures drawn. */
  readonly table: TableBlock;
}

/** One cell in a plot: its figures and how they are drawn. */
export interface Series {
  readonly model: ReportModel;
  readonly cell: CellModel;
  /** The target's name, marked where its version needs a warning. */
  readonly label: string;
  /** "kafka", or "kafka A" where results are laid over each other. */
  readonly name: string;
  /** A, B, … */
  readonly letter: string | undefined;
  /** The colour is the target's; so are shape and dash, but where further axes vary: then they tell their values apart. */
  readonly channel: Channel;
  /** Place of the result in an overlay, from 0. */
  readonly resultIndex: number;
}

/** All that a plot of one message size shows, or some of its cells where those are many; the steps of a walk over rates have a plot of their own. */
export interface Scene {
  readonly models: readonly ReportModel[];
  readonly size: Size;
  /** The values of axes that all of its cells share and other scenes do not. */
  readonly point: AxisPoint;
  /** The first scene of its size: where plots stand that show all cells of the size. */
  readonly leads: boolean;
  /** By target, then by result; those without runs too. */
  readonly series: readonly Series[];
  readonly overlay: boolean;
  /** Labels of the targets that have figures at this size. */
  readonly targets: readonly string[];
}

/** More series than this are a picture for each value of an axis. */
const mostSeries = 9;

/** The scenes of each message size. */
export function scenesOf(models: readonly ReportModel[]): Scene[] {
  const overlay = models.length > 1;
  const names = [...new Set(models.flatMap((model) => model.targets.map((target) => target.name)))];
  const sizes = distinctSizes(models.flatMap((model) => model.sizes));
  const marked = new Set(
    models.flatMap((model) => model.targets.filter((t) => t.record?.versionWarning !== undefined).map((t) => t.name)),
  );
  return sizes.flatMap((size) => {
    const cells = models.flatMap((model) =>
      model.cells.filter((cell) => sameSize(cell.size, size) && cell.ratePerSecond === undefined),
    );
    // A size of a walk has no such cell, and a scene of its own all the same.
    const points = cells.length === 0 ? [{}] : distinctPoints(cells);
    return slicesOf(points, Math.floor(mostSeries / (names.length * models.length))).map(
      ({ point, own }, slice): Scene => {
        const axes = axesOf(own).filter((name) => point[name] === undefined);
        const series = names.flatMap((name, index) =>
          own.flatMap((at, place) =>
            models.flatMap((model, resultIndex): Series[] => {
              const cell = model.cells.find(
                (c) =>
                  c.target === name &&
                  sameSize(c.size, size) &&
                  c.ratePerSecond === undefined &&
                  pointId(c.axes) === pointId(at),
              );
              if (!cell) return [];
              const letter = overlay ? resultLetter(resultIndex) : undefined;
              const values = pointText(Object.fromEntries(axes.map((axis) => [axis, at[axis]])));
              const target = marked.has(name) ? `${name} ${versionMark}` : name;
              // A value stays with its name where lines are broken.
              const label = values === '' ? target : `${target}, ${values.replaceAll(/ (?=\d)/g, '\u00a0')}`;
              const { color } = channelOf(index);
              return [
                {
                  model,
                  cell,
                  label,
                  name: letter === undefined ? label : `${label} ${letter}`,
                  letter,
                  channel: axes.length === 0 ? channelOf(index) : { ...channelOf(place), color },
                  resultIndex,
                },
              ];
            }),
          ),
        );
        const targets = [...new Set(series.filter((s) => s.cell.runs.some((run) => run.figures)).map((s) => s.label))];
        return { models, size, point, leads: slice === 0, series, overlay, targets };
      },
    );
  });
}

/** The points of cells, each once, in order. */
export function distinctPoints(cells: readonly { readonly axes: AxisPoint }[]): AxisPoint[] {
  const points = [...new Map(cells.map(({ axes }) => [pointId(axes), axes])).values()];
  return points.toSorted(comparePoints(points));
}

/** At most so many points together: while they are more, by the values of one axis after another. */
function slicesOf(points: readonly AxisPoint[], most: number): { point: AxisPoint; own: readonly AxisPoint[] }[] {
  let slices: { point: AxisPoint; own: readonly AxisPoint[] }[] = [{ point: {}, own: points }];
  for (const name of axesOf(points)) {
    if (slices.every(({ own }) => own.length <= Math.max(1, most))) break;
    slices = slices.flatMap(({ point, own }) =>
      [...new Set(own.map((at) => at[name]))].map((value) => ({
        point: value === undefined ? point : { ...point, [name]: value },
        own: own.filter((at) => at[name] === value),
      })),
    );
  }
  return slices;
}

const titleSize = 16;
const subtitleSize = 12;

/** What stands above a plot, not yet broken into lines. */
export interface Head {
  readonly title: string;
  /** What it shows, how it was measured, what is missing: a sentence or two each. */
  readonly notes: readonly string[];
  /** What a confirm means on each target; empty without targets. */
  readonly confirms: string;
}

/**
 * The head of a plot.
 * @param reading how to read it
 * @param cautions what it does not show, though it may seem so
 */
export function headOf(scene: Scene, what: string, reading: string, cautions: readonly string[] = []): Head {
  const warned = new Set(
    scene.models.flatMap((model) =>
      model.targets.flatMap(({ name, record }) =>
        record?.versionWarning === undefined ? [] : [`${name} ${record.version ?? ''}`.trim()],
      ),
    ),
  );
  const loads = new Set(
    scene.models.map(
      ({ result: { scenario: s } }) =>
        `${workersText(s)}${workNotes[s.work ?? 'transfer']}, ${guaranteeText(s)}, ${loadText(s)}.`,
    ),
  );
  return {
    title: `${[what, `${sizeText(scene.size)} messages`, pointText(scene.point)].filter((part) => part !== '').join(', ')}${warned.size === 0 ? '' : ` (${versionMark} unsupported: ${[...warned].join(', ')})`}`,
    notes: [
      `${capital(runsText(scene.series.map((s) => s.cell)))}. ${reading}`,
      ...(cautions.length > 0 ? [cautions.join(' ')] : []),
      ...loads,
      ...(scene.overlay ? scene.models.map((model, i) => `${resultLetter(i)} is ${model.result.id}.`) : []),
      ...absences(scene),
    ],
    confirms: confirmText(scene),
  };
}

/** What is not in the picture and should be. */
function absences(scene: Scene): string[] {
  return scene.models.flatMap(({ result }, i) => {
    const of = scene.overlay ? ` (${resultLetter(i)})` : '';
    return [
      ...(result.partial ? [`Partial result${of}: ${withoutFullStop(result.partialReason ?? 'cut off')}.`] : []),
      ...result.missing.map(({ target, reason }) => `Missing${of}: ${target} (${withoutFullStop(reason)}).`),
      ...refusals(result, of),
    ];
  });
}

/** Targets that cannot do this; each reason once. */
function refusals({ refused }: Result, of: string): string[] {
  const reasons = new Map(refused.map(({ cell, reason }) => [`${cell.target} (${withoutFullStop(reason)})`, true]));
  return [...reasons.keys()].map((text) => `Refused${of}: ${text}.`);
}

/** What it means on each target that a message counts as confirmed. */
function confirmText(scene: Scene): string {
  const meanings = new Set<string>();
  for (const { model, cell } of scene.series) {
    const record = model.targets.find((t) => t.name === cell.target)?.record;
    const own = record?.byGuarantee?.find(({ guarantee }) => guarantee === cell.axes.guarantee);
    if (own) meanings.add(`${cell.target}, ${own.guarantee}: ${withoutFullStop(own.confirmMeans)}.`);
    else if (record) meanings.add(`${cell.target}: ${withoutFullStop(record.confirmMeans)}.`);
  }
  return meanings.size === 0 ? '' : `A confirm means: ${[...meanings].join(' ')}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What every specification begins with. */
interface Frame {
  readonly $schema: string;
  readonly background: string;
  readonly padding: number;
  readonly config: Config;
  readonly title: { text: string[]; subtitle: string[] };
}

/** The frame of a specification: its head as title and subtitle, in lines that fit. */
export function frame({ title, notes, confirms }: Head): Frame {
  const bold = { bold: true };
  const whole = wrapText(title, textSpan, titleSize, bold);
  // Better a break before the remark than within it.
  const lines =
    whole.length === 1 ? whole : title.split(/ (?=\()/).flatMap((part) => wrapText(part, textSpan, titleSize, bold));
  const subtitle = [
    ...notes.flatMap((note) => wrapText(note, textSpan, subtitleSize, { most: 2 })),
    ...wrapText(confirms, textSpan, subtitleSize, { most: 5 }),
  ];
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: paper,
    padding,
    config,
    title: { text: lines, subtitle },
  };
}

/** Width of a panel beside a vertical axis with these labels and a title. */
export function panelWidth(axisLabels: readonly string[]): number {
  const labels = Math.max(0, ...axisLabels.map((label) => textWidth(label, 12)));
  return Math.floor(plotWidth - 2 * padding - labels - 40);
}

/** The part of a file name that says which cells, as in their ids. */
export function sizeSuffix({ size, point }: Pick<Scene, 'size' | 'point'>): string {
  const axes = axesOf([point]).map((name) => `-${name}-${point[name]}`);
  return sizeKey(size) + axes.join('');
}
