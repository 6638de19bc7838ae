/**
 * Debian and Ubuntu packages without root: apt with lists and cache of its own but the machine's sources, keys,
 * proxies and preferences. What apt accepts is what the archive's signed metadata vouches for; the one exception is a
 * source that the machine's administrator marked `trusted=yes`, which apt believes unsigned.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BrokerError } from '../../../errors.js';
import { runCommand, type CommandResult } from './command.js';
import { sha256Of } from './download.js';

/** One package as the archive's signed metadata describes it. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Of the .deb file, bytes. */
  readonly size: number;
  /** Of the .deb file, lower-case hexadecimal. */
  readonly sha256: string;
}

export interface Apt {
  /** Names of the available packages that match a POSIX extended regular expression. */
  search(pattern: string): Promise<string[]>;
  /** The version of each package that apt would install, in the order asked for. */
  candidates(names: readonly string[]): Promise<(DebianPackage & { readonly depends: string })[]>;
  /** Names of everything that the packages need, themselves included, as if nothing were installed yet. */
  closure(names: readonly string[]): Promise<string[]>;
  /** Downloads exactly these and checks each against its SHA-256; resolves with the paths of the .deb files. */
  download(packages: readonly DebianPackage[], onProgress: (bytes: number) => void): Promise<string[]>;
}

const configuration = fileURLToPath(new URL('../../../../assets/apt.conf', import.meta.url));
const queryMs = 120_000;
const updateMs = 240_000;
const downloadMs = 1_200_000;

/** Whether this machine has apt and dpkg. */
export async function hasApt(signal: AbortSignal): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const options = { signal, timeoutMs: queryMs };
  const probes = await Promise.all([
    runCommand('apt-get', ['--version'], options),
    runCommand('apt-cache', ['--version'], options),
    runCommand('dpkg-deb', ['--version'], options),
    runCommand('dpkg-query', ['--version'], options),
  ]);
  return probes.every((probe) => probe.ok);
}

/**
 * Fetches the package lists.
 * @param scratch an empty folder for everything that apt writes
 * @throws BrokerError `unavailable` when no list at all can be had; InterruptedError
 */
