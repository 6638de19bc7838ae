/**
 * The scenario file key by key: one zod schema each, with its default. A field is read by itself (see parse.ts), so
 * that a mistake in one hides none in another, and flags are judged by the same schemas as the file.
 */
import { z } from 'zod';
import { suggest } from '../nearest.js';
import { limits } from './limits.js';
import { show } from './show.js';
import type { Load } from './types.js';
import {
  formatCount,
  formatDuration,
  formatSize,
  readCount,
  readDuration,
  readRate,
  readSize,
  type Reading,
} from './units.js';

type Refinement = z.RefinementCtx;

/** Reports a mistake with a hint; parse.ts takes the hint out again. */
export function fail(ctx: Refinement, message: string, hint?: string, path?: PropertyKey[]): typeof z.NEVER {
  ctx.addIssue({
    code: 'custom',
    message,
    ...(hint === undefined ? {} : { params: { hint } }),
    ...(path === undefined ? {} : { path }),
  });
  return z.NEVER;
}

function quantity(
  read: (value: unknown) => Reading,
  range: { readonly min: number; readonly max: number },
  format: (value: number) => string,
  tooSmall?: string,
) {
  return z.unknown().transform((value, ctx): number => {
    const reading = read(value);
    if (!reading.ok) return fail(ctx, reading.message, reading.hint);
    const allowed = `allowed: ${format(range.min)} to ${format(range.max)}`;
    if (reading.value < range.min) return fail(ctx, `${show(value)} is too small`, tooSmall ?? allowed);
    if (reading.value > range.max) return fail(ctx, `${show(value)} is too large`, allowed);
    return reading.value;
  });
}

const count = (range: { readonly min: number; readonly max: number }) => quantity(readCount, range, formatCount);
const duration = (range: { readonly min: number; readonly max: number }) =>
  quantity(readDuration, range, formatDuration);

function oneOf<const T extends string>(values: readonly T[]) {
  return z.unknown().transform((value, ctx): T => {
    const found = values.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    return typeof value === 'string'
      ? fail(ctx, `${show(value)} is not valid here`, suggest(value, values))
      : fail(ctx, `expected a word, got ${show(value)}`, `one of: ${values.join(', ')}`);
  });
}

/** Names end up in file names, environment variables and plots. */
function identifier(what: string) {
  return z.unknown().transform((value, ctx): string => {
    if (typeof value !== 'string' || value === '') return fail(ctx, `expected ${what}, got ${show(value)}`);
    if (!/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/i.test(value))
      return fail(
        ctx,
        `${show(value)} cannot be ${what}`,
        'use at most 64 letters, digits, "-", "_" and "."; start and end with a letter or digit',
      );
    return value;
  });
}

/** A list, each entry judged by `entry`; entries that count as the same (`keyOf`) may stand only once. */
function list<T>(
  entry: z.ZodType<T>,
  what: string,
  example: string,
  range: { readonly min: number; readonly max: number },
  keyOf: (value: T) => unknown,
) {
  return z.unknown().transform((value, ctx): T[] => {
    if (!Array.isArray(value))
      return fail(ctx, `expected a list of ${what}, got ${show(value)}`, `for example ${example}`);
    if (value.length < range.min) return fail(ctx, `expected at least one of ${what}`, `for example ${example}`);
    if (value.length > range.max)
      return fail(ctx, `${value.length} ${what} are too many`, `allowed: up to ${range.max}`);
    const seen = new Set<unknown>();
    const read: T[] = [];
    value.forEach((raw: unknown, index) => {
      const parsed = entry.safeParse(raw);
      if (!parsed.success) {
        for (const issue of parsed.error.issues) ctx.addIssue({ ...issue, path: [index, ...issue.path] });
        return;
      }
      const key = keyOf(parsed.data);
      if (seen.has(key))
        fail(ctx, `${show(typeof raw === 'object' ? key : raw)} stands here twice`, undefined, [index]);
      seen.add(key);
      read.push(parsed.data);
    });
    return read;
  });
}

