/** The key `pattern`: a bare name, or a map of its kind and what that kind has to say. */
import { z } from 'zod';
import { suggest } from '../nearest.js';
import type { PatternName, ScenarioPattern } from './pattern.js';
import type { PatternDefinition } from './patterns/definition.js';
import { confirms } from './patterns/confirms.js';
import { fairDispatch } from './patterns/fair-dispatch.js';
import { hello } from './patterns/hello.js';
import { headersPattern } from './patterns/headers.js';
import { priority } from './patterns/priority.js';
import { pubSub } from './patterns/pub-sub.js';
import { replay } from './patterns/replay.js';
import { routing } from './patterns/routing.js';
import { topics } from './patterns/topics.js';
import { rpc } from './patterns/rpc.js';
import { workQueue } from './patterns/work-queue.js';
import { show } from './show.js';
import { fail, type JsonSchema, written, writtenSchema } from './values.js';

const definitions: {
  readonly [Name in PatternName]: PatternDefinition<Extract<ScenarioPattern, { readonly kind: Name }>>;
} = {
  'work-queue': workQueue,
  hello,
  'fair-dispatch': fairDispatch,
  confirms,
  'pub-sub': pubSub,
  routing,
  topics,
  headers: headersPattern,
  priority,
  replay,
  rpc,
};

const names = Object.keys(definitions) as PatternName[];

/** All there is to know of a pattern's kind. */
export function definitionOf({ kind }: ScenarioPattern): PatternDefinition<ScenarioPattern> {
  return definitions[kind];
}

/** For editors: every kind in a clause. */
export const patternSummary = names.map((name) => `${name}: ${definitions[name].summary}`).join('; ');

const isName = (value: unknown): value is PatternName => (names as readonly unknown[]).includes(value);

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const readPattern = z.unknown().transform((value, ctx): ScenarioPattern => {
  if (typeof value !== 'string' && !isMap(value))
    return fail(ctx, `expected a pattern, got ${show(value)}`, `one of: ${names.join(', ')}`);
  const kind = typeof value === 'string' ? value : value['kind'];
  const at = typeof value === 'string' ? undefined : ['kind'];
  if (kind === undefined) return fail(ctx, 'is missing', `say which pattern it is: ${names.join(', ')}`, at);
  if (!isName(kind))
    return typeof kind === 'string'
      ? fail(ctx, `there is no pattern ${show(kind)}`, suggest(kind, names), at)
      : fail(ctx, `expected the name of a pattern, got ${show(kind)}`, `one of: ${names.join(', ')}`, at);
  const parsed = definitions[kind].schema.safeParse(typeof value === 'string' ? { kind } : value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) ctx.addIssue(issue as never);
  return z.NEVER;
});

/** Whether the bare name says enough. */
const isComplete = (kind: PatternName): boolean => definitions[kind].schema.safeParse({ kind }).success;

export const pattern = readPattern.register(written, (): JsonSchema => ({
  anyOf: [{ enum: names.filter(isComplete) }, ...names.map((name) => writtenSchema(definitions[name].schema))],
}));

/**
 * The keys valid in the map at a path below `pattern`.
 * @param value of the key `pattern`, as it stands in the file
 */
export function knownPatternKeys(path: readonly (string | number)[], value: unknown): readonly string[] {
  const kind = isMap(value) ? value['kind'] : undefined;
  return isName(kind) ? definitions[kind].knownKeys(path) : [];
}
