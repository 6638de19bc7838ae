/** A nats-server for the tests: a free loopback port, a data folder of its own, a random password. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VictimServer } from 'mqbench/contract';

/** How long the server may take to start, in milliseconds. */
const startTimeoutMs = 30_000;

/** @throws Error when there is no nats-server to run, or it does not start */
export async function startServer(): Promise<VictimServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mqbench-nats-'));
  const password = randomBytes(12).toString('hex');
  // In a file: everybody can read a command line.
  const config = join(folder, 'nats.conf');
  writeFileSync(
    config,
    `listen: "127.0.0.1:-1"
ports_file_dir: ${JSON.stringify(folder)}
jetstream { store_dir: ${JSON.stringify(folder)} }
authorization { user: mqbench, password: ${JSON.stringify(password)} }
`,
    { mode: 0o600 },
  );
  const server = spawn('nats-server', ['--config', config], { stdio: 'ignore' });
  const ended = once(server, 'exit');
  const stop = async (): Promise<void> => {
    server.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await once(server, 'spawn');
    const url = await portOf(folder);
    return {
      endpoint: { url, username: 'mqbench', password },
      kill: () => void server.kill('SIGKILL'),
      stop,
    };
  } catch (error) {
    if (server.pid !== undefined) await stop();
    throw error;
  }
}

/** The address that the server has chosen, as it writes it down for others. */
async function portOf(folder: string): Promise<string> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline) {
    const file = readdirSync(folder).find((name) => name.endsWith('.ports'));
    if (file !== undefined) {
      const text = readFileSync(join(folder, file), 'utf8');
      const url = /"(nats:\/\/[^"]+)"/.exec(text)?.[1];
      if (url !== undefined) return url;
    }
    await sleep(50);
  }
  throw new Error('nats-server did not start in time');
}
