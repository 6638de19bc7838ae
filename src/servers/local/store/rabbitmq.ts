/** RabbitMQ: the installed one, else the distribution's packages unpacked in the cache. */
import { access, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BrokerError } from '../../../errors.js';
import type { StartContext } from '../../provider.js';
import { installedPackages, type Apt, type DebianPackage } from './apt.js';
import { openCache, plainAlias } from './cache.js';
import { runCommand } from './command.js';
import { findOnPath } from './java.js';
import { ensurePackageTree, packageProvenance } from './package-tree.js';

/** What both ways to have RabbitMQ share. Paths are absolute. */
interface RabbitmqSoftware {
  /** The rabbitmq_server-x folder, with `sbin` and `plugins` in it. */
  readonly home: string;
  /** The plain start script in {@link home}, which works for any user. */
  readonly server: string;
  readonly version: string;
  /** Folders to put before the rest of PATH, so that the scripts find `erl`. */
  readonly path: readonly string[];
  readonly provenance: Readonly<Record<string, string>>;
}

export interface InstalledRabbitmq extends RabbitmqSoftware {
  readonly kind: 'installed';
}

export interface UnpackedRabbitmq extends RabbitmqSoftware {
  readonly kind: 'unpacked';
  /** What would be `/` had the packages been installed. Free of characters that break shell scripts and path lists. */
  readonly root: string;
  /** Erlang's own root, the `lib/erlang` folder. */
  readonly erlangRoot: string;
  /** For LD_LIBRARY_PATH, when libraries had to be fetched that the machine lacks. */
  readonly libraryPath?: string;
}

const erlangMs = 60_000;
const hint =
  'Install rabbitmq-server (on Debian and Ubuntu: apt-get install rabbitmq-server; elsewhere see ' +
  'https://www.rabbitmq.com/docs/download), or start Docker, or name a broker that runs already with ' +
  'MQBENCH_RABBITMQ_URL=amqp://USER:PASSWORD@HOST:PORT.';

/**
 * An installed RabbitMQ where there is one, else the packages of Debian or Ubuntu through apt.
 * @throws BrokerError `unavailable` that names every way to get it; InterruptedError
 */
export async function ensureRabbitmq(context: StartContext): Promise<InstalledRabbitmq | UnpackedRabbitmq> {
  const installed = await installedRabbitmq();
  if (installed !== undefined) return installed;
  // RabbitMQ's and Erlang's shell scripts quote badly and keep folders in lists that colons separate.
  const cache = await plainAlias(await openCache());
  const tree = await ensurePackageTree(
    cache,
    { name: 'rabbitmq', title: 'RabbitMQ', choose: choosePackages, finish: ({ root }, signal) => finish(root, signal) },
    context,
  );
  if (tree === undefined) {
    throw new BrokerError('RabbitMQ is not installed, and without apt mqbench cannot fetch it.', 'unavailable', {
      hint,
    });
  }
  const { root } = tree;
  const home = await homeIn(root);
  const libraryPath = await libraryPathIn(root);
  const erlangRoot = join(root, 'usr', 'lib', 'erlang');
  const version = await versionOf(home);
  return {
    kind: 'unpacked',
    root,
    erlangRoot,
    home,
    server: join(home, 'sbin', 'rabbitmq-server'),
    version,
    path: [join(erlangRoot, 'bin'), join(home, 'sbin')],
    ...(libraryPath === undefined ? {} : { libraryPath }),
    provenance: {
      server: `RabbitMQ ${version}`,
      software: 'distribution packages, unpacked',
      ...packageProvenance(tree.packages),
    },
  };
}

/** The version of an installed RabbitMQ that mqbench would run. */
export async function findRabbitmq(): Promise<string | undefined> {
  return (await installedRabbitmq())?.version;
}

async function installedRabbitmq(): Promise<InstalledRabbitmq | undefined> {
  const erl = (await findOnPath('erl')) ?? (await ifThere('/usr/bin/erl'));
  if (erl === undefined) return undefined;
  for (const home of await installedHomes()) {
    const server = join(home, 'sbin', 'rabbitmq-server');
    if ((await ifThere(join(home, 'sbin', 'rabbitmq-env'))) === undefined) continue;
    const version = await versionOf(home).catch(() => undefined);
    if (version === undefined) continue;
    return {
      kind: 'installed',
      home,
      server,
      version,
      path: [dirname(erl), join(home, 'sbin')],
      provenance: { server: `RabbitMQ ${version}`, software: 'installed on this machine' },
    };
  }
  return undefined;
}

