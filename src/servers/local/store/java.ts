/** A Java that the brokers run on: the machine's own, else the distribution's package in the cache. */
import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { BrokerError } from '../../../errors.js';
import type { StartContext } from '../../provider.js';
import type { Apt } from './apt.js';
import { openCache } from './cache.js';
import { runCommand } from './command.js';
import { ensurePackageTree, packageProvenance } from './package-tree.js';

/** Kafka 4 and ActiveMQ 6 need it. */
const oldestJava = 17;
const javaMs = 60_000;

export interface Java {
  /** Absolute path of the `java` program. */
  readonly java: string;
  /** E.g. `17.0.15`. */
  readonly version: string;
  readonly source: 'JAVA_HOME' | 'PATH' | 'debian packages';
  readonly provenance: Readonly<Record<string, string>>;
}

/**
 * Java 17 or later from JAVA_HOME, else from PATH, else openjdk-NN-jre-headless through apt.
 * @throws BrokerError `unavailable` that says what was found and how to get one; InterruptedError
 */
export async function ensureJava(context: StartContext): Promise<Java> {
  const rejected: string[] = [];
  for (const { java, source } of await javasOfTheMachine()) {
    const about = await probeJava(java, context.signal);
    if (about !== undefined && about.major >= oldestJava) {
      return { java, version: about.version, source, provenance: provenanceOf(about, source) };
    }
    rejected.push(`${source} has ${about === undefined ? 'one that does not start' : `Java ${about.version}`}`);
  }
  const found = rejected.length === 0 ? 'none is installed' : rejected.join(', ');
  const hint =
    `Install Java ${oldestJava} or later (on Debian and Ubuntu: openjdk-${oldestJava}-jre-headless or newer) and set ` +
    'JAVA_HOME or PATH. Or use Docker, or a broker that runs already (MQBENCH_KAFKA_URL, MQBENCH_ACTIVEMQ_URL).';

  const cache = await openCache();
  if (cache.includes(':')) {
    // The JVM looks for its own library in a colon-separated list, by its real path: a link does not help.
    throw new BrokerError(
      `Java ${oldestJava} or later is needed (${found}), and one that is fetched cannot run from a folder with a colon in its path.`,
      'unavailable',
      { where: cache, hint: `Set MQBENCH_CACHE to a folder without a colon. ${hint}` },
    );
  }
  const tree = await ensurePackageTree(
    cache,
    {
      name: 'java',
      title: 'Java',
      choose: chooseJava,
      finish: async ({ root }, signal) => {
        const { ok, stderr } = await runCommand(await javaIn(root), ['-version'], { signal, timeoutMs: javaMs });
        if (ok) return;
        const reason = stderr.trim().split('\n')[0] ?? '';
        throw new BrokerError(`The Java that apt brought does not start on this machine: ${reason}.`, 'unavailable', {
          hint,
        });
      },
    },
    context,
  );
  if (tree === undefined) {
    throw new BrokerError(`Java ${oldestJava} or later is needed: ${found}.`, 'unavailable', { hint });
  }
  const java = await javaIn(tree.root);
  const about = await probeJava(java, context.signal);
  if (about === undefined) {
    throw new BrokerError('The Java in the cache folder no longer starts.', 'unavailable', {
      where: tree.root,
      hint: 'Delete that folder; the next run fetches it again.',
    });
  }
  const source = 'debian packages';
  const provenance = { ...provenanceOf(about, source), ...packageProvenance(tree.packages) };
  return { java, version: about.version, source, provenance };
}

/** The machine's own Java, where it is new enough for the brokers. */
export async function installedJava(signal: AbortSignal): Promise<Pick<Java, 'version' | 'source'> | undefined> {
  for (const { java, source } of await javasOfTheMachine()) {
    const about = await probeJava(java, signal);
    if (about !== undefined && about.major >= oldestJava) return { version: about.version, source };
  }
  return undefined;
}

async function javasOfTheMachine(): Promise<{ java: string; source: 'JAVA_HOME' | 'PATH' }[]> {
  const program = process.platform === 'win32' ? 'java.exe' : 'java';
  const home = process.env['JAVA_HOME'];
  const onPath = await findOnPath(program);
  return [
    ...(home === undefined || home === '' ? [] : [{ java: join(home, 'bin', program), source: 'JAVA_HOME' as const }]),
    ...(onPath === undefined ? [] : [{ java: onPath, source: 'PATH' as const }]),
  ];
}

/** Absolute path of a program that PATH leads to. */
export async function findOnPath(program: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (!folder.startsWith('/') && process.platform !== 'win32') continue;
    const path = join(folder, program);
    const isExecutable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isExecutable) return path;
  }
  return undefined;
}

interface AboutJava {
  readonly version: string;
  readonly major: number;
  readonly vendor: string;
}

/** Asks a `java` what it is; undefined when it does not say, e.g. because it does not start. */
async function probeJava(java: string, signal: AbortSignal): Promise<AboutJava | undefined> {
  const { ok, stderr } = await runCommand(java, ['-XshowSettings:properties', '-version'], {
    signal,
    timeoutMs: javaMs,
  });
  const property = (name: string) =>
    new RegExp(`^\\s*${name.replaceAll('.', '\\.')} = (.*)$`, 'm').exec(stderr)?.[1]?.trim();
  const version = property('java.version');
  const specification = property('java.specification.version');
  if (!ok || version === undefined || specification === undefined) return undefined;
  // Before Java 9 the specification was called 1.8: then this is 1, and too old as well.
  return { version, major: Number.parseInt(specification, 10), vendor: property('java.vendor') ?? 'unknown vendor' };
}

function provenanceOf({ version, vendor }: AboutJava, source: Java['source']): Record<string, string> {
  return { java: `${version} (${vendor})`, javaSource: source };
}

/** The oldest that is new enough: what the brokers are tried on. It needs only libraries that apt itself needs too. */
async function chooseJava(apt: Apt) {
  const names = await apt.search('^openjdk-[0-9]+-jre-headless$');
  const suitable = names
    .map((name) => ({ name, major: Number(/\d+/.exec(name)?.[0]) }))
    .filter(({ major }) => major >= oldestJava)
    .sort((a, b) => a.major - b.major);
  return apt.candidates([suitable[0]?.name ?? `openjdk-${oldestJava}-jre-headless`]);
}

async function javaIn(root: string): Promise<string> {
  const folder = join(root, 'usr', 'lib', 'jvm');
  const homes = await readdir(folder, { withFileTypes: true }).catch(() => []);
  // Beside it lie hidden files and short-named links to it.
  const home = homes.find((entry) => entry.isDirectory() && !entry.name.startsWith('.'))?.name ?? 'none';
  return join(folder, home, 'bin', 'java');
}
