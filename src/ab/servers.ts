/** The servers of both sides: shared where nothing about the server differs, else one each; all up for the whole session. */
import { join } from 'node:path';
import { ExitCode, MqbenchError, UsageError } from '../errors.js';
import { redactValue } from '../results/redact.js';
import { usedTargets } from '../scenario/plan.js';
import type { Target } from '../scenario/types.js';
import { composeKind } from '../servers/compose/index.js';
import { namedServer, urlVariable } from '../servers/endpoint/index.js';
import { acquireServers, kindChooser, type AcquireContext } from '../servers/index.js';
import { withProcesses } from '../servers/processes/find.js';
import type { RunningServer, ServerChoice, ServerId } from '../servers/provider.js';
import type { ServerKind } from '../servers/supervised/launch.js';
import { startServer } from '../servers/supervised/start.js';
import type { Side, SideName } from './side.js';

export interface SideServers {
  /** By target name. */
  readonly of: Readonly<Record<SideName, ReadonlyMap<string, RunningServer>>>;
  /** Ends everything that was started. Idempotent. */
  stopAll(): Promise<void>;
}

/** The environment variable that names a target's server for one side only. */
export function sideVariable(side: SideName, target: string): string {
  return urlVariable(`${side}_${target}`);
}

/**
 * @throws MqbenchError exit 6 when one cannot be had: a comparison without one of its cells is none
 */
export async function acquireForSides(
  sides: readonly Side[],
  choice: ServerChoice,
  context: AcquireContext,
): Promise<SideServers> {
  const own: RunningServer[] = [];
  const of = { A: new Map<string, RunningServer>(), B: new Map<string, RunningServer>() };
  const others: { readonly side: SideName; readonly target: Target }[] = [];
  let stopShared = async (): Promise<void> => undefined;
  const stopAll = async (): Promise<void> => {
    await Promise.all([...own.map((server) => server.stop()), stopShared()]);
  };
  try {
    for (const side of sides)
      for (const target of usedTargets(side.plan)) {
        const server = await serverOfItsOwn(side, target, choice, context);
        if (server === undefined) others.push({ side: side.name, target });
        else {
          own.push(server);
          of[side.name].set(target.name, server);
        }
      }
    // One that is started is the same for both; of two that are named each side has its own.
    const acquired = await acquireServers(
      others.map(({ target }) => target),
      choice,
      context,
    );
    stopShared = acquired.stopAll;
    const [missing] = acquired.missing;
    if (missing !== undefined)
      throw new MqbenchError(`${missing.target} cannot be had: ${missing.error.message}`, {
        ...missing.error.details,
        exitCode: ExitCode.environment,
      });
    for (const [at, { side, target }] of others.entries()) {
      const server = acquired.inOrder[at];
      if (server !== undefined) of[side].set(target.name, server);
    }
    return { of, stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** A server that only this side uses, where the variant asks for one. */
async function serverOfItsOwn(
  side: Side,
  target: Target,
  choice: ServerChoice,
  context: AcquireContext,
): Promise<RunningServer | undefined> {
  const { url, image, config } = side.variant;
  const named = context.env[sideVariable(side.name, target.name)];
  if (url !== undefined || named !== undefined) {
    // The address that is for both sides does not count for this one.
    const server = namedServer({ ...target, url }, { [urlVariable(target.name)]: named });
    return server && withProcesses(server);
  }
  if (image === undefined && config === undefined) return undefined;
  const kind = await kindOf(target, side, choice);
  const logs = context.logDir === undefined ? {} : { logDir: join(context.logDir, side.name) };
  return withProcesses(await startServer(kind, { ...context, ...logs }, { target: target.name }));
}

async function kindOf(target: Target, side: Side, choice: ServerChoice): Promise<ServerKind> {
  const { image, config } = side.variant;
  const where = `variant ${side.name}`;
  const id = target.server;
  if (id === undefined || id === 'memory' || choice === 'endpoint')
    throw new UsageError(`mqbench starts no server for ${target.name} whose image or configuration could differ.`, {
      where,
      hint: 'Use url= with a server that runs already and differs in that.',
    });
  if (image !== undefined && config !== undefined)
    throw new UsageError('A variant has either an image or a configuration of its own.', {
      where,
      hint: 'Build the configuration into the image.',
    });
  if (image !== undefined) {
    if (choice === 'local')
      throw new UsageError('An image needs Docker.', {
        where,
        hint: 'Leave --server local away, or use url= with a server that runs already.',
      });
    return composeKind(id, image);
  }
  const kind = await kindChooser(choice)(id);
  if (kind.provider !== 'local' || !(id in configFiles))
    throw new UsageError(
      `The configuration of ${kind.product} ${kind.provider === 'local' ? 'cannot be set' : 'in a container cannot be set'} by a variant.`,
      {
        where,
        hint:
          kind.provider === 'local'
            ? 'Use url= with a server that is configured so.'
            : 'Use --server local, an image of your own, or url=.',
      },
    );
  return withConfig(kind, config ?? {});
}

/** Where a local server has its own settings; a line further down wins in both formats. */
const configFiles: Partial<Record<ServerId, string>> = { kafka: 'conf/server.properties', rabbitmq: 'rabbitmq.conf' };

/** The same kind of server with lines added to its configuration file. */
export function withConfig(kind: ServerKind, config: Readonly<Record<string, string>>): ServerKind {
  const file = configFiles[kind.id] ?? '';
  const entries = Object.entries(config);
  const lines = entries.map(([key, value]) => {
    if (/[\r\n]/.test(key + value))
      throw new UsageError('A configuration value cannot hold a line break.', {
        where: `config.${key}`,
        hint: 'Give each line of the configuration as a setting of its own.',
      });
    return `${key} = ${value}`;
  });
  const told = entries.map(([key, value]) => `${key} = ${redactValue(key, value)}`);
  return {
    ...kind,
    obtain: async (context) => {
      const software = await kind.obtain(context);
      return {
        ...software,
        provenance: { ...software.provenance, configuration: told.join('; ') },
        launch: (room) => {
          const launch = software.launch(room);
          return {
            ...launch,
            files: { ...launch.files, [file]: `${launch.files[file] ?? ''}\n${lines.join('\n')}\n` },
          };
        },
      };
    },
  };
}
