/**
 * A machine with no Java: what the brokers run on then comes as the distribution's package, as RabbitMQ does. With
 * MQBENCH_TEST_LONG=1, as Java and the brokers are fetched anew.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { startLocalServer } from '../../src/servers/index.js';
import { findOnPath } from '../../src/servers/local/store/java.js';
import { contextWith, listens } from './helpers.js';

const folders = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => folder.startsWith('/') && existsSync(folder));
const hasApt = (await findOnPath('apt-get')) !== undefined;
const shared = inject('servers');

describe.runIf(process.env['MQBENCH_TEST_LONG'] === '1' && hasApt)('without a Java', () => {
  const home = mkdtempSync(join(tmpdir(), 'mqbench-no-java-'));
  beforeAll(() => {
    const bin = join(home, 'bin');
    mkdirSync(bin);
    for (const folder of folders)
      for (const name of readdirSync(folder)) {
        if (/^(java|jexec|keytool)/.test(name)) continue;
        // The first of a name is the one that PATH means.
        try {
          symlinkSync(join(folder, name), join(bin, name));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        }
      }
    vi.stubEnv('PATH', bin);
    vi.stubEnv('JAVA_HOME', '');
    vi.stubEnv('MQBENCH_CACHE', join(home, 'cache'));
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  });

  test.for(['kafka', 'activemq'] as const)(
    '%s runs on one that was fetched',
    { timeout: 300_000 },
    async (id, { skip }) => {
      skip('missing' in shared[id], `there is no ${id}`);
      const server = await startLocalServer(id, contextWith());
      try {
        expect(server.provenance['javaSource']).toBe('debian packages');
        expect(await listens(Number(new URL(server.endpoint.url).port))).toBe(true);
      } finally {
        await server.stop();
      }
    },
  );
});
