/** The keys `include` and `exclude`: cells that are added to the product of all lists, or taken out of it. */
import type { z } from 'zod';
import { confirmModes } from '../confirms/modes.js';
import type { Weights } from '../tasks/weights.js';
import { type AxisPoint, axisNames, isKeyed, type KeyedAxis, type PlainAxis } from './axes.js';
import { limits } from './limits.js';
import { show } from './show.js';
import type { Size } from './sizes.js';
import type { PayloadAsked } from './payload-schema.js';
import type { CellPattern, RunLoad } from './types.js';
import { count, fail, identifier, list, map, oneOf } from './values.js';

/** Cells as the file names them: what stands for a map is not found a word for yet. */
export interface CellsAsked extends Omit<CellPattern, 'axes'> {
  readonly axes: Omit<AxisPoint, KeyedAxis>;
  readonly payload?: PayloadAsked;
  readonly load?: RunLoad;
  readonly weights?: Weights;
}

/**
 * @param entries the schema of each key's single value
 * @returns the schema of a list of cells
 */
export function cellPatterns(
  what: string,
  entries: {
    readonly size: z.ZodType<Size>;
    readonly rate: z.ZodType<number>;
    readonly payload: z.ZodType<PayloadAsked>;
    readonly load: z.ZodType<RunLoad>;
    readonly weights: z.ZodType<Weights>;
  } & { readonly [Name in PlainAxis]: z.ZodType<Required<AxisPoint>[Name]> },
) {
  const shape = {
    target: identifier('the name of a target').optional(),
    size: entries.size.optional(),
    rate: entries.rate.optional(),
    producers: entries.producers.optional(),
    consumers: entries.consumers.optional(),
    destinations: entries.destinations.optional(),
    prefetch: entries.prefetch.optional(),
    guarantee: entries.guarantee.optional(),
    payload: entries.payload.optional(),
    load: entries.load.optional(),
    confirms: oneOf(confirmModes).optional(),
    batch: count(limits.confirmBatch).optional(),
    weights: entries.weights.optional(),
  };
  const pattern = map(shape, '{target: kafka, size: 1KB}').transform((cell, ctx): CellsAsked => {
    const { target, size, rate: ratePerSecond, payload, load, weights, ...rest } = cell;
    const axes = Object.fromEntries(
      axisNames.flatMap((name) => (isKeyed(name) || rest[name] === undefined ? [] : [[name, rest[name]]])),
    ) as CellsAsked['axes'];
    if (ctx.issues.length === 0 && Object.values(cell).every((value) => value === undefined))
      return fail(ctx, `${show(cell)} that names nothing means every cell`, 'name what the cells have in common');
    return {
      ...(target === undefined ? {} : { target }),
      ...(size === undefined ? {} : { size }),
      ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
      ...(payload === undefined ? {} : { payload }),
      ...(load === undefined ? {} : { load }),
      ...(weights === undefined ? {} : { weights }),
      axes,
    };
  });
  return list(pattern, what, '[{target: kafka, size: 1KB}]', limits.patterns, (cell) => JSON.stringify(cell));
}

/** What a cell can be named by. */
export const cellKeys: readonly string[] = ['target', 'size', 'rate', ...axisNames];
