/** Publish and subscribe: messages that go in beside deliveries that come out. */
import { formatRate, nothing } from '../format.js';
import { spreadOf } from '../model.js';
import { isSubscribed } from '../pattern-text.js';
import { emptyWord } from '../wording.js';
import { figures, tableOf, words } from './figures.js';
import { groupedBars } from './grouped-bars.js';
import { headOf, type Plot, type Scene, sizeSuffix } from './plot.js';

const things = ['in', 'out'] as const;

export function fanOutPlot(scene: Scene): Plot | undefined {
  const drawn = scene.series.filter((s) => isSubscribed(s.model.result.scenario));
  if (!drawn.some((s) => s.cell.counted.length > 0)) return undefined;
  const groups = drawn.map(({ name, cell, model }) => ({
    name,
    values: [
      cell.counted.flatMap((run) => run.figures?.publishRate ?? []),
      cell.counted.flatMap((run) => run.figures?.throughput ?? []),
    ],
    ...(cell.counted.length === 0 ? { absent: emptyWord(cell, model.result) } : {}),
  }));
  const head = headOf(
    scene,
    'Fan-out',
    'In: messages published. Out: deliveries to all subscribers together. Bar: median. Each dot: a run.',
  );
  const medians = groups.map(({ name, values, absent }) => ({
    name,
    absent,
    figures: values.map((own) => spreadOf(own)?.median),
  }));
  return {
    name: `fan-out-${sizeSuffix(scene)}`,
    head,
    description: medians
      .map(({ name, absent, figures: [into = 0, out = 0] }) =>
        absent === undefined
          ? `${name}: ${formatRate(into)} messages per second in, ${formatRate(out)} deliveries per second out.`
          : `${name}: ${absent}.`,
      )
      .join(' '),
    spec: groupedBars(head, things, 'Per second', groups),
    table: tableOf(
      [words('Target'), figures('Messages/s in'), figures('Deliveries/s out')],
      medians.map(({ name, absent, figures: own }) => [
        name,
        ...own.map((figure) => (figure === undefined ? (absent ?? nothing) : formatRate(figure))),
      ]),
    ),
  };
}
