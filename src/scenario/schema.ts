/**
 * The scenario file key by key: one zod schema each, with its default. A field is read by itself (see parse.ts), so
 * that a mistake in one hides none in another, and flags are judged by the same schemas as the file.
 */
import { z } from 'zod';
import { faultKeys, faults } from './fault-schema.js';
import { limits } from './limits.js';
import { knownLoadKeys, load, rate, runLoad } from './load-schema.js';
import { cellPatterns, cellKeys } from './matrix-schema.js';
import { knownPatternKeys, pattern } from './pattern-schema.js';
import { knownWeightKeys, weights } from './patterns/fair-dispatch.js';
import { knownPayloadKeys, onePayload, payload } from './payload-schema.js';
import { show } from './show.js';
import { knownSizeKeys, size } from './size-schema.js';
import { sizeKey } from './sizes.js';
import { axis, count, duration, fail, identifier, list, map, oneOf, written, writtenSchema } from './values.js';

const lateShape = { count: count(limits.consumers), after: duration(limits.lateSeconds) };

const lateConsumers = map(lateShape, '{count: 1, after: 10s}').transform(({ count, after }) => ({
  count,
  afterSeconds: after,
}));

/**
 * A target as the file says it: the name of a known one, a variant of such a one that states only its difference, or
 * somebody else's adapter.
 */
export type TargetSpec = TargetStart & {
  readonly name: string;
  /** Judged later by the adapter's own schema. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly url: string | undefined;
};

/** What a target starts from: a known target, or an adapter's file (relative to the scenario's) or package. */
type TargetStart = { readonly base: string } | { readonly adapter: string };

const readUrl = z.unknown().transform((value, ctx): string => {
  if (typeof value !== 'string')
    return fail(ctx, `expected an address, got ${show(value)}`, 'for example amqp://host:5672');
  // The value may hold a password: no message here repeats it.
  if (value.includes('@'))
    return fail(
      ctx,
      'an address in a scenario file cannot carry a user or password',
      'leave them out here and give the whole address in the environment variable MQBENCH_<TARGET>_URL',
    );
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]+/i.test(value))
    return fail(ctx, 'this is not an address', 'write protocol://host:port, for example amqp://host:5672');
  return value;
});
const url = readUrl.register(written, () => ({ type: 'string', pattern: '^[a-zA-Z][a-zA-Z0-9+.-]*://[^@]+$' }));

const readOptions = z.unknown().transform((value, ctx): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fail(ctx, `expected a map of options, got ${show(value)}`, 'for example {batchSize: 5000}');
  return value as Record<string, unknown>;
});
const options = readOptions.register(written, () => ({ type: 'object' }));

const variantShape = {
  name: identifier('a name'),
  base: z.string({ error: ({ input }) => `expected the name of a built-in target, got ${show(input)}` }).optional(),
  adapter: z.string({ error: ({ input }) => `expected a file or a package, got ${show(input)}` }).optional(),
  options: options.optional(),
  url: url.optional(),
};

const variant = map(variantShape, '{name: kafka-big-batch, base: kafka, options: {batchSize: 5000}}');

const readTarget = z.unknown().transform((value, ctx): TargetSpec => {
  if (typeof value === 'string') return { name: value, base: value, options: {}, url: undefined };
  const parsed = variant.safeParse(value);
  if (parsed.success) {
    const { name, base, adapter, options = {}, url } = parsed.data;
    if (base !== undefined && adapter !== undefined)
      return fail(ctx, 'base and adapter exclude each other', 'keep base (a variant) or adapter (somebody else’s)', [
        'adapter',
      ]);
    if (base !== undefined) return { name, base, options, url };
    if (adapter !== undefined) return { name, adapter, options, url };
    return fail(ctx, 'is missing', 'say which built-in target this starts from, or whose adapter it uses', ['base']);
  }
  for (const issue of parsed.error.issues) ctx.addIssue(issue as never);
  return z.NEVER;
});
const targetSpec = readTarget.register(written, () => ({ anyOf: [{ type: 'string' }, writtenSchema(variant)] }));

