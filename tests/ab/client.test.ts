import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { obtainClient } from '../../src/ab/client.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-client-'));
afterAll(() => rmSync(folder, { recursive: true }));
const library = join(folder, 'node_modules', 'some-client');
mkdirSync(library, { recursive: true });
writeFileSync(join(library, 'package.json'), '{"name":"some-client","version":"1.2.3"}');
const obtain = (env: Record<string, string>) =>
  obtainClient('.', 'some-client', folder, env, new AbortController().signal);

it('keeps the NODE_OPTIONS of the variant beside its own', async () => {
  const { env, record } = await obtain({ NODE_OPTIONS: '--max-old-space-size=64' });
  expect(env['NODE_OPTIONS']).toMatch(/^--max-old-space-size=64 --import=file:.*use-client\.js$/);
  expect(record).toEqual({ name: 'some-client', version: '1.2.3' });
});

it('otherwise keeps those of the environment', async () => {
  const before = process.env['NODE_OPTIONS'];
  process.env['NODE_OPTIONS'] = '--max-http-header-size=9000';
  try {
    expect((await obtain({})).env['NODE_OPTIONS']).toMatch(/^--max-http-header-size=9000 --import=/);
  } finally {
    if (before === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
  }
});

it.each(['{"name":"some-client"}', '{"na', '[]'])('refuses a library whose package.json says %s', async (text) => {
  const odd = join(folder, 'odd');
  mkdirSync(join(odd, 'node_modules', 'some-client'), { recursive: true });
  writeFileSync(join(odd, 'node_modules', 'some-client', 'package.json'), text);
  const asked = obtainClient('./odd', 'some-client', folder, {}, new AbortController().signal);
  await expect(asked).rejects.toMatchObject({ name: 'BrokerError', exitCode: 6 });
});
