/** A target as a scenario states it gets its adapter, its server and its complete options, judged by the adapter's own schema. */
import type { z } from 'zod';
import { locateAdapter } from '../brokers/external.js';
import { UsageError } from '../errors.js';
import { suggest } from '../nearest.js';
import { mistakesOf, type Mistake } from './issues.js';
import { optionChoices } from './option-lists.js';
import { show } from './show.js';
import type { TargetSpec } from './schema.js';
import type { AdapterFacts, KnownTarget, KnownTargets, LoadAdapter } from './targets.js';
import type { Target } from './types.js';

/** The keys of an options schema, where it is an object's. */
function optionNames(schema: z.ZodType): readonly string[] {
  const shape = (schema as { shape?: unknown }).shape;
  return typeof shape === 'object' && shape !== null ? Object.keys(shape) : [];
}

/** Where a target's name, adapter and options are looked up. */
export interface ResolveContext {
  readonly loadAdapter: LoadAdapter;
  readonly known: KnownTargets;
  /** The scenario file's, for adapters that it names by path. */
  readonly folder: string;
}

/** One target, or several where options hold lists. */
export type Resolved = { readonly targets: readonly Target[] } | { readonly mistakes: readonly Mistake[] };

/**
 * Resolves one entry of the targets.
 * @param paths where `base` or `adapter`, and `options` stand, for the mistakes
 */
export async function resolveSpec(
  spec: TargetSpec,
  paths: { readonly start: Mistake['path']; readonly options: Mistake['path'] },
  context: ResolveContext,
): Promise<Resolved> {
  const mistake = (message: string, hint: string | undefined): Resolved => ({
    mistakes: [{ path: paths.start, atKey: false, message, ...(hint === undefined ? {} : { hint }) }],
  });
  let start: Pick<KnownTarget, 'adapter' | 'server' | 'options'>;
  let adapter: AdapterFacts;
  if ('base' in spec) {
    const known = context.known.get(spec.base);
    if (!known) return mistake(`there is no target ${show(spec.base)}`, suggest(spec.base, [...context.known.keys()]));
    start = known;
    adapter = await context.loadAdapter(start.adapter);
  } else {
    try {
      start = { adapter: locateAdapter(spec.adapter, context.folder), server: undefined };
      adapter = await context.loadAdapter(start.adapter);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return mistake(error.message, error.details.hint);
    }
  }
  const { choices, mistakes } = optionChoices(spec.name, spec.options, adapter.options, paths.options);
  const targets: Target[] = [];
  for (const { name, options: asked, places } of mistakes.length > 0 ? [] : choices) {
    const options = adapter.options.safeParse({ ...start.options, ...asked });
    if (options.success)
      targets.push({
        name,
        ...(choices.length > 1 ? { listedAs: spec.name } : {}),
        adapter: start.adapter,
        server: start.server,
        url: spec.url,
        options: options.data as Record<string, unknown>,
      });
    else
      mistakes.push(
        ...mistakesOf(options.error, [], (path) => (path.length === 0 ? optionNames(adapter.options) : [])).map(
          ({ path: [key = '', ...below], ...what }) => ({
            ...what,
            path: [...paths.options, key, ...(places.get(String(key)) ?? []), ...below],
          }),
        ),
      );
  }
  return mistakes.length > 0 ? { mistakes } : { targets };
}
