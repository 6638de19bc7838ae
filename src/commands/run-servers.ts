/** The servers of a run, and what becomes of it when some of them cannot be had. */
import { ExitCode, MqbenchError } from '../errors.js';
import { applyFlags } from '../scenario/overrides.js';
import { usedTargets } from '../scenario/plan.js';
import type { Plan } from '../scenario/types.js';
import { acquireServers, type AcquiredServers, type MissingServer } from '../servers/index.js';
import { createProgress } from '../servers/progress.js';
import { planOf } from './plan.js';
import type { RunFlags } from './run-flags.js';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

export interface Servers extends AcquiredServers {
  /** The plan that is really run: the asked one, or the embedded broker's when nothing else is to be had. */
  readonly plan: Plan;
}

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Where the servers' logs go. */
  readonly logDir: string;
  /** Somebody looks on, and sees the warnings. */
  readonly attended: boolean;
}

/** @throws the first missing server's error where that must not pass */
export async function getServers(
  plan: Plan,
  flags: Pick<RunFlags, 'server' | 'signal' | 'allowMissing'>,
  { env, logDir, attended }: Surroundings,
): Promise<Servers> {
  const acquire = async (of: Plan): Promise<AcquiredServers> => {
    const progress = createProgress(process.stderr);
    try {
      return await acquireServers(usedTargets(of), flags.server, { progress, signal: flags.signal, env, logDir });
    } finally {
      progress.close();
    }
  };
  const servers = await acquire(plan);
  const first = servers.missing[0];
  if (first === undefined) return { ...servers, plan };
  for (const { target, reason } of servers.missing) say(`warning: ${target} cannot be had: ${reason}`);
  const some = servers.servers.size > 0;
  if (some && (attended || flags.allowMissing)) return { ...servers, plan };
  await servers.stopAll();
  // With `endpoint` nothing is started, the embedded broker neither.
  if (some || !attended || flags.server === 'endpoint') throw asksForMore(first);
  say(
    "warning: no broker can be had here; running on mqbench's embedded broker instead, which shows the harness and no broker",
  );
  const instead = await planOf(await applyFlags(plan.scenario, { target: ['memory'] }), flags.server);
  const embedded = await acquire(instead);
  if (embedded.servers.size === 0) {
    await embedded.stopAll();
    throw asksForMore(embedded.missing[0] ?? first);
  }
  return { ...embedded, missing: [...servers.missing, ...embedded.missing], plan: instead };
}

function asksForMore({ target, error }: MissingServer): MqbenchError {
  const { where, hint } = error.details;
  return new MqbenchError(`${target} cannot be had: ${error.message}`, {
    exitCode: ExitCode.environment,
    ...(where === undefined ? {} : { where }),
    hint: `${hint === undefined ? '' : `${hint} `}Or leave it out with --allow-missing.`,
    cause: error,
  });
}