export async function openApt(scratch: string, signal: AbortSignal): Promise<Apt> {
  const folder = join(scratch, 'apt');
  const archives = join(scratch, 'debs');
  const status = join(folder, 'status');
  await mkdir(join(folder, 'state', 'lists', 'partial'), { recursive: true });
  await mkdir(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  await mkdir(archives);
  // Nothing is installed as far as this apt knows: its answers are the same on every machine of a release, and a
  // half-configured or pinned system package cannot stop it.
  await writeFile(status, '');
  const settings = [
    `--config-file=${configuration}`,
    ...[
      `Dir::State=${join(folder, 'state')}`,
      `Dir::State::lists=${join(folder, 'state', 'lists')}`,
      `Dir::State::status=${status}`,
      `Dir::State::extended_states=${join(folder, 'state', 'extended_states')}`,
      `Dir::Cache=${join(folder, 'cache')}`,
      `Dir::Cache::archives=${join(folder, 'cache', 'archives')}`,
      // As root, apt would hand the download to a user who cannot enter our private folder.
      'APT::Sandbox::User=',
    ].flatMap((option) => ['-o', option]),
    '-q',
  ];
  const run = (program: string, args: string[], timeoutMs: number, onStatus?: (line: string) => void) =>
    runCommand(program, [...settings, ...args], {
      signal,
      timeoutMs,
      cwd: archives,
      ...(onStatus === undefined ? {} : { onStatus }),
    });

  // Fails when any source fails, a third party's broken one included: what counts is whether our packages come.
  const update = await run('apt-get', ['update'], updateMs);
  const fail = (what: string, result: CommandResult): BrokerError => aptError(what, scratch, result, update);

  return {
    async search(pattern) {
      const result = await run('apt-cache', ['search', '--names-only', pattern], queryMs);
      if (!result.ok) throw fail('apt-cache cannot search the package lists', result);
      return lines(result.stdout).flatMap((line) => line.split(' ')[0] ?? []);
    },

    async candidates(names) {
      const result = await run('apt-cache', ['show', '--no-all-versions', ...names], queryMs);
      const found = parseControl(result.stdout);
      return names.map((name) => {
        const fields = found.find((stanza) => stanza.get('Package') === name);
        if (fields === undefined) throw fail(`the machine's apt sources have no package ${name}`, result);
        const sha256 = fields.get('SHA256') ?? '';
        if (!/^[0-9a-f]{64}$/.test(sha256)) throw fail(`the package list gives no SHA-256 for ${name}`, result);
        return {
          name,
          version: fields.get('Version') ?? '',
          architecture: fields.get('Architecture') ?? '',
          size: Number(fields.get('Size')),
          sha256,
          depends: [fields.get('Pre-Depends'), fields.get('Depends')].filter(Boolean).join(', '),
        };
      });
    },

    async closure(names) {
      const args = ['install', '--simulate', '--no-install-recommends', ...names];
      const result = await run('apt-get', args, queryMs);
      if (!result.ok) throw fail(`apt cannot resolve what ${names.join(', ')} need`, result);
      return lines(result.stdout).flatMap((line) => /^Inst ([^\s:]+)/.exec(line)?.[1] ?? []);
    },

    async download(packages, onProgress) {
      const total = packages.reduce((bytes, { size }) => bytes + size, 0);
      const exact = packages.map(({ name, version }) => `${name}=${version}`);
      // "dlstatus:files:percent:description", https://salsa.debian.org/apt-team/apt/-/blob/main/README.progress-reporting
      const result = await run('apt-get', ['-o', 'APT::Status-Fd=3', 'download', ...exact], downloadMs, (line) => {
        const percent = /^dlstatus:\d+:([\d.]+):/.exec(line)?.[1];
        if (percent !== undefined) onProgress(Math.round((total * Number(percent)) / 100));
      });
      if (!result.ok) throw fail('apt-get cannot download the packages', result);
      const files = (await readdir(archives))
        .filter((file) => file.endsWith('.deb'))
        .map((file) => join(archives, file));
      const bySha256 = new Map<string, string>();
      for (const file of files) bySha256.set(await sha256Of(file), file);
      return packages.map(({ name, sha256 }) => {
        const file = bySha256.get(sha256);
        if (file === undefined) throw fail(`apt-get download brought no ${name} of the SHA-256 in the list`, result);
        return file;
      });
    },
  };
}

/** Unpacks a .deb file into a folder. Runs none of the package's scripts. */
export async function unpack(deb: string, into: string, signal: AbortSignal): Promise<void> {
  const result = await runCommand('dpkg-deb', ['--extract', deb, into], { signal, timeoutMs: queryMs });
  if (!result.ok) throw aptError('dpkg-deb cannot unpack a package', into, result);
}

/** Names of the packages of this machine's architecture that are installed. */
export async function installedPackages(signal: AbortSignal): Promise<Set<string>> {
  const format = '${db:Status-Abbrev}\t${Package}\t${Architecture}\n';
  const result = await runCommand('dpkg-query', ['--show', `--showformat=${format}`], { signal, timeoutMs: queryMs });
  const native = await systemArchitecture(signal);
  return new Set(
    lines(result.stdout).flatMap((line) => {
      const [status = '', name, architecture = ''] = line.split('\t');
      return status.startsWith('ii') && name !== undefined && [native, 'all'].includes(architecture) ? [name] : [];
    }),
  );
}

/** Names the release and architecture whose packages fit this machine, e.g. `debian-12-amd64`. */
export async function systemName(signal: AbortSignal): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (key: string) => new RegExp(`^${key}="?([^"\n]*)`, 'm').exec(release)?.[1];
  const name = [field('ID'), field('VERSION_ID') ?? field('VERSION_CODENAME'), await systemArchitecture(signal)];
  return name.map((part) => (part ?? 'unknown').replace(/[^\w.]/g, '_')).join('-');
}

async function systemArchitecture(signal: AbortSignal): Promise<string> {
  const result = await runCommand('dpkg', ['--print-architecture'], { signal, timeoutMs: queryMs });
  return result.stdout.trim();
}

/** Stanzas of a Debian control file; continued lines are joined. https://www.debian.org/doc/debian-policy/ch-controlfields.html */
function parseControl(text: string): Map<string, string>[] {
  return text.split(/\n\n+/).map((stanza) => {
    const joined = stanza.replace(/\n[ \t]+/g, ' ');
    return new Map(
      lines(joined).flatMap((line) => {
        const colon = line.indexOf(':');
        return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()] as const];
      }),
    );
  });
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function aptError(what: string, where: string, result: CommandResult, update?: CommandResult): BrokerError {
  const said = [...lines(result.stderr), ...lines(update?.stderr ?? '')];
  if (said.some((line) => /No space left on device|Disk quota exceeded/.test(line))) {
    return new BrokerError('The disk of the cache folder is full.', 'unavailable', {
      where,
      hint: 'Make room there, or set MQBENCH_CACHE to a folder on another disk.',
    });
  }
  const reasons = said.filter((line) => /^(E|Err|W):|error:/.test(line)).slice(0, 4);
  return new BrokerError(
    `Debian packages cannot be had: ${what}${reasons.length === 0 ? '' : ` (${reasons.map(withoutPassword).join(' ')})`}.`,
    'unavailable',
    { hint: 'Try `apt-get update`: the network and the sources in /etc/apt have to work.' },
  );
}

/** A source's address may hold a password, and apt repeats it. */
function withoutPassword(line: string): string {
  return line.replace(/:\/\/[^/\s@]*@/g, '://');
}
