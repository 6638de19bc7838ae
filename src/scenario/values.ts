/** The kinds of values that a scenario file holds, as zod schemas whose mistakes have a hint. */
import { z } from 'zod';
import { suggest } from '../nearest.js';
import { limits } from './limits.js';
import { show } from './show.js';
import { formatCount, formatDuration, readCount, readDuration, type Reading } from './units.js';

type Refinement = z.RefinementCtx;

/** A JSON Schema, as far as it is plain data. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** How a value is written in the file, for the JSON Schema: the schemas here read any value and judge it themselves. */
export const written = z.registry<() => JsonSchema>();

/** The JSON Schema of what a field takes, as written. */
export function writtenSchema(schema: z.ZodType): JsonSchema {
  const plain: JsonSchema = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => void Object.assign(jsonSchema, written.get(zodSchema)?.()),
  });
  delete plain.$schema;
  return plain;
}

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

/** A number with a unit, within a range. */
export function quantity(
  read: (value: unknown) => Reading,
  range: { readonly min: number; readonly max: number },
  format: (value: number) => string,
  tooSmall?: string,
) {
  const schema = z.unknown().transform((value, ctx): number => {
    const reading = read(value);
    if (!reading.ok) return fail(ctx, reading.message, reading.hint);
    const allowed = `allowed: ${format(range.min)} to ${format(range.max)}`;
    if (reading.value < range.min) return fail(ctx, `${show(value)} is too small`, tooSmall ?? allowed);
    if (reading.value > range.max) return fail(ctx, `${show(value)} is too large`, allowed);
    return reading.value;
  });
  return schema.register(written, () => ({
    anyOf: [
      // A bare number has no unit, where one is needed.
      ...(read(range.max).ok ? [{ type: 'number' as const, minimum: range.min, maximum: range.max }] : []),
      ...(read(0).ok && range.min === 0 ? [{ const: 0 }] : []),
      { type: 'string' as const, pattern: '^\\s*[+-]?\\d' },
    ],
  }));
}

/** A whole number within a range. */
export const count = (range: { readonly min: number; readonly max: number }) => quantity(readCount, range, formatCount);
/** A duration in seconds within a range. */
export const duration = (range: { readonly min: number; readonly max: number }) =>
  quantity(readDuration, range, formatDuration);

/** One of some words. */
export function oneOf<const T extends string>(values: readonly T[]) {
  const schema = z.unknown().transform((value, ctx): T => {
    const found = values.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    return typeof value === 'string'
      ? fail(ctx, `${show(value)} is not valid here`, suggest(value, values))
      : fail(ctx, `expected a word, got ${show(value)}`, `one of: ${values.join(', ')}`);
  });
  return schema.register(written, () => ({ enum: [...values] }));
}

/** Yes or no. */
export function flag() {
  const schema = z
    .unknown()
    .transform((value, ctx): boolean =>
      typeof value === 'boolean' ? value : fail(ctx, `expected true or false, got ${show(value)}`),
    );
  return schema.register(written, () => ({ type: 'boolean' }));
}

const identifierPattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,62}[a-zA-Z0-9])?$/;

/** Names end up in file names, environment variables and plots. */
export function identifier(what: string) {
  const schema = z.unknown().transform((value, ctx): string => {
    if (typeof value !== 'string' || value === '') return fail(ctx, `expected ${what}, got ${show(value)}`);
    if (!identifierPattern.test(value))
      return fail(
        ctx,
        `${show(value)} cannot be ${what}`,
        'use at most 64 letters, digits, "-", "_" and "."; start and end with a letter or digit',
      );
    return value;
  });
  return schema.register(written, () => ({ type: 'string', pattern: identifierPattern.source }));
}

/** A list, each entry judged by `entry`; entries that count as the same (`keyOf`) may stand only once, where it is given. */
export function list<T>(
  entry: z.ZodType<T>,
  what: string,
  example: string,
  range: { readonly min: number; readonly max: number },
  keyOf?: (value: T) => unknown,
) {
  const schema = z.unknown().transform((value, ctx): T[] => {
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
      read.push(parsed.data);
      if (keyOf === undefined) return;
      const key = keyOf(parsed.data);
      if (seen.has(key))
        fail(ctx, `${show(typeof raw === 'object' ? key : raw)} stands here twice`, undefined, [index]);
      seen.add(key);
    });
    return read;
  });
  return schema.register(written, () => ({
    type: 'array',
    items: writtenSchema(entry),
    minItems: range.min,
    maxItems: range.max,
    ...(keyOf === undefined ? {} : { uniqueItems: true }),
  }));
}

/**
 * One value, or a list of values that become an axis of the matrix.
 * @param keyOf equal for values that count as the same
 * @param listed reads an entry of the list, where that may be less than a value that stands alone
 */
export function axis<T>(
  entry: z.ZodType<T>,
  what: string,
  example: string,
  keyOf: (value: T) => unknown = (value) => value,
  listed = entry,
) {
  const several = list(listed, what, example, limits.axis, keyOf);
  const schema = z.unknown().transform((value, ctx): readonly T[] => {
    const parsed = Array.isArray(value) ? several.safeParse(value) : entry.safeParse(value);
    if (parsed.success) return Array.isArray(value) ? (parsed.data as T[]) : [parsed.data as T];
    for (const issue of parsed.error.issues) ctx.addIssue(issue as never);
    return z.NEVER;
  });
  return schema.register(written, () => ({ anyOf: [writtenSchema(entry), writtenSchema(several)] }));
}

/** A map with known keys; all mistakes in it are reported, unknown keys with the nearest known one. */
export function map<Shape extends z.ZodRawShape>(shape: Shape, example: string) {
  const known = z.strictObject(shape);
  return z
    .unknown()
    .refine((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
      abort: true,
      error: ({ input }) => `expected a map, got ${show(input)}; for example ${example}`,
    })
    .pipe(known as z.ZodType<z.output<z.ZodObject<Shape>>>)
    .register(written, () => writtenSchema(known));
}
