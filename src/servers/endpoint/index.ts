/** Servers that a person names: never started, never stopped, cleaned only of what a run made. */
import { namesOf } from '../../scenario/cells.js';
import type { Target } from '../../scenario/types.js';
import type { RunningServer } from '../provider.js';
import { parseEndpoint } from './url.js';

/** The environment variable that names a target's server, e.g. `MQBENCH_KAFKA_FLUSH_1_URL` for `kafka-flush-1`. */
export function urlVariable(target: string): string {
  return `MQBENCH_${target.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_URL`;
}

/**
 * The server that a person named for a target, in its environment variable or else in the scenario.
 * @returns undefined when nobody named one
 * @throws UsageError when the address is not one
 */
export function namedServer(
  target: Pick<Target, 'name' | 'listedAs' | 'adapter' | 'url'>,
  env: NodeJS.ProcessEnv,
): RunningServer | undefined {
  // An empty variable is how a shell says that there is none.
  const variable =
    namesOf(target)
      .map(urlVariable)
      .find((name) => Boolean(env[name])) ?? urlVariable(target.name);
  const fromEnvironment = env[variable] || undefined;
  const text = fromEnvironment ?? target.url;
  if (text === undefined) return undefined;
  const where = fromEnvironment === undefined ? `the scenario's url of target ${target.name}` : variable;
  return {
    target: target.name,
    provider: 'endpoint',
    endpoint: parseEndpoint(text, target.adapter, where),
    provenance: { software: 'a server that was running already' },
    pids: [],
    // Not ours, so nobody restarted it for this run.
    isJvm: false,
    exited: new Promise(() => undefined),
    stop: async () => undefined,
  };
}
