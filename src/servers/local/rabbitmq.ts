import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BrokerError } from '../../errors.js';
import { rabbitmqConf, rabbitmqEnabledPlugins } from '../config/rabbitmq.js';
import { rabbitmqWarning } from '../versions.js';
import {
  baseEnvironment,
  portOf,
  type Command,
  type Launch,
  type Room,
  type ServerKind,
} from '../supervised/launch.js';
import type { ServerId } from '../provider.js';
import { probeAmqp } from '../supervised/probe/amqp.js';
import { probeStomp } from '../supervised/probe/stomp.js';
import { ensureRabbitmq, type InstalledRabbitmq, type UnpackedRabbitmq } from './store/index.js';

export const rabbitmq = rabbitmqKind('rabbitmq', { stomp: false });
/** With the STOMP plugin, which the endpoint is then. */
export const rabbitmqStomp = rabbitmqKind('rabbitmq-stomp', { stomp: true });

/**
 * RabbitMQ, an installed one or the distribution's packages unpacked. Its own epmd (Erlang's port mapper) runs
 * beside it on a port of its own: the one that the server would start outlives it.
 */
function rabbitmqKind(id: ServerId, { stomp }: { readonly stomp: boolean }): ServerKind {
  return {
    id,
    provider: 'local',
    product: 'RabbitMQ',
    isJvm: false,
    ports: stomp ? 5 : 4,
    async obtain(context) {
      const installation = await ensureRabbitmq(context);
      const warning = rabbitmqWarning(installation.version);
      return {
        version: installation.version,
        provenance: installation.provenance,
        ...(warning === undefined ? {} : { warning }),
        launch: (room) => launch(installation, room, stomp ? portOf(room, 4) : undefined),
      };
    },
  };
}

