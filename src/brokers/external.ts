/** Adapters from outside mqbench: a file or an npm package whose default export is an adapter. */
import { statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { resolve as resolveImport } from 'import-meta-resolve';
import { messageOf, UsageError } from '../errors.js';
import type { Adapter } from './adapter.js';

/** Whether an adapter is a module of somebody else, by what a target says of it. */
export function isExternal(adapter: string): boolean {
  return adapter.startsWith('file:');
}

/**
 * Where an adapter's module is, as a URL that every process of this machine can import.
 * @param written a path (`./mine.js`, `/opt/mine.js`, or anything that ends as a module does) or a package's name
 * @param folder what a path is relative to, and where packages are looked up from
 * @throws UsageError when there is nothing there
 */
export function locateAdapter(written: string, folder: string): string {
  const hint = 'name a JavaScript module by its path, for example ./mine.js, or an installed npm package';
  if (written.startsWith('.') || isAbsolute(written) || /\.[cm]?[jt]s$/.test(written)) {
    const file = resolve(folder, written);
    if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
      throw new UsageError(`There is no adapter file ${written}.`, { hint });
    return pathToFileURL(file).href;
  }
  try {
    // The name of the importing file does not matter, only the folder that it would be in.
    return resolveImport(written, pathToFileURL(join(resolve(folder), 'scenario.js')).href);
  } catch {
    throw new UsageError(`There is no adapter package "${written}".`, { hint: `npm install ${written}, or ${hint}` });
  }
}

/**
 * Loads an adapter by the URL of its module.
 * @throws UsageError when it cannot be imported or is no adapter
 */
export async function importAdapter(url: string): Promise<Adapter> {
  const where = fileURLToPath(url);
  let module: { default?: Partial<Adapter> };
  try {
    module = (await import(url)) as { default?: Partial<Adapter> };
  } catch (error) {
    throw new UsageError(`The adapter cannot be loaded: ${messageOf(error)}`, {
      where,
      hint: /\.[cm]?ts$/.test(where)
        ? 'compile it to JavaScript first'
        : 'check that it runs by itself: node --input-type=module -e "import(…)"',
    });
  }
  const lacking = lackingOf(module.default);
  if (lacking !== undefined)
    throw new UsageError(`This module is no adapter: ${lacking}.`, {
      where,
      hint: 'its default export is an adapter as docs/adding-a-broker.md describes it',
    });
  return module.default as Adapter;
}

/** What keeps this from being an adapter, or undefined. */
function lackingOf(adapter: Partial<Adapter> | undefined): string | undefined {
  if (typeof adapter !== 'object' || adapter === null) return 'it has no default export';
  if (typeof adapter.id !== 'string' || !/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(adapter.id))
    return 'its id is not a short name of letters, digits, "-", "_" and "."';
  for (const name of ['client', 'describeGuarantee', 'connect'] as const)
    if (typeof adapter[name] !== 'function') return `it has no ${name}()`;
  if (typeof adapter.capabilities !== 'object') return 'it declares no capabilities';
  if (typeof adapter.options?.safeParse !== 'function') return 'its options are not a zod schema';
  return undefined;
}