/** Candidates, best first: where PATH leads (a tarball, Homebrew), then where the packages put it. */
async function installedHomes(): Promise<string[]> {
  const onPath = await findOnPath('rabbitmq-server');
  // The packages' /usr/sbin/rabbitmq-server insists on the user rabbitmq or root; beside the real script is sbin's rest.
  const fromPath = onPath === undefined ? [] : [dirname(dirname(await realpath(onPath)))];
  const folder = '/usr/lib/rabbitmq/lib';
  const packaged = (await readdir(folder).catch(() => []))
    .filter((name) => name.startsWith('rabbitmq_server-'))
    .map((name) => join(folder, name));
  return [...fromPath, ...packaged];
}

/** Of the server in this home, by the plugin that is the server itself. */
async function versionOf(home: string): Promise<string> {
  for (const name of await readdir(join(home, 'plugins'))) {
    const version = /^rabbit-(\d.*?)(\.ez)?$/.exec(name)?.[1];
    if (version !== undefined) return version;
  }
  throw new BrokerError('The RabbitMQ in the cache folder is incomplete.', 'unavailable', {
    where: home,
    hint: 'Delete the folder "packages" in the cache folder; the next run fetches it again.',
  });
}

async function choosePackages(apt: Apt, signal: AbortSignal): Promise<DebianPackage[]> {
  let server;
  try {
    [server] = await apt.candidates(['rabbitmq-server']);
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    throw new BrokerError(error.message, 'unavailable', { hint, cause: error });
  }
  if (server === undefined) throw new Error('apt answered with no package');
  // The server's own dependencies but Erlang (a user, log rotation, init scripts, Python, socat) serve its installation.
  const erlang = [...server.depends.matchAll(/\berlang-[a-z0-9-]+/g)].map((match) => match[0]);
  const wanted = new Set(erlang.filter((name) => name !== 'erlang-base-hipe' && name !== 'erlang-nox'));
  const closure = await apt.closure([...wanted, 'erlang-base']);
  const installed = await installedPackages(signal);
  const isMissingLibrary = (name: string) => /^lib(?!.*-perl$)/.test(name) && !installed.has(name);
  const names = closure.filter((name) => name.startsWith('erlang-') || isMissingLibrary(name));
  return [server, ...(await apt.candidates(names))];
}

/** Lets Erlang run from where it was unpacked, and starts it once with the library that most often is missing. */
async function finish(root: string, signal: AbortSignal): Promise<void> {
  const erlangRoot = join(root, 'usr', 'lib', 'erlang');
  // Debian's script sets ROOTDIR=/usr/lib/erlang whatever ERL_ROOTDIR says. Here it looks where it lies itself.
  const erl = join(erlangRoot, 'bin', 'erl');
  const script = await readFile(erl, 'utf8');
  const located = script.replace(
    /^(\s*)ROOTDIR=["']?\/usr\/lib\/erlang["']?$/gm,
    '$1ROOTDIR=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)',
  );
  if (located === script) {
    throw new BrokerError("The packages' Erlang is laid out in a way that mqbench does not know.", 'unavailable', {
      hint,
    });
  }
  await writeFile(erl, located);

  const libraryPath = await libraryPathIn(root);
  const program = '{ok, _} = application:ensure_all_started(crypto), io:format("crypto works"), halt(0).';
  const { ok, stdout, stderr } = await runCommand(erl, ['-noinput', '-boot', 'start_clean', '-eval', program], {
    signal,
    timeoutMs: erlangMs,
    env: {
      HOME: root,
      ERL_CRASH_DUMP_SECONDS: '0',
      ...(libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath }),
    },
  });
  if (!ok || !stdout.includes('crypto works')) {
    const reason = `${stdout}\n${stderr}`.trim().split('\n')[0] ?? '';
    throw new BrokerError(`The Erlang that apt brought does not run on this machine: ${reason}.`, 'unavailable', {
      hint,
    });
  }
}

async function homeIn(root: string): Promise<string> {
  const folder = join(root, 'usr', 'lib', 'rabbitmq', 'lib');
  const name = (await readdir(folder).catch(() => [])).find((entry) => entry.startsWith('rabbitmq_server-'));
  return join(folder, name ?? 'none');
}

/** The folders that hold fetched libraries; Erlang's and RabbitMQ's own lie elsewhere. */
async function libraryPathIn(root: string): Promise<string | undefined> {
  const folders: string[] = [];
  for (const lib of ['usr/lib', 'lib']) {
    for (const entry of await readdir(join(root, lib), { withFileTypes: true }).catch(() => [])) {
      if (entry.isDirectory() && /-linux-/.test(entry.name)) folders.push(join(root, lib, entry.name));
    }
  }
  return folders.length === 0 ? undefined : folders.join(':');
}

async function ifThere(path: string): Promise<string | undefined> {
  return access(path).then(
    () => path,
    () => undefined,
  );
}