function launch(installation: InstalledRabbitmq | UnpackedRabbitmq, room: Room, stompPort: number | undefined): Launch {
  // Its disk monitor puts the path into a shell command; with a quote in it the server waits for ever.
  if (/["'`$\\]/.test(room.folder)) {
    throw new BrokerError(
      'RabbitMQ cannot run from a folder with a quote, `$` or backslash in its path.',
      'unavailable',
      {
        where: room.folder,
        hint: 'Set TMPDIR to another folder.',
      },
    );
  }
  const [amqpPort, managementPort] = [portOf(room, 0), portOf(room, 1)];
  const user = { username: room.username, password: room.password };
  const env = environment(room);
  const commands =
    installation.kind === 'unpacked'
      ? unpackedCommands(installation, room, env)
      : installedCommands(installation, room, env);
  return {
    folders: ['conf.d', 'log', 'mnesia', 'tmp'],
    links: installation.kind === 'unpacked' ? { erlang: installation.erlangRoot, server: installation.home } : {},
    files: {
      'rabbitmq.conf': rabbitmqConf({
        listenHost: '127.0.0.1',
        amqpPort,
        managementPort,
        ...(stompPort === undefined ? {} : { stompPort }),
        user: { name: room.username, password: room.password },
      }),
      enabled_plugins: rabbitmqEnabledPlugins(stompPort === undefined ? [] : ['rabbitmq_stomp']),
    },
    before: [],
    beside: [commands.epmd],
    server: commands.server,
    after: [],
    endpoint: {
      url: stompPort === undefined ? `amqp://127.0.0.1:${amqpPort}/` : `stomp://127.0.0.1:${stompPort}/`,
      ...user,
      managementUrl: `http://127.0.0.1:${managementPort}`,
    },
    // The STOMP plugin starts after AMQP answers.
    probe: (signal) =>
      stompPort === undefined
        ? probeAmqp('127.0.0.1', amqpPort, user, signal)
        : probeStomp('127.0.0.1', stompPort, user, signal, '/'),
  };
}

/** Everything that would otherwise point to /etc/rabbitmq, /var and the standard ports. */
function environment(room: Room): Record<string, string> {
  return {
    ...baseEnvironment(room),
    RABBITMQ_CONF_ENV_FILE: 'rabbitmq-env.conf',
    RABBITMQ_CONFIG_FILE: 'rabbitmq.conf',
    RABBITMQ_CONFIG_FILES: 'conf.d',
    RABBITMQ_ADVANCED_CONFIG_FILE: 'advanced.config',
    RABBITMQ_ENABLED_PLUGINS_FILE: 'enabled_plugins',
    RABBITMQ_MNESIA_BASE: 'mnesia',
    RABBITMQ_LOG_BASE: 'log',
    RABBITMQ_LOG: 'info,-color',
    RABBITMQ_GENERATED_CONFIG_DIR: 'generated',
    RABBITMQ_PID_FILE: 'rabbit.pid',
    // Node names must differ between servers of one machine only where they share an epmd, which they don't.
    RABBITMQ_NODENAME: 'mqbench@localhost',
    RABBITMQ_DIST_PORT: String(portOf(room, 2)),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    ERL_EPMD_PORT: String(portOf(room, 3)),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // No dump of the whole memory into the log folder when the machine crashes.
    ERL_CRASH_DUMP_BYTES: '0',
  };
}

interface Commands {
  readonly server: Command;
  readonly epmd: Command;
}

function epmdArgs(room: Room): string[] {
  return ['-port', String(portOf(room, 3)), '-address', '127.0.0.1'];
}

/** Through the scripts of the installation, which know where its parts are. */
function installedCommands(
  installation: InstalledRabbitmq,
  room: Room,
  base: Readonly<Record<string, string>>,
): Commands {
  const env = { ...base, PATH: [...installation.path, base.PATH].join(':') };
  return {
    // `detached` makes the script replace itself with the Erlang machine instead of waiting for it.
    server: { command: installation.server, args: [], env: { ...env, detached: '1' } },
    epmd: { command: 'epmd', args: epmdArgs(room), env },
  };
}

/**
 * Starts the Erlang machine itself: the scripts around it (`erl`, `rabbitmq-server`, `rabbitmq-env`) carry absolute
 * paths of their packages and do not quote, so they cannot run from a folder with a blank in its name. The arguments
 * are those of `rabbitmq-server`; see sbin/rabbitmq-server and sbin/rabbitmq-env of RabbitMQ 3.10.
 */
function unpackedCommands(
  installation: UnpackedRabbitmq,
  room: Room,
  base: Readonly<Record<string, string>>,
): Commands {
  const bin = `erlang/${runtimeFolder(installation)}/bin`;
  const env = {
    ...base,
    PATH: `${bin}:${base.PATH ?? ''}`,
    ROOTDIR: 'erlang',
    // erlexec wants this one absolute; it goes into PATH as well, where a `:` in it does no harm beside the above.
    BINDIR: join(room.folder, bin),
    EMU: 'beam',
    PROGNAME: 'erl',
    ERL_LIBS: 'server/plugins',
    ERL_MAX_ETS_TABLES: '50000',
    ERL_MAX_PORTS: '65536',
    RABBITMQ_HOME: 'server',
    RABBITMQ_PLUGINS_DIR: 'server/plugins',
    SYS_PREFIX: '',
    ...(installation.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: installation.libraryPath }),
  };
  const allocator = '+MBas ageffcbf +MHas ageffcbf +MBlmbcs 512 +MHlmbcs 512 +MMmcs 30';
  const limits = '+P 1048576 +t 5000000 +stbt db +zdbbl 128000 +sbwt none +sbwtdcpu none +sbwtdio none';
  return {
    server: {
      command: `${bin}/erlexec`,
      args: [
        ...['-noinput', '-s', 'rabbit', 'boot', '-boot', 'start_sasl', '+W', 'w'],
        ...allocator.split(' '),
        ...limits.split(' '),
        ...['-kernel', 'inet_dist_use_interface', '{127,0,0,1}'],
        ...['-syslog', 'logger', '[]', '-syslog', 'syslog_error_logger', 'false'],
        ...['-kernel', 'prevent_overlapping_partitions', 'false'],
      ],
      env,
    },
    epmd: { command: `${bin}/epmd`, args: epmdArgs(room), env },
  };
}

/** The name of the Erlang runtime's folder, e.g. `erts-13.1.5`. */
function runtimeFolder(installation: UnpackedRabbitmq): string {
  const name = readdirSync(installation.erlangRoot).find((entry) => /^erts-\d/.test(entry));
  if (name === undefined) {
    throw new BrokerError('The unpacked RabbitMQ has no Erlang runtime.', 'unavailable', {
      hint: 'Remove the rabbitmq folder from the cache and try again, or install rabbitmq-server.',
    });
  }
  return name;
}