/** The keys that may hold a list, by what one value of theirs is. */
const single = {
  producers: count(limits.producers),
  consumers: count(limits.consumers),
  destinations: count(limits.destinations),
  prefetch: count(limits.prefetch),
  guarantee: oneOf(['at-most-once', 'at-least-once', 'replicated']),
} as const;

const cells = { size, rate, payload: onePayload, load: runLoad, weights, ...single };

/** Every key of a scenario file, in the order in which the reference explains them. */
export const fields = {
  name: identifier('a name'),
  description: z
    .string({ error: ({ input }) => `expected a text, got ${show(input)}` })
    .max(5_000, 'the description is too long (at most 5,000 characters)')
    .default(''),
  pattern: pattern.prefault('work-queue'),
  work: oneOf(['transfer', 'produce', 'consume', 'backlog']).prefault('transfer'),
  targets: list(targetSpec, 'targets', '[rabbitmq, kafka, activemq]', limits.targets, (target) => target.name),
  producers: axis(single.producers, 'counts', '[1, 4]').prefault(1),
  consumers: axis(single.consumers, 'counts', '[1, 4]').prefault(4),
  destinations: axis(single.destinations, 'counts', '[1, 4]').prefault(1),
  lateConsumers: lateConsumers.optional(),
  faults: faults.optional(),
  messages: count(limits.messages).optional(),
  duration: duration(limits.durationSeconds).optional(),
  sizes: list(size, 'sizes', '[100B, 1KB]', limits.sizes, sizeKey),
  payload: payload.prefault('random'),
  guarantee: axis(single.guarantee, 'guarantees', '[at-most-once, at-least-once]').prefault('at-least-once'),
  load: load.prefault({ mode: 'full-speed' }),
  prefetch: axis(single.prefetch, 'counts', '[1, 200]').prefault(200),
  include: cellPatterns('cells', cells).optional(),
  exclude: cellPatterns('cells', cells).optional(),
  repetitions: count(limits.repetitions).prefault(3),
  warmup: duration(limits.warmupSeconds).prefault('5s'),
  drain: duration(limits.drainSeconds).prefault('60s'),
  pause: duration(limits.pauseSeconds).prefault('1s'),
  seed: count(limits.seed).optional(),
} as const;

export type FieldName = keyof typeof fields;
export const fieldNames = Object.keys(fields) as FieldName[];

/** What each field is once it is read. */
export type Fields = { readonly [Name in FieldName]: z.output<(typeof fields)[Name]> };

/**
 * The keys that are valid in the map that stands in a field, for "did you mean".
 * @param path from the field to the map
 * @param value of the field, as it stands in the file
 */
export function knownKeys(field: FieldName, path: readonly (string | number)[], value: unknown): readonly string[] {
  if (field === 'pattern') return knownPatternKeys(path, value);
  if (field === 'load') return knownLoadKeys(withoutIndex(path));
  if (field === 'targets') return Object.keys(variantShape);
  if (field === 'include' || field === 'exclude') {
    const [, key, ...below] = path;
    if (key === 'size') return knownSizeKeys([0, ...below]);
    if (key === 'payload') return knownPayloadKeys(below);
    if (key === 'load') return knownLoadKeys(below);
    return key === 'weights' ? knownWeightKeys : cellKeys;
  }
  if (field === 'sizes') return knownSizeKeys(path);
  if (field === 'payload') return knownPayloadKeys(withoutIndex(path));
  if (field === 'lateConsumers') return Object.keys(lateShape);
  if (field === 'faults') return faultKeys;
  return [];
}

/** The path below an entry of a list, or below the one value. */
function withoutIndex(path: readonly (string | number)[]): readonly (string | number)[] {
  return typeof path[0] === 'number' ? path.slice(1) : path;
}
