/** The report in a few sentences, for whoever reads nothing else; every one of them follows from a table below it. */
import { plural } from '../plural.js';
import { sameSize, sizeText } from '../scenario/sizes.js';
import type { Fact, Section } from './document.js';
import { formatCount, formatMs, formatRate } from './format.js';
import { type CellModel, counts, type ReportModel, type Spread } from './model.js';
import { boundText, resultLetter, statusText } from './wording.js';
import { keptLatency, walksOf } from './walk.js';

/** What was found out, by question. Pure. */
export function summarySection(models: readonly ReportModel[]): Section {
  const questions: readonly { readonly term: string; readonly facts: (model: ReportModel) => Fact[] }[] = [
    { term: 'Who moved how much?', facts: throughputFacts },
    { term: 'How long did a message take?', facts: latencyFacts },
    { term: 'Did every message arrive?', facts: deliveryFacts },
    { term: 'How far can it be believed?', facts: trustFacts },
  ];
  const several = models.length > 1;
  return {
    id: 'summary',
    title: 'Summary',
    block: {
      kind: 'terms',
      terms: questions
        .map(({ term, facts }) => ({
          term,
          facts: models.flatMap((model, i) =>
            facts(model).map((fact) =>
              several
                ? { ...fact, label: [resultLetter(i), fact.label].filter((part) => part !== '').join(', ') }
                : fact,
            ),
          ),
        }))
        .filter(({ facts }) => facts.length > 0),
    },
    notes: [],
  };
}

/** A fact a message size, of the cells that are no steps of a walk. */
function bySize(model: ReportModel, text: (cells: readonly CellModel[]) => string | undefined): Fact[] {
  return model.sizes.flatMap((size) => {
    const told = text(model.cells.filter((cell) => sameSize(cell.size, size) && cell.ratePerSecond === undefined));
    return told === undefined ? [] : [{ label: sizeText(size), text: told }];
  });
}

/** Targets with a figure, the best first. */
function ranked(
  cells: readonly CellModel[],
  of: (cell: CellModel) => Spread | undefined,
  best: 'highest' | 'lowest',
): { cell: CellModel; spread: Spread }[] {
  const sign = best === 'highest' ? -1 : 1;
  return cells
    .flatMap((cell) => {
      const spread = of(cell);
      return spread ? [{ cell, spread }] : [];
    })
    .sort((a, b) => sign * (a.spread.median - b.spread.median));
}

function throughputFacts(model: ReportModel): Fact[] {
  const walks = walksOf(model).map(({ label, size, sustained }): Fact => ({
    label: sizeText(size),
    text: sustained
      ? `${label} kept up with ${formatCount(sustained.ratePerSecond)} messages a second in every run.`
      : `${label} kept up with none of the rates in every run.`,
  }));
  return [
    ...bySize(model, (cells) => {
      const [first, ...others] = ranked(cells, ({ throughput }) => throughput, 'highest');
      if (!first) return undefined;
      const rest = others.map(({ cell, spread }) => `${cell.target} ${formatRate(spread.median)}`);
      const overlap = others.some(({ spread }) => spread.high >= first.spread.low);
      return [
        `${first.cell.target} ${formatRate(first.spread.median)} messages a second`,
        ...(rest.length > 0 ? [`, ${rest.join(', ')}`] : []),
        '.',
        overlap ? ' The runs of the first overlap with those of another: the order is not certain.' : '',
      ].join('');
    }),
    ...walks,
  ];
}

function latencyFacts(model: ReportModel): Fact[] {
  if (model.saturated)
    return [
      {
        label: '',
        text: 'At full speed a message mostly waits in the queue, so these runs cannot tell; a fixed-rate scenario (mqbench run latency) can.',
      },
    ];
  return [
    ...bySize(model, (cells) => {
      const all = ranked(cells, ({ latency }) => latency?.endToEnd?.p99Ms, 'lowest');
      if (all.length === 0) return undefined;
      const texts = all.map(({ cell, spread }) => {
        const half = cell.latency?.endToEnd?.p50Ms;
        return `${cell.target} half within ${half ? formatMs(half.median) : '–'} ms, 99 of 100 within ${formatMs(spread.median)} ms`;
      });
      return `${texts.join('; ')}.`;
    }),
    ...walksOf(model).flatMap(({ label, size, sustained }): Fact[] => {
      const p99 = sustained && keptLatency(sustained, 'p99Ms');
      return p99
        ? [
            {
              label: sizeText(size),
              text: `${label} at ${formatCount(sustained.ratePerSecond)} messages a second: 99 of 100 within ${formatMs(p99.median)} ms.`,
            },
          ]
        : [];
    }),
  ];
}

function deliveryFacts(model: ReportModel): Fact[] {
  const totals = model.cells.flatMap(({ target, delivery }) => (delivery ? [{ target, delivery }] : []));
  if (totals.length === 0) return [];
  const confirmed = totals.reduce((sum, { delivery }) => sum + delivery.confirmed, 0);
  const guilty = (of: 'lost' | 'corrupt' | 'duplicates') => {
    const by = new Map<string, number>();
    for (const { target, delivery } of totals)
      if (delivery[of] > 0) by.set(target, (by.get(target) ?? 0) + delivery[of]);
    return [...by].map(([target, n]) => `${target} ${formatCount(n)}`).join(', ');
  };
  const [lost, corrupt, duplicates] = [guilty('lost'), guilty('corrupt'), guilty('duplicates')];
  return [
    lost === '' && corrupt === ''
      ? {
          label: '',
          text: `Yes: of ${formatCount(confirmed)} confirmed messages none was lost or damaged.`,
          tone: 'good',
        }
      : {
          label: '',
          text: `No. ${[lost === '' ? '' : `Confirmed and lost: ${lost}.`, corrupt === '' ? '' : `Damaged: ${corrupt}.`].filter((text) => text !== '').join(' ')}`,
          tone: 'bad',
        },
    ...(duplicates === '' ? [] : [{ label: '', text: `Delivered more than once: ${duplicates}.` }]),
  ];
}

function trustFacts(model: ReportModel): Fact[] {
  const { runs } = model.result;
  const counted = runs.filter(counts);
  const bounds = new Map<string, number>();
  for (const { verdict } of counted)
    bounds.set(boundText(verdict.bound), (bounds.get(boundText(verdict.bound)) ?? 0) + 1);
  const excluded = new Map<string, number>();
  for (const run of runs)
    if (!counted.includes(run)) excluded.set(statusText(run), (excluded.get(statusText(run)) ?? 0) + 1);
  const listed = (of: ReadonlyMap<string, number>) =>
    [...of].map(([what, n]) => `${what} ${formatCount(n)}`).join(', ');
  const caveats = model.cells.filter(({ caveat }) => caveat !== undefined);
  return [
    {
      label: '',
      text: `${counted.length} of ${plural(runs.length, 'run')} count${excluded.size > 0 ? ` (${listed(excluded)})` : ''}.${bounds.size > 0 ? ` Limited by: ${listed(bounds)}.` : ''}`,
    },
    ...(caveats.length > 0
      ? [
          {
            label: '',
            text: `Where a client or the machine was the limit, the figure says little of the broker: ${[...new Set(caveats.map(({ target }) => target))].join(', ')}.`,
            tone: 'warn' as const,
          },
        ]
      : []),
    ...(model.result.warnings.length > 0
      ? [{ label: '', text: `${plural(model.result.warnings.length, 'warning')}, below.`, tone: 'warn' as const }]
      : []),
  ];
}
