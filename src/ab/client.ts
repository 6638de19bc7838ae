/** Another copy of a client library for one side's workers: installed into the cache, or taken from a folder. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { BrokerError, InterruptedError, messageOf, UsageError } from '../errors.js';
import type { ClientOverride } from '../run/client-hook.js';
import { openCache } from '../servers/local/store/cache.js';

const run = promisify(execFile);
const installTimeoutMs = 5 * 60_000;
const manifestSchema = z.object({ name: z.string(), version: z.string() });

/** A client library to use instead of the one that mqbench ships with. */
export interface Client {
  /** Environment that makes a worker use it. */
  readonly env: Readonly<Record<string, string>>;
  /** What is really there, for the result. */
  readonly record: { readonly name: string; readonly version: string };
}

/**
 * @param wanted `package@version` (any version that npm knows, also an alias), or a folder with a node_modules
 * @param shipped name of the package that the adapter imports
 * @param folder what a relative folder is relative to
 * @param env the workers' own variables, which may set NODE_OPTIONS
 * @throws UsageError when it is another library; BrokerError when it cannot be had
 */
export async function obtainClient(
  wanted: string,
  shipped: string,
  folder: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Client> {
  const isFolder = /^[./]/.test(wanted);
  const from = isFolder ? resolve(folder, wanted) : await install(wanted, shipped, signal);
  const manifest = join(from, 'node_modules', ...shipped.split('/'), 'package.json');
  if (!existsSync(manifest))
    throw new BrokerError(`There is no ${shipped} in ${join(from, 'node_modules')}.`, 'unavailable', {
      where: `client=${wanted}`,
      hint: 'Install it there, or name a version: client=package@version.',
    });
  const override: ClientOverride = { name: shipped, from: pathToFileURL(`${from}${sep}`).href };
  const preload = pathToFileURL(fileURLToPath(new URL('../../dist/run/use-client.js', import.meta.url))).href;
  const before = env['NODE_OPTIONS'] ?? process.env['NODE_OPTIONS'] ?? '';
  return {
    env: { MQBENCH_CLIENT: JSON.stringify(override), NODE_OPTIONS: `${before} --import=${preload}`.trim() },
    record: readManifest(manifest, wanted),
  };
}

/** @throws BrokerError when it does not say which package and version it is */
function readManifest(file: string, wanted: string): Client['record'] {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new BrokerError(`${file} does not say which package and version it is.`, 'unavailable', {
      where: `client=${wanted}`,
      hint: 'Give it a name and a version; a result without them could not be told from another.',
    });
  }
}

/** Installs into the cache, once for each version; whole or not at all. */
async function install(wanted: string, shipped: string, signal: AbortSignal): Promise<string> {
  const at = wanted.indexOf('@', 1);
  const name = at < 0 ? wanted : wanted.slice(0, at);
  if (name !== shipped)
    throw new UsageError(`The target's client library is ${shipped}, not ${name}.`, {
      where: `client=${wanted}`,
      hint: `Write client=${shipped}@<version>, or an alias: client=${shipped}@npm:<other package>@<version>.`,
    });
  if (at < 0 || !/^[\w.:/@^~-]+$/.test(wanted))
    throw new UsageError('A client library needs its version.', {
      where: `client=${wanted}`,
      hint: `For example client=${shipped}@1.2.3.`,
    });
  const clients = join(await openCache(), 'clients');
  const final = join(clients, createHash('sha256').update(wanted).digest('hex').slice(0, 16));
  if (existsSync(final)) return final;
  const staging = `${final}.${process.pid}.tmp`;
  await mkdir(staging, { recursive: true });
  try {
    await writeFile(join(staging, 'package.json'), '{"private":true}');
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    await run('npm', ['install', ...flags, wanted], { cwd: staging, timeout: installTimeoutMs, signal });
    await rename(staging, final);
    return final;
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    if (signal.aborted) throw new InterruptedError();
    if (existsSync(final)) return final;
    const reason = (error as { stderr?: unknown }).stderr;
    throw new BrokerError(
      `npm cannot install ${wanted}: ${firstLine(typeof reason === 'string' && reason !== '' ? reason : messageOf(error))}`,
      'unavailable',
      {
        where: `client=${wanted}`,
        hint: 'Check the version and the registry.',
      },
    );
  }
}

function firstLine(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^npm (?:error|ERR!)\s*/, '').trim());
  return lines.find((line) => line !== '' && !/^code /.test(line)) ?? 'it did not say why';
}
