/** The pattern of a scenario as a result keeps it: a bare name where there is nothing else to say. */
import { z } from 'zod';
import { confirmModes } from '../confirms/modes.js';

const seconds = z.number();

const hello = z.strictObject({ kind: z.literal('hello'), text: z.string() });

const weights = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('turn'), oddSeconds: seconds, evenSeconds: seconds }),
  z.strictObject({
    by: z.literal('marks'),
    mark: z.enum(['#', '.']),
    eachSeconds: seconds,
    texts: z.array(z.string()).readonly(),
  }),
]);

const fairDispatch = z.strictObject({
  kind: z.literal('fair-dispatch'),
  weights,
  /** Where several are compared; the first of them is `weights`. */
  weightings: z.array(weights).readonly().exactOptional(),
});

const confirms = z.strictObject({
  kind: z.literal('confirms'),
  modes: z.array(z.enum(confirmModes)).readonly(),
  /** Messages of a batch or transaction. */
  batch: z.number().int(),
  /** Where several are compared. */
  batches: z.array(z.number().int()).readonly().exactOptional(),
});

const keyed = {
  durable: z.boolean(),
  keys: z.array(z.string()).readonly(),
  /** By subscriber. */
  bindings: z.array(z.array(z.string()).readonly()).readonly(),
};

export const patternSchema = z.union([
  z.enum(['work-queue', 'replay', 'rpc']),
  z.discriminatedUnion('kind', [
    hello,
    fairDispatch,
    confirms,
    z.strictObject({ kind: z.literal('pub-sub'), durable: z.boolean() }),
    z.strictObject({ kind: z.literal('routing'), ...keyed }),
    z.strictObject({ kind: z.literal('topics'), ...keyed }),
    z.strictObject({
      kind: z.literal('headers'),
      durable: z.boolean(),
      /** The headers that messages carry, in turn. */
      messages: z.array(z.record(z.string(), z.string())).readonly(),
      bindings: z
        .array(
          z
            .array(z.strictObject({ match: z.enum(['all', 'any']), headers: z.record(z.string(), z.string()) }))
            .readonly(),
        )
        .readonly(),
    }),
    /** Weights by level, the least urgent first. */
    z.strictObject({ kind: z.literal('priority'), weights: z.array(z.number().int()).readonly() }),
  ]),
]);
