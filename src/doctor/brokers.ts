/** Which ways there are on this machine to get each broker. Nothing is fetched, started or connected to. */
import { missingEngine } from '../servers/compose/engine.js';
import { urlVariable } from '../servers/endpoint/index.js';
import { readLeft, stillRuns } from '../servers/left.js';
import { canFetchPackages, findRabbitmq, installedJava } from '../servers/local/store/index.js';
import type { ServerId } from '../servers/provider.js';
import type { Check } from './check.js';

const advice = {
  docker: 'install and start Docker with its compose plugin',
  java: 'install Java 17 or later and set JAVA_HOME or PATH',
  rabbitmq: 'install rabbitmq-server',
};

/** Docker, Java, and for each of the three brokers the way that `run` would take. */
export async function checkBrokers(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Check[]> {
  const [missing, java, rabbitmq, packages] = await Promise.all([
    missingEngine(),
    installedJava(signal),
    findRabbitmq(),
    canFetchPackages(signal),
  ]);
  const local: Record<'rabbitmq' | 'kafka' | 'activemq', string | undefined> = {
    rabbitmq:
      rabbitmq !== undefined
        ? `a process of its own, RabbitMQ ${rabbitmq}, installed`
        : packages
          ? 'a process of its own, from the distribution’s packages'
          : undefined,
    kafka: java !== undefined || packages ? 'a process of its own, from Maven’s jars' : undefined,
    activemq: java !== undefined || packages ? 'a process of its own, from Maven’s jars' : undefined,
  };
  const brokers = await Promise.all(
    (['rabbitmq', 'kafka', 'activemq'] as const).map(async (id): Promise<Check> => {
      const way = (await named(id, env)) ?? (missing === undefined ? 'a Docker container' : local[id]);
      if (way !== undefined) return { name: id, status: 'ok', found: way };
      const install = id === 'rabbitmq' ? advice.rabbitmq : advice.java;
      return {
        name: id,
        status: 'problem',
        found: 'cannot be had here',
        advice: `${install}, or ${advice.docker}, or name one that runs in ${urlVariable(id)}`,
      };
    }),
  );
  return [
    missing === undefined
      ? { name: 'docker', status: 'ok', found: 'an engine answers' }
      : { name: 'docker', status: 'ok', found: `${missing}; brokers run as processes of their own` },
    {
      name: 'java',
      status: 'ok',
      found:
        java === undefined
          ? `none${packages ? '; fetched when a broker needs it' : ''}`
          : `${java.version} (${java.source})`,
    },
    ...brokers,
  ];
}

/** One that is named or was left running, as `run` would take it before any other. */
async function named(id: ServerId, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (env[urlVariable(id)]) return `named by ${urlVariable(id)}`;
  // A cache folder of somebody else has nothing that was left for this user.
  const left = await readLeft(id, env).catch(() => undefined);
  return left !== undefined && (await stillRuns(left))
    ? `left running by \`mqbench brokers up\` (${left.provider})`
    : undefined;
}
