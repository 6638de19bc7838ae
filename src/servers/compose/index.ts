/** Servers in containers: the services of docker-compose.yml, each in a project of its own. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Endpoint } from '../../brokers/adapter.js';
import { BrokerError, InterruptedError, messageOf } from '../../errors.js';
import { urlVariable } from '../endpoint/index.js';
import type { ServerId, StartContext } from '../provider.js';
import { portOf, type Room, type ServerKind } from '../supervised/launch.js';
import { probeAmqp } from '../supervised/probe/amqp.js';
import { probeKafka } from '../supervised/probe/kafka.js';
import { probeStomp } from '../supervised/probe/stomp.js';
import { rabbitmqWarning } from '../versions.js';
import { hasImage } from './engine.js';
import { composeFile, imageOf, versionOf } from './file.js';

export type ComposeServerId = Exclude<ServerId, 'memory'>;

const run = promisify(execFile);
const pullTimeoutMs = 15 * 60_000;

/** What is particular to one service. */
interface Service {
  readonly product: string;
  readonly isJvm: boolean;
  readonly ports: number;
  /** Variables that docker-compose.yml reads. */
  variables(room: Room): Record<string, string>;
  endpoint(room: Room): Endpoint;
  probe(room: Room, signal: AbortSignal): Promise<void>;
}

/** In the names of the variables of a service, e.g. `MQBENCH_KAFKA_FLUSH_1` of `kafka-flush-1`. */
function variablePrefix(id: ComposeServerId): string {
  return urlVariable(id).replace(/_URL$/, '');
}

function credentials(id: ComposeServerId, { username, password }: Room): Record<string, string> {
  return { [`${variablePrefix(id)}_USER`]: username, [`${variablePrefix(id)}_PASSWORD`]: password };
}

/** @param protocol what the first port speaks; the second is the management interface's */
function rabbitmqService(id: ComposeServerId, protocol: 'amqp' | 'stomp'): Service {
  return {
    product: 'RabbitMQ',
    isJvm: false,
    ports: 2,
    variables: (room) => ({
      [`${variablePrefix(id)}_PORT`]: String(portOf(room, 0)),
      [`${variablePrefix(id)}_MANAGEMENT_PORT`]: String(portOf(room, 1)),
      ...credentials(id, room),
    }),
    endpoint: (room) => ({
      url: `${protocol}://127.0.0.1:${portOf(room, 0)}/`,
      username: room.username,
      password: room.password,
      managementUrl: `http://127.0.0.1:${portOf(room, 1)}`,
    }),
    probe: (room, signal) =>
      protocol === 'amqp'
        ? probeAmqp('127.0.0.1', portOf(room, 0), room, signal)
        : probeStomp('127.0.0.1', portOf(room, 0), room, signal, '/'),
  };
}

function kafkaService(id: ComposeServerId): Service {
  return {
    product: 'Apache Kafka',
    isJvm: true,
    ports: 1,
    variables: (room) => ({ [`${variablePrefix(id)}_PORT`]: String(portOf(room, 0)) }),
    endpoint: (room) => ({ url: `kafka://127.0.0.1:${portOf(room, 0)}` }),
    probe: (room, signal) => probeKafka('127.0.0.1', portOf(room, 0), undefined, undefined, signal),
  };
}

function activemqService(id: ComposeServerId, product: string): Service {
  return {
    product,
    isJvm: true,
    ports: 1,
    variables: (room) => ({ [`${variablePrefix(id)}_PORT`]: String(portOf(room, 0)), ...credentials(id, room) }),
    endpoint: (room) => ({
      url: `stomp://127.0.0.1:${portOf(room, 0)}`,
      username: room.username,
      password: room.password,
    }),
    probe: (room, signal) => probeStomp('127.0.0.1', portOf(room, 0), room, signal),
  };
}

