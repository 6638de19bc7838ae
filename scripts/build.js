// Compiles src/ to dist/. Removes the old output first, so that a deleted source file cannot live on.
// With --if-changed only where something is newer than dist/: the first `npx mqbench` in a checkout has npm run
// `prepare` once more, and whoever typed it would wait for a build that has just been made.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
if (!existsSync(tsc)) {
  // `npm ci --omit=dev` has no compiler: a published package carries dist/ already.
  if (existsSync(join(root, 'dist', 'cli.js'))) process.exit(0);
  console.error('mqbench: TypeScript is not installed; run `npm ci` with development dependencies first.');
  process.exit(1);
}
/** Whether a file or folder, or anything below it, was changed after `time`. A folder changes when a file in it goes. */
function isNewer(path, time) {
  const status = statSync(path);
  if (status.mtimeMs > time) return true;
  return status.isDirectory() && readdirSync(path).some((name) => isNewer(join(path, name), time));
}

const began = new Date();
const before = statSync(join(root, 'dist', 'cli.js'), { throwIfNoEntry: false });
if (process.argv.includes('--if-changed') && before !== undefined) {
  const sources = ['src', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  if (!sources.some((name) => isNewer(join(root, name), before.mtimeMs))) process.exit(0);
}
// Built beside and swapped in, so that a running mqbench never sees a half-written dist/.
const staging = join(root, 'dist.tmp');
rmSync(staging, { recursive: true, force: true });
// What runs in a browser has other globals, and so a project of its own.
for (const [project, out] of [
  ['tsconfig.build.json', staging],
  [join('src', 'page'), join(staging, 'page')],
]) {
  const flags = project === 'tsconfig.build.json' ? [] : ['--noEmit', 'false'];
  // Types are checked by `npm run typecheck`: whoever only installs need not wait for that.
  const built = spawnSync(process.execPath, [tsc, '-p', project, '--outDir', out, '--noCheck', ...flags], {
    cwd: root,
    stdio: 'inherit',
  });
  if (built.status !== 0) {
    rmSync(staging, { recursive: true, force: true });
    process.exit(built.status ?? 1);
  }
}
const cli = join(staging, 'cli.js');
chmodSync(cli, 0o755);
// What is changed from the beginning of the build on is newer.
utimesSync(cli, began, began);
// Editors read the schemas from files; `mqbench schema` prints the same.
const { schemaNames, schemaText } = await import(pathToFileURL(join(staging, 'commands', 'schema.js')).href);
mkdirSync(join(staging, 'schemas'));
for (const name of schemaNames) writeFileSync(join(staging, 'schemas', `${name}.json`), schemaText(name));
rmSync(join(root, 'dist'), { recursive: true, force: true });
renameSync(staging, join(root, 'dist'));
