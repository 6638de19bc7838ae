/** Routing: what each subscriber had to get and what it got, a field for each subscriber and target. */
import type { TopLevelSpec } from 'vega-lite';
import { patternOf } from '../../scenario/pattern.js';
import { formatCount } from '../format.js';
import { scenarioOf } from '../model.js';
import { type SubscriberTotal, subscriberTotals } from '../pattern-sections.js';
import { bindingText, isSubscribed } from '../pattern-text.js';
import { emptyWord } from '../wording.js';
import { figures, tableOf, words } from './figures.js';
import { frame, type Head, headOf, panelWidth, type Plot, type Scene, type Series, sizeSuffix } from './plot.js';
import { channelOf, gridColor, ink, paper, softInk } from './theme.js';

interface Field {
  readonly target: string;
  readonly subscriber: string;
  readonly state: 'exact' | 'wrong' | 'absent';
  readonly text: string;
  readonly remark: string;
}

export function recipientsPlot(scene: Scene): Plot | undefined {
  const drawn = scene.series.filter((s) => isSubscribed(s.model.result.scenario));
  const totals = new Map(drawn.map((s) => [s, subscriberTotals(s.cell)]));
  if (![...totals.values()].some((own) => own.length > 0)) return undefined;
  const subscribers = labelsOf(drawn);
  const fields = drawn.flatMap((s) =>
    subscribers.map((subscriber, index) =>
      fieldOf(
        s,
        subscriber,
        totals.get(s)?.find((own) => own.consumer === index),
      ),
    ),
  );
  const head = headOf(
    scene,
    'What each subscriber received',
    'Received of expected messages, all runs together. ✓: those that its bindings ask for and no others. ✗: lost, unasked for, or twice where that is forbidden.',
  );
  return {
    name: `subscribers-${sizeSuffix(scene)}`,
    head,
    description: fields
      .map(
        ({ target, subscriber, text, remark }) =>
          `${target}, subscriber ${subscriber}: ${text}${remark === '' ? '' : `, ${remark}`}.`,
      )
      .join(' '),
    spec: specOf(head, drawn, subscribers, fields),
    table: tableOf(
      [words('Target'), words('Subscriber'), figures('Received of expected'), words('Remark')],
      fields.map(({ target, subscriber, text, remark }) => [target, subscriber, text, remark]),
      2,
    ),
  };
}

/** "0: kern.*, *.critical", by subscriber. */
function labelsOf(drawn: readonly Series[]): string[] {
  const [first] = drawn;
  if (!first) return [];
  const { scenario } = first.model.result;
  const count = first.cell.axes.consumers ?? scenario.consumers;
  return Array.from({ length: count }, (_, i) => `${i}: ${bindingText(patternOf(scenario.pattern), i)}`);
}

function fieldOf({ name, cell, model }: Series, subscriber: string, own: SubscriberTotal | undefined): Field {
  if (own === undefined)
    return { target: name, subscriber, state: 'absent', text: emptyWord(cell, model.result), remark: '' };
  const twice = scenarioOf(model.result, cell).guarantee === 'at-most-once' ? 'forbidden' : 'permitted';
  const found = [
    [own.lost, 'lost'],
    [own.duplicates, twice === 'permitted' ? 'twice, which is permitted' : 'twice'],
    [own.unexpected, 'unasked for'],
  ] as const;
  const remarks = found.flatMap(([count, what]) => (count > 0 ? [`${formatCount(count)} ${what}`] : []));
  const exact = own.lost + own.unexpected + (twice === 'forbidden' ? own.duplicates : 0) === 0;
  return {
    target: name,
    subscriber,
    state: exact ? 'exact' : 'wrong',
    text: `${exact ? '✓' : '✗'} ${formatCount(own.unique)} of ${formatCount(own.expected)}`,
    remark: [...(own.late ? ['came late'] : []), ...remarks].join(', '),
  };
}

const rowHeight = 48;

function specOf(head: Head, drawn: readonly Series[], subscribers: string[], fields: readonly Field[]): TopLevelSpec {
  const labelLimit = 200;
  const x = {
    field: 'target',
    type: 'nominal',
    scale: { domain: drawn.map(({ name }) => name), padding: 0.04 },
    axis: { title: null, orient: 'top', labelAngle: 0, labelColor: ink, ticks: false, domain: false },
  } as const;
  const y = {
    field: 'subscriber',
    type: 'nominal',
    scale: { domain: subscribers, padding: 0.08 },
    axis: { title: null, labelColor: ink, labelLimit, ticks: false, domain: false },
  } as const;
  const longest = subscribers.reduce((a, b) => (a.length > b.length ? a : b), '');
  const text = (field: string, rows: readonly Field[], dy: number, color: string, fontSize: number) => ({
    data: { values: [...rows] },
    mark: { type: 'text' as const, dy, fontSize, color },
    encoding: { x, y, text: { field } },
  });
  const plain = fields.filter(({ remark }) => remark === '');
  const remarked = fields.filter(({ remark }) => remark !== '');
  return {
    ...frame(head),
    width: Math.max(260, panelWidth([longest.slice(0, 30)])),
    height: subscribers.length * rowHeight,
    layer: [
      {
        data: { values: [...fields] },
        mark: { type: 'rect', fillOpacity: 0.3, stroke: paper },
        encoding: {
          x,
          y,
          color: {
            field: 'state',
            type: 'nominal',
            legend: null,
            scale: { domain: ['exact', 'wrong', 'absent'], range: [channelOf(2).color, channelOf(1).color, gridColor] },
          },
        },
      },
      text('text', plain, 0, ink, 12),
      text('text', remarked, -7, ink, 12),
      text('remark', remarked, 9, softInk, 11),
    ],
  };
}
