/** Fair dispatch: how long the work took, and how busy each worker was with it. */
import type { TasksRecord } from '../results/schema.js';
import { weightsText } from '../scenario/patterns/fair-dispatch.js';
import { patternOf } from '../scenario/pattern.js';
import { keyCells, keyColumns, medianCell } from './columns.js';
import type { CellText, Section } from './document.js';
import type { Entry } from './entries.js';
import { formatCount, formatShare, formatSignificant, nothing } from './format.js';
import { type CellModel, type Spread, spreadOf } from './model.js';
import { emptyCellText } from './wording.js';

/** What a cell's runs came to; workers from the busiest down, since who is the busiest differs from run to run. */
export interface TasksModel {
  readonly completion: Spread;
  /** Had the work been shared evenly. */
  readonly evenSeconds: number;
  readonly workers: readonly {
    readonly busySeconds: Spread;
    readonly busyShare: Spread;
    readonly tasks: Spread;
  }[];
  readonly mostHeld: number;
  readonly runs: readonly TasksRecord[];
}

/** Undefined where no run that counts had weights. */
export function tasksOf({ counted }: Pick<CellModel, 'counted'>): TasksModel | undefined {
  const runs = counted.flatMap(({ tasks }) => (tasks === undefined ? [] : [sorted(tasks)]));
  const completion = spreadOf(runs.map((run) => run.completionSeconds));
  const [first] = runs;
  if (!completion || !first) return undefined;
  return {
    completion,
    evenSeconds: first.evenSeconds,
    workers: first.workers.flatMap((_, place) => {
      const own = runs.flatMap(({ workers }) => workers[place] ?? []);
      const busySeconds = spreadOf(own.map((w) => w.busySeconds));
      const busyShare = spreadOf(own.map((w) => w.busyShare));
      const tasks = spreadOf(own.map((w) => w.tasks));
      return busySeconds && busyShare && tasks ? [{ busySeconds, busyShare, tasks }] : [];
    }),
    mostHeld: Math.max(...runs.flatMap(({ workers }) => workers.map((w) => w.mostHeld))),
    runs,
  };
}

function sorted(tasks: TasksRecord): TasksRecord {
  return { ...tasks, workers: tasks.workers.toSorted((a, b) => b.busySeconds - a.busySeconds) };
}

/** Completion time and busy shares. */
export function tasksSection(entries: readonly Entry[]): Section {
  const keys = keyColumns(entries);
  const weighted = entries.filter(({ model }) => patternOf(model.result.scenario.pattern).kind === 'fair-dispatch');
  const weights = weighted.flatMap(({ model }) => {
    const pattern = patternOf(model.result.scenario.pattern);
    return pattern.kind === 'fair-dispatch' ? (pattern.weightings ?? [pattern.weights]).map(weightsText) : [];
  });
  return {
    id: 'tasks',
    title: 'Work and workers',
    block: {
      kind: 'table',
      keys: keys.length,
      columns: [
        ...keys,
        { label: 'Done after s', align: 'right' },
        { label: 'Evenly s', align: 'right' },
        { label: 'Busy, from the busiest worker down', align: 'right' },
        { label: 'Messages each', align: 'right' },
        { label: 'Most held', align: 'right' },
        { label: 'Dispatch', align: 'left' },
      ],
      rows: weighted.map((entry): CellText[] => {
        const { cell, model } = entry;
        const tasks = tasksOf(cell);
        const record = model.targets.find((t) => t.name === cell.target)?.record;
        if (!tasks)
          return [
            ...keyCells(entry),
            { text: emptyCellText(cell, model.result), tone: 'bad' },
            ...Array.from({ length: 5 }, () => ({ text: nothing, tone: 'dim' as const })),
          ];
        return [
          ...keyCells(entry),
          medianCell(tasks.completion, formatSignificant, 'strong'),
          { text: formatSignificant(tasks.evenSeconds), tone: 'dim' },
          { text: tasks.workers.map((w) => formatShare(w.busyShare.median)).join(', ') },
          { text: tasks.workers.map((w) => formatCount(w.tasks.median)).join(', ') },
          { text: formatCount(tasks.mostHeld) },
          { text: record?.dispatch ?? nothing },
        ];
      }),
    },
    notes: [
      ...[...new Set(weights)].map((text) => `Weights: ${text}. A message counts as received when its work is done.`),
      'Done: from the first send to the end of the last work. Evenly: all weights ÷ workers, the least that is possible. Busy: share of that time in which a worker had a message to work on; medians, and the range is in the plot. Most held: messages that one worker had and had not acknowledged.',
    ],
  };
}
