/** Where mqbench itself is installed, and which version it is. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json, seen from src/ and from dist/ alike. */
export const packageRoot = fileURLToPath(new URL('..', import.meta.url));

/** mqbench's own version. */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}
