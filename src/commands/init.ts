/** `mqbench init`: writes a scenario file to start from. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { messageOf, UsageError } from '../errors.js';
import { packageRoot, packageVersion } from '../root.js';

const template = join(packageRoot, 'assets', 'scenario-template.yaml');
/** Made by the build. */
const schemaFile = join(packageRoot, 'dist', 'schemas', 'scenario.json');

/**
 * Writes a commented scenario.
 * @returns what goes to stdout
 * @throws UsageError when the file is there already, cannot be written, or its name cannot be a scenario's
 */
export function init(file: string): string {
  const name = basename(file, extname(file)).replace(/[^a-zA-Z0-9._-]+/g, '-');
  if (!/^[a-zA-Z0-9]/.test(name) || !/\.ya?ml$/.test(file))
    throw new UsageError(`A scenario file cannot be called ${file}.`, {
      hint: 'for example: mqbench init my-scenario.yaml',
    });
  const text = readFileSync(template, 'utf8')
    .replaceAll('$SCHEMA', schemaFrom(dirname(resolve(file))))
    .replaceAll('$NAME', name)
    .replaceAll('$FILE', file);
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new UsageError(`${file} is there already, and is left as it is.`, { hint: 'Name another file.' });
    throw new UsageError(`The scenario cannot be written: ${messageOf(error)}`, { where: file });
  }
  return `Wrote ${file}. Its keys are explained in it, all others in docs/scenario-reference.md; next:\n  mqbench run ${file} --dry-run\n  mqbench run ${file}\n`;
}

/** Where an editor finds the schema: beside the file's own mqbench, else (npx) where npm packages are served. */
function schemaFrom(folder: string): string {
  const path = relative(folder, schemaFile);
  const isBelow = !path.startsWith('..');
  return isBelow
    ? `./${path.replaceAll(sep, '/')}`
    : `https://unpkg.com/mqbench@${packageVersion()}/dist/schemas/scenario.json`;
}
