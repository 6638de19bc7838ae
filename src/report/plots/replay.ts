/** Replay: the first reading beside the second. */
import { formatRate, nothing } from '../format.js';
import { spreadOf } from '../model.js';
import { replayRates } from '../pattern-sections.js';
import { emptyWord } from '../wording.js';
import { figures, tableOf, words } from './figures.js';
import { groupedBars } from './grouped-bars.js';
import { headOf, type Plot, type Scene, sizeSuffix } from './plot.js';

const things = ['first', 'again'] as const;

export function replayPlot(scene: Scene): Plot | undefined {
  if (!scene.series.some((s) => replayRates(s.cell).length > 0)) return undefined;
  const groups = scene.series.map(({ name, cell, model }) => ({
    name,
    values: [cell.counted.flatMap((run) => run.figures?.throughput ?? []), replayRates(cell)],
    ...(cell.counted.length === 0 ? { absent: emptyWord(cell, model.result) } : {}),
  }));
  const head = headOf(
    scene,
    'Reading again',
    'First: throughput while the producer sends. Again: the same messages read from the beginning. Bar: median. Each dot: a run.',
  );
  const rows = groups.map(({ name, values, absent }) => ({
    name,
    texts: values.map((own) => {
      const median = spreadOf(own)?.median;
      return median === undefined ? (absent ?? nothing) : formatRate(median);
    }),
  }));
  return {
    name: `replay-${sizeSuffix(scene)}`,
    head,
    description: rows.map(({ name, texts: [first, again] }) => `${name}: ${first} first, ${again} again.`).join(' '),
    spec: groupedBars(head, things, 'Messages per second', groups),
    table: tableOf(
      [words('Target'), figures('First, messages/s'), figures('Again, messages/s')],
      rows.map(({ name, texts }) => [name, ...texts]),
    ),
  };
}
