/** A target as a scenario states it gets its adapter, its server and its complete options, judged by the adapter's own schema. */
import type { z } from 'zod';
import { suggest } from '../nearest.js';
import { mistakesOf, type Mistake } from './issues.js';
import { show } from './show.js';
import { builtInNames, builtInTargets, type LoadAdapter } from './targets.js';
import type { Target } from './types.js';

/** The keys of an options schema, where it is an object's. */
function optionNames(schema: z.ZodType): readonly string[] {
  const shape = (schema as { shape?: unknown }).shape;
  return typeof shape === 'object' && shape !== null ? Object.keys(shape) : [];
}

export type Resolved = { readonly target: Target } | { readonly mistakes: readonly Mistake[] };

/**
 * Resolves one target.
 * @param paths where `base` and `options` stand, for the mistakes
 */
export async function resolveSpec(
  spec: { name: string; base: string; options: unknown; url: string | undefined },
  paths: { readonly base: Mistake['path']; readonly options: Mistake['path'] },
  loadAdapter: LoadAdapter,
): Promise<Resolved> {
  const builtIn = builtInTargets.get(spec.base);
  if (!builtIn)
    return {
      mistakes: [
        {
          path: paths.base,
          atKey: false,
          message: `there is no target ${show(spec.base)}`,
          hint: suggest(spec.base, builtInNames),
        },
      ],
    };
  const adapter = await loadAdapter(builtIn.adapter);
  const options = adapter.options.safeParse(spec.options);
  if (!options.success)
    return {
      mistakes: mistakesOf(options.error, paths.options, (path) =>
        path.length === 0 ? optionNames(adapter.options) : [],
      ),
    };
  return {
    target: {
      name: spec.name,
      adapter: builtIn.adapter,
      server: builtIn.server,
      url: spec.url,
      options: options.data as Record<string, unknown>,
    },
  };
}
