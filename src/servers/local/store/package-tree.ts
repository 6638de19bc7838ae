/** A set of Debian packages unpacked into the cache: fetched once, made to run from there, tried, then moved in whole. */
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import type { StartContext } from '../../provider.js';
import { hasApt, openApt, systemName, unpack, type Apt, type DebianPackage } from './apt.js';
import { cacheFault, exclusively, existingCache } from './cache.js';

/** Raised when what is done to a fresh tree changes, so that older trees are fetched again. */
const layoutVersion = 1;

const manifestSchema = z.object({
  layoutVersion: z.literal(layoutVersion),
  packages: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      architecture: z.string(),
      size: z.number(),
      sha256: z.string(),
    }),
  ),
});

export interface PackageTree {
  /** What would be `/` had the packages been installed. */
  readonly root: string;
  readonly packages: readonly DebianPackage[];
}

export interface TreeRecipe {
  /** Short file name of the tree, e.g. `java`. */
  readonly name: string;
  /** For a person, e.g. `Java`. */
  readonly title: string;
  /** Decides on the packages. */
  readonly choose: (apt: Apt, signal: AbortSignal) => Promise<readonly DebianPackage[]>;
  /** Makes the unpacked software run from where it is, and tries it; throws when it does not. */
  readonly finish: (tree: PackageTree, signal: AbortSignal) => Promise<void>;
}

/**
 * The tree from the cache, else fetched through apt.
 * @returns undefined on a machine without apt
 * @throws BrokerError `unavailable`, InterruptedError
 */
export async function ensurePackageTree(
  cache: string,
  recipe: TreeRecipe,
  context: StartContext,
): Promise<PackageTree | undefined> {
  if (!(await hasApt(context.signal))) return undefined;
  const folder = await folderOf(recipe.name, cache, context.signal);
  const found = await readTree(folder);
  if (found !== undefined) return found;
  return exclusively(cache, `packages-${recipe.name}`, recipe.title, context, async ({ scratch, signal }) => {
    // Another process may have brought it while this one waited.
    const meanwhile = await readTree(folder);
    if (meanwhile !== undefined) return meanwhile;
    const lists = context.progress.step('Reading the package lists');
    const apt = await openApt(scratch, signal);
    const manifest = manifestSchema.parse({ layoutVersion, packages: await recipe.choose(apt, signal) });
    const { packages } = manifest;
    lists.done();

    const total = packages.reduce((bytes, { size }) => bytes + size, 0);
    const downloading = context.progress.step(`Downloading ${recipe.title} (${packages.length} packages)`, total);
    const debs = await apt.download(packages, (bytes) => downloading.update(bytes));
    downloading.update(total);
    downloading.done();

    const unpacking = context.progress.step(`Unpacking ${recipe.title}`);
    // A name of its own: whoever lost the lock while it was stopped must not write into its successor's tree.
    const fresh = join(scratch, randomUUID());
    const tree = { root: join(fresh, 'root'), packages };
    await mkdir(tree.root, { recursive: true, mode: 0o700 });
    for (const deb of debs) await unpack(deb, tree.root, signal);
    await keepLinksInside(tree.root);
    await recipe.finish(tree, signal);
    await writeFile(join(fresh, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    try {
      signal.throwIfAborted();
      await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
      await rm(folder, { recursive: true, force: true });
      signal.throwIfAborted();
      await rename(fresh, folder);
    } catch (error) {
      throw cacheFault(error, folder);
    }
    unpacking.done();
    return { root: join(folder, 'root'), packages };
  });
}

async function folderOf(name: string, cache: string, signal: AbortSignal): Promise<string> {
  return join(cache, 'packages', `${name}-${await systemName(signal)}`);
}

/**
 * The packages of a tree that is in the cache already; creates and fetches nothing.
 * @param name of its recipe
 * @throws BrokerError `unavailable` when the cache folder cannot be used
 */
export async function cachedPackages(name: string, signal: AbortSignal): Promise<readonly DebianPackage[] | undefined> {
  const cache = await existingCache();
  return cache === undefined ? undefined : (await readTree(await folderOf(name, cache, signal)))?.packages;
}

/** Each package's version and SHA-256, for a result. */
export function packageProvenance(packages: readonly DebianPackage[]): Record<string, string> {
  return Object.fromEntries(
    packages.map(({ name, version, sha256 }) => [`package ${name}`, `${version} sha256 ${sha256}`]),
  );
}

async function readTree(folder: string): Promise<PackageTree | undefined> {
  try {
    const manifest = manifestSchema.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
    return { root: join(folder, 'root'), packages: manifest.packages };
  } catch (error) {
    // Not there, of another layout, or not ours: the same as not fetched yet.
    if ((error as NodeJS.ErrnoException).code === 'EACCES') throw cacheFault(error, folder);
    return undefined;
  }
}

/** Packages link to absolute paths such as /etc/java-17-openjdk, which here are below the root. */
async function keepLinksInside(root: string): Promise<void> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const link = join(entry.parentPath, entry.name);
    const target = await readlink(link);
    if (!target.startsWith('/')) continue;
    const inside = join(root, target);
    if ((await lstat(inside).catch(() => undefined)) === undefined) continue;
    await unlink(link);
    await symlink(relative(dirname(link), inside), link);
  }
}
