// Writes the configuration files that docker-compose.yml mounts. Needs a build; `npm run compose-config` makes one.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { composeConfigFiles } from '../dist/servers/compose/config.js';

const folder = fileURLToPath(new URL('../assets/compose', import.meta.url));
for (const [path, text] of Object.entries(composeConfigFiles())) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
