/** What only several keys together can get wrong; the same for a file and for flags on top of it. */
import { definitionOf } from './pattern-schema.js';
import { type CellSource, cellsOf } from './cells.js';
import { parseTemplate, longestDocument } from '../payload/template.js';
import { limits } from './limits.js';
import { tooMuchHeld } from './held.js';
import { ownValues } from './own-values.js';
import { leastSize, sameSize, type Size, sizeOf } from './sizes.js';
import { faultContradictions } from './fault-contradictions.js';
import type { Scenario } from './types.js';
import { formatCount, formatDuration, formatSize } from './units.js';

/** The keys that are looked at; those that could not be read are missing. */
export type Asked = Partial<
  Pick<
    Scenario,
    | 'pattern'
    | 'work'
    | 'load'
    | 'producers'
    | 'consumers'
    | 'destinations'
    | 'lateConsumers'
    | 'faults'
    | 'messages'
    | 'durationSeconds'
    | 'sizes'
    | 'payload'
    | 'matrix'
    | 'guarantee'
    | 'drainSeconds'
  >
> & {
  /** Of one cell; where it is missing, every one that is listed counts. */
  readonly size?: Size;
};

/** A contradiction, and the key that it is reported at. */
export interface Contradiction {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint: string;
}

/** Every contradiction. Pure. */
export function contradictions(asked: Asked): Contradiction[] {
  const checks = [spread, late, offered, window, extent, documents, patterned, faultContradictions];
  return checks.flatMap((found) => found(asked));
}

/** Those of each cell with its own values; a contradiction that several have is told once. Pure. */
export function contradictionsOfCells(asked: Asked, source: CellSource): Contradiction[] {
  const { matrix, pattern } = source;
  const weighed = pattern?.kind === 'fair-dispatch' && pattern.weightings !== undefined;
  if (matrix === undefined && !weighed) return contradictions(asked);
  const varies = matrix === undefined ? {} : { matrix };
  const found = cellsOf(source).flatMap((cell) =>
    contradictions({ ...asked, ...ownValues(source, cell.axes), ...varies, size: sizeOf(cell) }),
  );
  const unique = new Map(found.map((one) => [JSON.stringify([one.path, one.message]), one]));
  return [...unique.values()].map((one) => ({ ...one, hint: `${one.hint}, or exclude that cell` }));
}

function spread({ producers, consumers, destinations = 1 }: Asked): Contradiction[] {
  const found: Contradiction[] = [];
  if (consumers !== undefined && consumers % destinations !== 0)
    found.push({
      path: ['destinations'],
      message: `${consumers} consumers cannot be spread evenly over ${destinations} destinations`,
      hint: 'make consumers a multiple of destinations',
    });
  if (producers !== undefined && producers % destinations !== 0 && destinations % producers !== 0)
    found.push({
      path: ['destinations'],
      message: `${producers} producers cannot be spread evenly over ${destinations} destinations`,
      hint: 'make producers a multiple of destinations, or destinations a multiple of producers',
    });
  return found;
}

function late({ lateConsumers, consumers, destinations = 1, work, load, durationSeconds }: Asked): Contradiction[] {
  if (lateConsumers === undefined) return [];
  const found: Contradiction[] = [];
  if (consumers !== undefined && lateConsumers.count > consumers - destinations)
    found.push({
      path: ['lateConsumers', 'count'],
      message: `with ${lateConsumers.count} of ${consumers} consumers late, a destination has none from the start`,
      hint: `at most ${Math.max(0, consumers - destinations)} can be late here; for a queue that fills first, write work: backlog`,
    });
  if (work !== undefined && work !== 'transfer')
    found.push({
      path: ['lateConsumers'],
      message: `with work: ${work} all consumers start when the queue has been filled`,
      hint: 'remove lateConsumers, or write work: transfer',
    });
  if (load?.kind === 'walk')
    found.push({
      path: ['lateConsumers'],
      message: 'a walk over rates needs the same consumers all the time',
      hint: 'remove lateConsumers, or keep one rate',
    });
  if (durationSeconds !== undefined && lateConsumers.afterSeconds >= durationSeconds)
    found.push({
      path: ['lateConsumers', 'after'],
      message: `after ${formatDuration(lateConsumers.afterSeconds)} the run of ${formatDuration(durationSeconds)} is over`,
      hint: 'let them join earlier, or measure for longer',
    });
  return found;
}

