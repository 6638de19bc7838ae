import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InterruptedError, UsageError } from '../../src/errors.js';
import type { Target } from '../../src/scenario/types.js';
import { acquireServers } from '../../src/servers/index.js';
import { contextWith, listens } from './helpers.js';

let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-test-'));
  env = { MQBENCH_CACHE: folder };
});
afterEach(() => rmSync(folder, { recursive: true }));

function target(name: string, more: Partial<Target> = {}): Target {
  return { name, adapter: 'memory', server: 'memory', url: undefined, options: {}, ...more };
}
const port = (url: string | undefined) => Number(new URL(url ?? 'x://x').port);

test('targets with the same server share one, and stopAll ends it', async () => {
  const targets = [target('memory'), target('memory-2')];
  const { servers, missing, stopAll } = await acquireServers(targets, 'local', { ...contextWith(), env });
  const [one, two] = [servers.get('memory'), servers.get('memory-2')];
  expect(missing).toEqual([]);
  expect(one?.endpoint).toEqual(two?.endpoint);
  expect([one?.target, two?.target]).toEqual(['memory', 'memory-2']);
  expect(await listens(port(one?.endpoint.url))).toBe(true);
  await stopAll();
  await stopAll();
  expect(await listens(port(one?.endpoint.url))).toBe(false);
});

test('a named server is used and never started; --server local does not look at names', async () => {
  const named = { ...env, MQBENCH_MEMORY_URL: 'memory://127.0.0.1:1' };
  const auto = await acquireServers([target('memory')], 'auto', { ...contextWith(), env: named });
  expect(auto.servers.get('memory')).toMatchObject({ provider: 'endpoint', endpoint: { url: 'memory://127.0.0.1:1' } });
  await auto.stopAll();
  const local = await acquireServers([target('memory')], 'local', { ...contextWith(), env: named });
  expect(local.servers.get('memory')?.provider).toBe('local');
  await local.stopAll();
});

test('a target without any server is missing, the others are there', async () => {
  const targets = [target('theirs', { adapter: 'theirs', server: undefined }), target('memory')];
  const { servers, missing, stopAll } = await acquireServers(targets, 'local', { ...contextWith(), env });
  await stopAll();
  expect([...servers.keys()]).toEqual(['memory']);
  expect(missing).toMatchObject([{ target: 'theirs', reason: expect.stringContaining('theirs') as unknown }]);
  expect(missing[0]?.error.details.hint).toContain('MQBENCH_THEIRS_URL');
});

test('with --server endpoint nothing is ever started', async () => {
  const { servers, missing } = await acquireServers([target('memory')], 'endpoint', { ...contextWith(), env });
  expect(servers.size).toBe(0);
  expect(missing[0]?.error.details.hint).toMatch(/Set MQBENCH_MEMORY_URL.*--server local/);
});

test('a wrong address is told before anything is started', async () => {
  const context = { ...contextWith(), env: { ...env, MQBENCH_B_URL: 'nonsense' } };
  await expect(acquireServers([target('a'), target('b')], 'auto', context)).rejects.toBeInstanceOf(UsageError);
});

test('an interruption ends what was started', async () => {
  const interrupted = new AbortController();
  interrupted.abort();
  const context = { ...contextWith(interrupted.signal), env };
  await expect(acquireServers([target('memory')], 'local', context)).rejects.toBeInstanceOf(InterruptedError);
  expect(existsSync(join(folder, 'running'))).toBe(false);
});
