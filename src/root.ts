/** Where mqbench itself is installed, and which version it is. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json, seen from src/ and from dist/ alike. */
export const packageRoot = fileURLToPath(new URL('..', import.meta.url));

let version: string | undefined;

/** mqbench's own version. Read once: the end of a run must not fail for want of one more open file. */
export function packageVersion(): string {
  if (version === undefined) {
    const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    version = (JSON.parse(manifest) as { version: string }).version;
  }
  return version;
}
