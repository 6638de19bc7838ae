/**
 * Which ways there are on this machine to get each broker, and what of it would have to be downloaded first. Nothing is
 * fetched, started or connected to.
 */
import { MqbenchError } from '../errors.js';
import { hasImage, missingEngine } from '../servers/compose/engine.js';
import { imageOf } from '../servers/compose/file.js';
import { urlVariable } from '../servers/endpoint/index.js';
import { readLeft, stillRuns } from '../servers/left.js';
import {
  cachedPackages,
  canFetchPackages,
  findRabbitmq,
  installedJava,
  mavenState,
  type Java,
} from '../servers/local/store/index.js';
import type { Check } from './check.js';

const advice = {
  docker: 'install and start Docker with its compose plugin',
  java: 'install Java 17 or later and set JAVA_HOME or PATH',
  rabbitmq: 'install rabbitmq-server',
};

const ids = ['rabbitmq', 'kafka', 'activemq'] as const;
type Id = (typeof ids)[number];

/** What this machine has to make brokers of. */
interface Means {
  readonly java: Pick<Java, 'version' | 'source'> | undefined;
  /** Packages of the distribution can be fetched. */
  readonly packages: boolean;
  readonly signal: AbortSignal;
}

/** A way to have a broker; of one that there is not: why. */
type Way = { readonly found: string } | { readonly lacking: string; readonly advice: string };

/** Docker, Java, and for each of the three brokers the way that `run` would take. */
export async function checkBrokers(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Check[]> {
  const [missing, java, packages] = await Promise.all([
    missingEngine(),
    installedJava(signal),
    canFetchPackages(signal),
  ]);
  const means = { java, packages, signal };
  const brokers = await Promise.all(
    ids.map(async (id): Promise<Check> => {
      const known = await named(id, env);
      const way: Way =
        known !== undefined
          ? { found: known }
          : missing === undefined
            ? { found: await container(id) }
            : await (id === 'rabbitmq' ? localRabbitmq(means) : localOnJava(id, means)).catch(unusable);
      if ('found' in way) return { name: id, status: 'ok', found: way.found };
      return {
        name: id,
        status: 'problem',
        found: `cannot be had here: ${way.lacking}`,
        advice: `${way.advice}, or ${advice.docker}, or name one that runs in ${urlVariable(id)}`,
      };
    }),
  );
  return [
    missing === undefined
      ? { name: 'docker', status: 'ok', found: 'an engine answers' }
      : { name: 'docker', status: 'ok', found: `${missing}; brokers run as processes of their own` },
    { name: 'java', status: 'ok', found: await javaText(means).catch(() => 'none') },
    ...brokers,
  ];
}

async function javaText(means: Means): Promise<string> {
  const { java, packages } = means;
  if (java !== undefined) return `${java.version} (${java.source})`;
  if (!packages) return 'none';
  const kept = await keptJava(means);
  return kept === undefined ? 'none; fetched when a broker needs it' : `${kept} in the cache`;
}

/** The Java of the distribution that an earlier run has fetched. */
async function keptJava({ packages, signal }: Means): Promise<string | undefined> {
  const kept = packages ? await cachedPackages('java', signal) : undefined;
  return kept?.find(({ name }) => name.startsWith('openjdk-'))?.version;
}

async function container(id: Id): Promise<string> {
  const image = imageOf(id);
  return `a Docker container of ${image}${(await hasImage(image)) ? '' : ', which is pulled first'}`;
}

async function localRabbitmq({ packages, signal }: Means): Promise<Way> {
  const installed = await findRabbitmq();
  if (installed !== undefined) return { found: `a process of its own: RabbitMQ ${installed}, installed` };
  if (!packages)
    return { lacking: 'it is not installed, and there is no apt to fetch it with', advice: advice.rabbitmq };
  const kept = (await cachedPackages('rabbitmq', signal))?.find(({ name }) => name === 'rabbitmq-server');
  return {
    found:
      kept === undefined
        ? 'a process of its own: the distribution’s packages, to be downloaded (their lists tell the size then)'
        : `a process of its own: rabbitmq-server ${kept.version}, in the cache`,
  };
}

async function localOnJava(id: 'kafka' | 'activemq', means: Means): Promise<Way> {
  const { java, packages } = means;
  if (java === undefined && !packages)
    return { lacking: 'there is no Java 17 or later, and no apt to fetch one with', advice: advice.java };
  const { software, missingBytes } = await mavenState(id);
  const jars =
    missingBytes === 0
      ? 'in the cache'
      : `${(missingBytes / 1e6).toFixed(missingBytes < 1e7 ? 1 : 0)} MB to be downloaded`;
  const runtime = java !== undefined || (await keptJava(means)) !== undefined ? '' : '; Java is fetched, too';
  return { found: `a process of its own: ${software}, ${jars}${runtime}` };
}

/** A cache folder that may not be used. */
function unusable(error: unknown): Way {
  if (!(error instanceof MqbenchError)) throw error;
  const { hint = 'set MQBENCH_CACHE to a folder of your own', where } = error.details;
  return {
    lacking: `${error.message.replace(/\.$/, '')}${where === undefined ? '' : ` (${where})`}`,
    advice: hint.replace(/\.$/, ''),
  };
}

/** One that is named or was left running, as `run` would take it before any other. */
async function named(id: Id, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (env[urlVariable(id)]) return `named by ${urlVariable(id)}`;
  // A cache folder of somebody else has nothing that was left for this user.
  const left = await readLeft(id, env).catch(() => undefined);
  return left !== undefined && (await stillRuns(left))
    ? `left running by \`mqbench brokers up\` (${left.provider})`
    : undefined;
}