function offered({ work, load }: Asked): Contradiction[] {
  if (load === undefined || work === undefined || work === 'transfer') return [];
  if (load.kind === 'walk')
    return [
      {
        path: ['load'],
        message: `a walk over rates measures whether producers and consumers keep up; with work: ${work} they do not work together`,
        hint: 'write work: transfer, or keep one rate',
      },
    ];
  if (work === 'consume' && load.kind !== 'closed')
    return [
      {
        path: ['load'],
        message: 'with work: consume nothing is measured while the queue is filled, so it has no rate',
        hint: 'remove load, or write work: backlog to measure the filling too',
      },
    ];
  return [];
}

/** At full speed the bodies in flight have to fit into a producer's memory; open loops wait by themselves. */
function window(asked: Asked): Contradiction[] {
  const { load } = asked;
  if (load?.kind !== 'closed') return [];
  const held = tooMuchHeld(load.inFlight, asked);
  if (held === undefined) return [];
  return [
    {
      path: ['load', 'inFlight'],
      message: held.message,
      hint: `write load: {inFlight: ${held.fits}} or less, smaller sizes, or a rate`,
    },
  ];
}

function extent({ load, messages, durationSeconds }: Asked): Contradiction[] {
  if (load?.kind === 'walk' && messages !== undefined)
    return [
      {
        path: ['messages'],
        message:
          'a walk over rates is measured by time: the same number of messages lasts long at one rate and no time at another',
        hint: 'write duration: 10s, the time for each rate',
      },
    ];
  if (load?.kind === 'ramp') {
    const { fromPerSecond, toPerSecond, overSeconds } = load;
    const within = ((fromPerSecond + toPerSecond) / 2) * overSeconds;
    if (durationSeconds !== undefined && durationSeconds < overSeconds)
      return [
        {
          path: ['duration'],
          message: `the run of ${formatDuration(durationSeconds)} ends before the ramp of ${formatDuration(overSeconds)} does`,
          hint: `measure for at least ${formatDuration(overSeconds)}, or shorten the ramp`,
        },
      ];
    if (messages !== undefined && messages < within)
      return [
        {
          path: ['messages'],
          message: `${formatCount(messages)} messages end before the ramp does`,
          hint: `the ramp takes ${formatCount(Math.ceil(within))}; send as many, or shorten it`,
        },
      ];
  }
  if (load?.kind === 'bursts' && durationSeconds !== undefined) {
    const cycle = load.onSeconds + load.offSeconds;
    if (durationSeconds < cycle)
      return [
        {
          path: ['duration'],
          message: `the run of ${formatDuration(durationSeconds)} is over before a burst and its rest are`,
          hint: `measure for at least ${formatDuration(cycle)}`,
        },
      ];
  }
  return [];
}

/** What only this pattern has something against. */
function patterned(asked: Asked): Contradiction[] {
  const { pattern, consumers } = asked;
  if (pattern === undefined) return [];
  const definition = definitionOf(pattern);
  const needed = definition.consumers?.(pattern) ?? consumers;
  return [
    ...(consumers === needed
      ? []
      : [
          {
            path: ['consumers'],
            message: `there are ${consumers} consumers and bindings for ${needed} subscribers`,
            hint: `leave consumers out, or write ${needed}: each is one of the subscribers`,
          },
        ]),
    ...(definition.contradictions?.(pattern, asked) ?? []),
  ];
}

/** Every document that a template can make must fit behind the envelope. */
function documents({ sizes = [], size: own, matrix, payload }: Asked): Contradiction[] {
  if (payload?.kind !== 'json') return [];
  const parsed = parseTemplate(payload.template, payload.values);
  if (!('parts' in parsed)) return [];
  const needed = limits.size.min + longestDocument(parsed.parts);
  const places = [
    ...sizes.map((size, index) => ({ size, path: ['sizes', index] })),
    ...(matrix?.include ?? []).flatMap(({ size }, index) =>
      size === undefined ? [] : [{ size, path: ['include', index, 'size'] }],
    ),
  ];
  return places.flatMap(({ size, path }): Contradiction[] => {
    const least = leastSize(size);
    if (least >= needed || (own !== undefined && !sameSize(size, own))) return [];
    return [
      {
        path,
        message: `the template's longest document does not fit into a body of ${formatSize(least)}`,
        hint: `at least ${formatSize(needed)}, ${limits.size.min} of them for run, sequence number and times`,
      },
    ];
  });
}
