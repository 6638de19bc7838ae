/** Finds and reads scenario files: by path, or by bare name among those that mqbench ships. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { UsageError, messageOf } from '../errors.js';
import { nearest } from '../nearest.js';
import { packageRoot } from '../root.js';
import { limits } from './limits.js';
import { formatSize } from './units.js';

const folder = join(packageRoot, 'scenarios');

/** A scenario file that mqbench ships. */
export interface ShippedScenario {
  readonly name: string;
  readonly file: string;
}

/** The shipped scenarios by name. */
export function shippedScenarios(): readonly ShippedScenario[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => ({ name: basename(file, '.yaml'), file: shown(join(folder, file)) }));
}

/** Relative where that is shorter to read. */
function shown(file: string): string {
  const short = relative(process.cwd(), file);
  return short.startsWith('..') ? file : short;
}

/**
 * The file that a person means: a bare name is a shipped scenario, anything else a path.
 * @throws UsageError when there is none
 */
export function findScenario(nameOrPath: string): string {
  const shipped = shippedScenarios();
  const found = shipped.find(({ name }) => name === nameOrPath);
  if (found) return found.file;
  if (existsSync(nameOrPath)) return nameOrPath;
  const near = nearest(
    basename(nameOrPath).replace(/\.ya?ml$/, ''),
    shipped.map(({ name }) => name),
  );
  const isPath = /[/\\]|\.ya?ml$/.test(nameOrPath);
  throw new UsageError(isPath ? `There is no file ${nameOrPath}.` : `There is no scenario "${nameOrPath}".`, {
    hint: `${near === undefined ? '' : `Did you mean "${near}"? `}Shipped scenarios: ${shipped.map(({ name }) => name).join(', ')}; a file is given by its path.`,
  });
}

/**
 * A scenario file's text.
 * @throws UsageError when it is no readable text file of sensible size
 */
export function readScenarioText(file: string): string {
  let bytes: Buffer;
  try {
    const status = statSync(file);
    if (status.isDirectory())
      throw new UsageError('A folder is not a scenario file.', { where: file, hint: 'Name one of the files in it.' });
    // A pipe or a device could block or never end.
    if (!status.isFile())
      throw new UsageError('This is not a regular file.', {
        where: file,
        hint: 'A scenario is read from a file on disk; copy it into one.',
      });
    if (status.size > limits.fileBytes)
      throw new UsageError(
        `The file is too large for a scenario (${formatSize(status.size)}; at most ${formatSize(limits.fileBytes)}).`,
        { where: file, hint: 'Is it the right file? A scenario is a page of YAML.' },
      );
    bytes = readFileSync(file);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`The scenario file cannot be read: ${messageOf(error)}.`, {
      where: file,
      hint: 'Check its permissions.',
    });
  }
  const binary = new UsageError('The file is not text in UTF-8.', {
    where: file,
    hint: 'A scenario is a YAML file; save it as UTF-8.',
  });
  if (bytes.includes(0)) throw binary;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw binary;
  }
}
