/** What a plot is, and what its head says. */
import type { TopLevelSpec } from 'vega-lite';
import type { TableBlock } from '../document.js';
import { textWidth, wrapText } from '../font.js';
import { formatSize, plural, withoutFullStop } from '../format.js';
import type { CellModel, ReportModel } from '../model.js';
import { versionMark } from '../model.js';
import { loadText, resultLetter, runsText } from '../wording.js';
import { type Channel, channelOf, config, padding, paper, plotWidth, textSpan } from './theme.js';

/** A picture before it is drawn, and the same in words and figures. */
export interface Plot {
  /** File name without its ending, e.g. `throughput-100B`. */
  readonly name: string;
  readonly title: string;
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
  /** By target. */
  readonly channel: Channel;
  /** Place of the result in an overlay, from 0. */
  readonly resultIndex: number;
}

/** All that a plot of one message size shows. */
export interface Scene {
  readonly models: readonly ReportModel[];
  readonly sizeBytes: number;
  /** By target, then by result; those without runs too. */
  readonly series: readonly Series[];
  readonly overlay: boolean;
  /** Labels of the targets that have figures at this size. */
  readonly targets: readonly string[];
}

/** The scene for each message size. */
export function scenesOf(models: readonly ReportModel[]): Scene[] {
  const overlay = models.length > 1;
  const names = [...new Set(models.flatMap((model) => model.targets.map((target) => target.name)))];
  const sizes = [...new Set(models.flatMap((model) => model.sizes))].sort((a, b) => a - b);
  const marked = new Set(
    models.flatMap((model) => model.targets.filter((t) => t.record?.versionWarning !== undefined).map((t) => t.name)),
  );
  return sizes.map((sizeBytes) => {
    const series = names.flatMap((name, index) =>
      models.flatMap((model, resultIndex): Series[] => {
        const cell = model.cells.find((c) => c.target === name && c.sizeBytes === sizeBytes);
        const letter = overlay ? resultLetter(resultIndex) : undefined;
        const label = marked.has(name) ? `${name} ${versionMark}` : name;
        return cell
          ? [
              {
                model,
                cell,
                label,
                name: letter === undefined ? label : `${label} ${letter}`,
                letter,
                channel: channelOf(index),
                resultIndex,
              },
            ]
          : [];
      }),
    );
    const targets = [...new Set(series.filter((s) => s.cell.runs.some((run) => run.figures)).map((s) => s.label))];
    return { models, sizeBytes, series, overlay, targets };
  });
}

const titleSize = 16;
const subtitleSize = 12;

/** Title and subtitle: what it is, how it was measured, what a confirm means, what is missing. */
export function headOf(
  scene: Scene,
  title: string,
  reading: string,
  cautions: readonly string[] = [],
): { text: string[]; subtitle: string[] } {
  const warned = new Map(
    scene.models.flatMap((model) =>
      model.targets.flatMap(({ name, record }) =>
        record?.versionWarning === undefined ? [] : [[`${name} ${record.version ?? ''}`.trim(), record] as const],
      ),
    ),
  );
  const mark = warned.size === 0 ? '' : `(${versionMark} unsupported: ${[...warned.keys()].join(', ')})`;
  const whole = wrapText(`${title} ${mark}`, textSpan, titleSize, { bold: true });
  const loads = [
    ...new Set(
      scene.models.map(
        ({ result: { scenario: s } }) =>
          `${plural(s.producers, 'producer')}, ${plural(s.consumers, 'consumer')}, ${s.guarantee}, ${loadText(s)}`,
      ),
    ),
  ];
  const cells = scene.series.map((s) => s.cell);
  const lines = [
    `${capital(runsText(cells))}. ${reading}`,
    ...(cautions.length > 0 ? [cautions.join(' ')] : []),
    ...loads.map((text) => `${text}.`),
    ...(scene.overlay ? scene.models.map((model, i) => `${resultLetter(i)} is ${model.result.id}.`) : []),
    ...absences(scene),
  ];
  return {
    text:
      whole.length === 1 ? whole : [title, mark].flatMap((line) => wrapText(line, textSpan, titleSize, { bold: true })),
    subtitle: [...lines.flatMap((line) => wrapText(line, textSpan, subtitleSize, { most: 2 })), ...confirmLines(scene)],
  };
}

/** What is not in the picture and should be. */
function absences(scene: Scene): string[] {
  return scene.models.flatMap(({ result }, i) => {
    const of = scene.overlay ? ` (${resultLetter(i)})` : '';
    return [
      ...(result.partial ? [`Partial result${of}: ${withoutFullStop(result.partialReason ?? 'cut off')}.`] : []),
      ...result.missing.map(({ target, reason }) => `Missing${of}: ${target} (${withoutFullStop(reason)}).`),
    ];
  });
}

/** What it means on each target that a message counts as confirmed: one paragraph, the tables have the whole text. */
function confirmLines(scene: Scene): string[] {
  const meanings = new Set<string>();
  for (const { model, cell } of scene.series) {
    const record = model.targets.find((t) => t.name === cell.target)?.record;
    if (record) meanings.add(`${cell.target}: ${withoutFullStop(record.confirmMeans)}.`);
  }
  if (meanings.size === 0) return [];
  return wrapText(`A confirm means: ${[...meanings].join(' ')}`, textSpan, subtitleSize, { most: 5 });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The frame of a specification. */
export function frame(head: { text: string[]; subtitle: string[] }) {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: paper,
    padding,
    config,
    title: head,
  } as const;
}

/** Width of a panel beside a vertical axis with these labels and a title. */
export function panelWidth(axisLabels: readonly string[]): number {
  const labels = Math.max(0, ...axisLabels.map((label) => textWidth(label, 12)));
  return Math.floor(plotWidth - 2 * padding - labels - 40);
}

/** The part of a file name that says which size. */
export function sizeSuffix(scene: Scene): string {
  return `${scene.sizeBytes}B`;
}

export function titleOf(what: string, scene: Scene): string {
  return `${what}, ${formatSize(scene.sizeBytes)} messages`;
}