/** A map with known keys; all mistakes in it are reported, unknown keys with the nearest known one. */
function map<Shape extends z.ZodRawShape>(shape: Shape, example: string) {
  return z
    .unknown()
    .refine((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
      abort: true,
      error: ({ input }) => `expected a map, got ${show(input)}; for example ${example}`,
    })
    .pipe(z.strictObject(shape) as z.ZodType<z.output<z.ZodObject<Shape>>>);
}

const loadShape = {
  mode: oneOf(['full-speed']).optional(),
  inFlight: count(limits.inFlight).optional(),
  rate: quantity(readRate, limits.ratePerSecond, (value) => `${formatCount(value)}/s`).optional(),
};

/** Messages in flight per producer at full speed where the file does not say. */
const defaultInFlight = 5_000;

const load = map(loadShape, '{rate: 2000/s}').transform((value, ctx): Load => {
  if (value.rate === undefined) return { kind: 'closed', inFlight: value.inFlight ?? defaultInFlight };
  if (value.mode !== undefined)
    return fail(ctx, 'full speed and a fixed rate exclude each other', 'keep either mode or rate', ['mode']);
  if (value.inFlight !== undefined)
    return fail(ctx, 'inFlight belongs to full speed; a fixed rate has no window', 'remove inFlight or rate', [
      'inFlight',
    ]);
  return { kind: 'rate', perSecond: value.rate };
});

/** A target as the file says it: the name of a built-in, or a variant that states only its difference. */
export interface TargetSpec {
  readonly name: string;
  /** The built-in that it starts from. */
  readonly base: string;
  /** Judged later by the adapter's own schema. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly url: string | undefined;
}

const url = z.unknown().transform((value, ctx): string => {
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

const options = z.unknown().transform((value, ctx): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fail(ctx, `expected a map of options, got ${show(value)}`, 'for example {batchSize: 5000}');
  return value as Record<string, unknown>;
});

const variantShape = {
  name: identifier('a name'),
  base: z.string({ error: ({ input }) => `expected the name of a built-in target, got ${show(input)}` }),
  options: options.optional(),
  url: url.optional(),
};

const variant = map(variantShape, '{name: kafka-big-batch, base: kafka, options: {batchSize: 5000}}');

const targetSpec = z.unknown().transform((value, ctx): TargetSpec => {
  if (typeof value === 'string') return { name: value, base: value, options: {}, url: undefined };
  const parsed = variant.safeParse(value);
  if (parsed.success)
    return {
      name: parsed.data.name,
      base: parsed.data.base,
      options: parsed.data.options ?? {},
      url: parsed.data.url,
    };
  for (const issue of parsed.error.issues) ctx.addIssue(issue as never);
  return z.NEVER;
});

/** Every key of a scenario file, in the order in which the reference explains them. */
export const fields = {
  name: identifier('a name'),
  description: z
    .string({ error: ({ input }) => `expected a text, got ${show(input)}` })
    .max(5_000, 'the description is too long (at most 5,000 characters)')
    .default(''),
  pattern: oneOf(['work-queue']).prefault('work-queue'),
  targets: list(targetSpec, 'targets', '[rabbitmq, kafka, activemq]', limits.targets, (target) => target.name),
  producers: count(limits.producers).prefault(1),
  consumers: count(limits.consumers).prefault(4),
  messages: count(limits.messages).optional(),
  duration: duration(limits.durationSeconds).optional(),
  sizes: list(
    quantity(
      readSize,
      limits.size,
      formatSize,
      `a body carries ${limits.size.min} bytes of run, sequence number and times; allowed: ${formatSize(limits.size.min)} to ${formatSize(limits.size.max)}`,
    ),
    'sizes',
    '[100B, 1KB]',
    limits.sizes,
    (size) => size,
  ),
  guarantee: oneOf(['at-most-once', 'at-least-once', 'replicated']).prefault('at-least-once'),
  load: load.prefault({ mode: 'full-speed' }),
  prefetch: count(limits.prefetch).prefault(200),
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

/** The keys that are valid in the map that stands in a field, for "did you mean". */
export function knownKeys(field: FieldName): readonly string[] {
  if (field === 'load') return Object.keys(loadShape);
  if (field === 'targets') return Object.keys(variantShape);
  return [];
}
