/** The report in a few sentences, for whoever reads nothing else; every one of them follows from a table below it. */
import { plural } from '../plural.js';
import { type AxisPoint, pointId, pointText, withoutAxis } from '../scenario/axes.js';
import { sameSize, sizeText } from '../scenario/sizes.js';
import type { Fact, Section } from './document.js';
import { formatCount, formatMs, formatRate } from './format.js';
import { type CellModel, counts, promiseOf, type ReportModel, type Spread } from './model.js';
import { boundText, exclusionText, resultLetter } from './wording.js';
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

/** A target with what its cell has of its own, e.g. `kafka (prefetch 200)`. */
function nameOf({ target, axes }: Pick<CellModel, 'target' | 'axes'>): string {
  const own = pointText(axes);
  return own === '' ? target : `${target} (${own})`;
}

/**
 * A fact a message size, of the cells that are no steps of a walk; where the guarantee or the load varies, a fact for
 * each of its values: speed without a promise is no better speed, and what was offered no achievement.
 */
function bySize(
  model: ReportModel,
  text: (cells: readonly CellModel[], name: (cell: CellModel) => string) => string | undefined,
): Fact[] {
  return model.sizes.flatMap((size) => {
    const own = model.cells.filter((cell) => sameSize(cell.size, size) && cell.ratePerSecond === undefined);
    const apart = ({ axes: { guarantee, load } }: Pick<CellModel, 'axes'>): AxisPoint => ({
      ...(guarantee === undefined ? {} : { guarantee }),
      ...(load === undefined ? {} : { load }),
    });
    return [...new Map(own.map((cell) => [pointId(apart(cell)), apart(cell)]))].flatMap(([id, point]) => {
      const told = text(
        own.filter((cell) => pointId(apart(cell)) === id),
        ({ target, axes }) => nameOf({ target, axes: withoutAxis(withoutAxis(axes, 'guarantee'), 'load') }),
      );
      const label = [sizeText(size), pointText(point)].filter((part) => part !== '').join(', ');
      return told === undefined ? [] : [{ label, text: told }];
    });
  });
}

/** Cells with a figure, the best first. */
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
    ...bySize(model, (cells, name) => {
      const [first, ...others] = ranked(cells, ({ throughput }) => throughput, 'highest');
      if (!first) return undefined;
      const rest = others.map(({ cell, spread }) => `${name(cell)} ${formatRate(spread.median)}`);
      const overlap = others.some(({ spread }) => spread.high >= first.spread.low);
      return [
        `${name(first.cell)} ${formatRate(first.spread.median)} messages a second`,
        ...(rest.length > 0 ? [`, ${rest.join(', ')}`] : []),
        '.',
        overlap ? ' The runs of the first overlap with those of another: the order is not certain.' : '',
      ].join('');
    }),
    ...walks,
  ];
}

function latencyFacts(model: ReportModel): Fact[] {
  if (model.cells.every((cell) => cell.saturated))
    return [
      {
        label: '',
        text: 'At full speed a message mostly waits in the queue, so these runs cannot tell; a fixed-rate scenario (mqbench run latency) can.',
      },
    ];
  return [
    ...bySize(model, (cells, name) => {
      const paced = cells.filter((cell) => !cell.saturated);
      const all = ranked(paced, ({ latency }) => latency?.endToEnd?.p99Ms, 'lowest');
      if (all.length === 0) return undefined;
      const texts = all.map(({ cell, spread }) => {
        const half = cell.latency?.endToEnd?.p50Ms;
        return `${name(cell)} half within ${half ? formatMs(half.median) : '–'} ms, 99 of 100 within ${formatMs(spread.median)} ms`;
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
  const totals = model.cells.flatMap((cell) => (cell.delivery ? [{ cell, delivery: cell.delivery }] : []));
  if (totals.length === 0) return [];
  // At-most-once promises nothing that a loss could break.
  const promised = totals.filter(({ cell }) => promiseOf(model.result, cell) !== 'at-most-once');
  const permitted = totals.filter((total) => !promised.includes(total));
  const named = (of: 'lost' | 'corrupt' | 'duplicates' | 'outOfOrder', among: typeof totals) => {
    const by = new Map<string, number>();
    for (const { cell, delivery } of among)
      if (delivery[of] > 0) by.set(nameOf(cell), (by.get(nameOf(cell)) ?? 0) + delivery[of]);
    return [...by].map(([name, n]) => `${name} ${formatCount(n)}`).join(', ');
  };
  const [broken, lost] = [named('lost', promised), named('lost', permitted)];
  const [corrupt, duplicates] = [named('corrupt', totals), named('duplicates', totals)];
  const outOfOrder = named('outOfOrder', totals);
  // What is lost where that is permitted is told by itself, and the others answer the question.
  const asked = lost === '' ? totals : promised;
  const settled = asked.reduce((sum, { delivery }) => sum + delivery.settled, 0);
  const underWay = totals.reduce((sum, { delivery }) => sum + delivery.underWay, 0);
  const faults = [
    ...(broken === '' ? [] : [`Confirmed and lost: ${broken}.`]),
    ...(corrupt === '' ? [] : [`Damaged: ${corrupt}.`]),
  ];
  return [
    ...(faults.length > 0
      ? [{ label: '', text: `No. ${faults.join(' ')}`, tone: 'bad' as const }]
      : settled > 0
        ? [
            {
              label: '',
              text: `Yes: of ${formatCount(settled)} confirmed messages none was lost or damaged.`,
              tone: 'good' as const,
            },
          ]
        : []),
    ...(underWay > 0
      ? [
          {
            label: '',
            text: `Not known: ${plural(underWay, 'confirmed message')} had not arrived when a run was broken off.`,
            tone: 'warn' as const,
          },
        ]
      : []),
    ...(lost === '' ? [] : [{ label: '', text: `Lost, which at-most-once permits: ${lost}.` }]),
    ...(duplicates === '' ? [] : [{ label: '', text: `Delivered more than once: ${duplicates}.` }]),
    ...(outOfOrder === '' ? [] : [{ label: '', text: `Out of order: ${outOfOrder}.`, tone: 'warn' as const }]),
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
    if (!counted.includes(run)) excluded.set(exclusionText(run), (excluded.get(exclusionText(run)) ?? 0) + 1);
  const limits = [...bounds].map(([what, n]) => `${what} ${formatCount(n)}`).join(', ');
  // A target by its name alone where that is true of all its cells.
  const caveats = model.targets.flatMap(({ name }) => {
    const own = model.cells.filter((cell) => cell.target === name && cell.counted.length > 0);
    const limited = own.filter(({ caveat }) => caveat !== undefined);
    return limited.length === own.length && own.length > 0 ? [name] : [...new Set(limited.map(nameOf))];
  });
  return [
    {
      label: '',
      text: `${counted.length} of ${plural(runs.length, 'run')} count${excluded.size > 0 ? ` (${[...excluded].map(([what, n]) => `${formatCount(n)} ${what}`).join(', ')})` : ''}.${bounds.size > 0 ? ` Limited by: ${limits}.` : ''}`,
    },
    ...(caveats.length > 0
      ? [
          {
            label: '',
            text: `Where a client or the machine was the limit, the figure says little of the broker: ${caveats.join(', ')}.`,
            tone: 'warn' as const,
          },
        ]
      : []),
    ...(model.result.warnings.length > 0
      ? [{ label: '', text: `${plural(model.result.warnings.length, 'warning')}, below.`, tone: 'warn' as const }]
      : []),
  ];
}
