/** Adapters from outside mqbench: a file or an npm package whose default export is an adapter. */
import { statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { resolve as resolveImport } from 'import-meta-resolve';
import { messageOf, UsageError } from '../errors.js';
import type { Adapter } from './adapter.js';
import { attended } from './external-calls.js';
import { lackingOf } from './external-shape.js';
import { isExternal, isShipped } from './shipped.js';
import { within } from '../within.js';

/**
 * Where an adapter's module is, as a URL that every process of this machine can import.
 * @param written a path (`./mine.js`, `/opt/mine.js`, or anything that ends as a module does) or a package's name
 * @param folder what a path is relative to, and where packages are looked up from
 * @throws UsageError when there is nothing there
 */
export function locateAdapter(written: string, folder: string): string {
  // A package of that name, if there is one, is a stranger's.
  if (isShipped(written))
    throw new UsageError(`The adapter "${written}" is mqbench's own, and its targets bring it with them.`, {
      hint: 'leave "adapter" out and name one of the targets that `mqbench list` shows, as the base of one of your own if need be',
    });
  const hint = 'name a JavaScript module by its path, for example ./mine.js, or an installed npm package';
  if (written.startsWith('.') || isAbsolute(written) || /\.[cm]?[jt]s$/.test(written)) {
    const file = resolve(folder, written);
    if (!isFile(file)) throw new UsageError(`There is no adapter file ${JSON.stringify(written)}.`, { hint });
    return pathToFileURL(file).href;
  }
  const found = resolvePackage(written, folder);
  // What resolves elsewhere is a module of Node's own or data, and neither is an adapter.
  if (found === undefined || !isExternal(found))
    throw new UsageError(`There is no adapter package "${written}".`, { hint: `npm install ${written}, or ${hint}` });
  return found;
}

/** False also for what the operating system does not take as a path. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function resolvePackage(name: string, folder: string): string | undefined {
  try {
    // The name of the importing file does not matter, only the folder that it would be in.
    return resolveImport(name, pathToFileURL(join(resolve(folder), 'scenario.js')).href);
  } catch {
    return undefined;
  }
}

/** How long a module may take to load, in milliseconds. */
const loadTimeoutMs = 30_000;

/**
 * Loads an adapter by the URL of its module.
 * @throws UsageError when it cannot be imported or is no adapter
 */
export async function importAdapter(url: string): Promise<Adapter> {
  const where = fileURLToPath(url);
  const module = await load(url, where);
  const lacking = lackingOf(module.default);
  if (lacking !== undefined)
    throw new UsageError(`This module is no adapter: ${lacking}.`, {
      where,
      hint: 'its default export is an adapter as docs/adding-a-broker.md describes it',
    });
  return attended(module.default as Adapter, where);
}

async function load(url: string, where: string): Promise<{ readonly default?: unknown }> {
  try {
    // A module that awaits what never comes would end the process without a word.
    const late = (): Error => new Error(`it has not loaded within ${loadTimeoutMs / 1000} s`);
    return (await within(import(url), loadTimeoutMs, late)) as { readonly default?: unknown };
  } catch (error) {
    throw new UsageError(`The adapter cannot be loaded: ${messageOf(error)}`, {
      where,
      hint: /\.[cm]?ts$/.test(where)
        ? 'compile it to JavaScript first'
        : 'check that it runs by itself: node --input-type=module -e "import(…)"',
    });
  }
}
