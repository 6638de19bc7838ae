// Lets Compose itself read docker-compose.yml, with `docker compose` or else `docker-compose`. Needs no engine.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../docker-compose.yml', import.meta.url));
const commands = [['docker', 'compose'], ['docker-compose']];
const found = commands.find(([program, ...args]) => spawnSync(program, [...args, 'version']).status === 0);
if (found === undefined) {
  console.error(
    'docker-compose.yml could not be checked: neither `docker compose` nor `docker-compose` is installed ' +
      '(on Debian and Ubuntu: apt-get install docker-compose).',
  );
  process.exit(1);
}
const [program, ...args] = found;
const check = spawnSync(program, [...args, '--file', file, 'config', '--quiet'], { stdio: 'inherit' });
if (check.status !== 0) console.error(`docker-compose.yml is not valid, says \`${found.join(' ')}\`.`);
process.exit(check.status ?? 1);