const services: Readonly<Record<ComposeServerId, Service>> = {
  rabbitmq: rabbitmqService('rabbitmq', 'amqp'),
  'rabbitmq-stomp': rabbitmqService('rabbitmq-stomp', 'stomp'),
  kafka: kafkaService('kafka'),
  'kafka-flush-1': kafkaService('kafka-flush-1'),
  activemq: activemqService('activemq', 'Apache ActiveMQ Classic'),
  'activemq-periodic-sync': activemqService('activemq-periodic-sync', 'Apache ActiveMQ Classic'),
  'activemq-artemis': activemqService('activemq-artemis', 'Apache ActiveMQ Artemis'),
};

/**
 * A service as a kind of server. `docker compose up` in the foreground is the process that is supervised: it writes
 * the container's log, ends when the container ends, and stops it on SIGTERM; `docker compose down` follows in any
 * case, so that a killed mqbench leaves no container.
 */
export function composeKind(id: ComposeServerId, image = imageOf(id)): ServerKind {
  const service = services[id];
  const other = image !== imageOf(id);
  return {
    id,
    provider: 'compose',
    product: service.product,
    isJvm: service.isJvm,
    ports: service.ports,
    async obtain(context) {
      await pullWhereMissing(image, context);
      const version = versionOf(image);
      const warning = service.product === 'RabbitMQ' ? rabbitmqWarning(version) : undefined;
      return {
        version,
        provenance: { image, 'image digest': await digestOf(image) },
        ...(warning === undefined ? {} : { warning }),
        launch(room) {
          const project = `mqbench-${id}-${portOf(room, 0)}`;
          const compose = (...args: string[]) => ({
            command: 'docker',
            args: [
              ...['compose', '--project-name', project, '--file', composeFile],
              ...(other ? ['--file', 'image.json'] : []),
              // Without it `down` passes over the services of variants, and leaves their containers.
              ...['--profile', 'variants'],
              ...args,
            ],
            // The docker command finds its engine, contexts and proxies through the environment.
            env: { ...definedOnly(process.env), ...service.variables(room) },
          });
          return {
            // JSON is YAML; what stands in a later file replaces what stands in an earlier one.
            files: other ? { 'image.json': JSON.stringify({ services: { [id]: { image } } }) } : {},
            folders: [],
            links: {},
            before: [],
            beside: [],
            server: compose('up', '--no-log-prefix', '--abort-on-container-exit', id),
            after: [compose('down', '--volumes', '--timeout', '2')],
            // `up` ends with the container; the next `up` starts the same one, with what it has stored.
            reach: {
              kill: compose('kill', '--signal', 'SIGKILL', id),
              pause: compose('pause', id),
              resume: compose('unpause', id),
            },
            endpoint: service.endpoint(room),
            probe: (signal) => service.probe(room, signal),
          };
        },
      };
    },
  };
}

async function pullWhereMissing(image: string, context: StartContext): Promise<void> {
  if (await hasImage(image)) return;
  const step = context.progress.step(`Pulling ${image}`);
  try {
    await run('docker', ['pull', '--quiet', image], {
      timeout: pullTimeoutMs,
      signal: context.signal,
    });
    step.done();
  } catch (error) {
    step.done('failed');
    if (context.signal.aborted) throw new InterruptedError();
    throw new BrokerError(`The image ${image} could not be pulled: ${reasonOf(error)}.`, 'unavailable', {
      where: 'docker pull',
      hint: 'Check the network and the registry, or use --server local.',
      cause: error,
    });
  }
}

/** The last thing that a failed command said; Node's own message quotes the whole command line instead. */
function reasonOf(error: unknown): string {
  const said = (error as { readonly stderr?: string }).stderr?.trim().split('\n').at(-1);
  return (said === undefined || said === '' ? messageOf(error) : said).replace(/\.$/, '');
}

async function digestOf(image: string): Promise<string> {
  const format = ['--format', '{{index .RepoDigests 0}}'];
  return run('docker', ['image', 'inspect', ...format, image], { timeout: 10_000 }).then(
    ({ stdout }) => stdout.trim(),
    () => 'unknown',
  );
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
