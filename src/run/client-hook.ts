/** The resolving half of use-client.ts; Node runs it in a thread of its own (node:module, customization hooks). */
import type { ResolveFnOutput, ResolveHook } from 'node:module';

/** Which package is taken from elsewhere. */
export interface ClientOverride {
  /** Its name as adapters import it. */
  readonly name: string;
  /** File URL of the folder whose node_modules has it, with a slash at the end. */
  readonly from: string;
}

let override: ClientOverride | undefined;

export function initialize(data: ClientOverride): void {
  override = data;
}

export const resolve: ResolveHook = (specifier, context, next): ResolveFnOutput | Promise<ResolveFnOutput> => {
  const ours = override !== undefined && (specifier === override.name || specifier.startsWith(`${override.name}/`));
  return ours ? next(specifier, { ...context, parentURL: override?.from }) : next(specifier, context);
};
