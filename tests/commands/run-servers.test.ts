import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readUrls } from '../../src/commands/run-flags.js';
import { getServers } from '../../src/commands/run-servers.js';
import { UsageError } from '../../src/errors.js';
import { memoryTarget, planOf } from '../fixtures/plan.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const nowhere = { ...memoryTarget, name: 'theirs', adapter: 'theirs', server: undefined };
const flags = { signal: new AbortController().signal, allowMissing: false };
const at = (attended: boolean) => ({ env: { MQBENCH_CACHE: folder }, logDir: join(folder, 'logs'), attended });

test('with --server endpoint a target without an address ends the run, also where somebody looks on', async () => {
  const servers = getServers(planOf(), { ...flags, server: 'endpoint' }, at(true));
  await expect(servers).rejects.toMatchObject({
    exitCode: 6,
    message: expect.stringMatching(/^memory cannot be had/) as unknown,
  });
});

test('where no broker is to be had the embedded one takes its place, but for nobody who looks on', async () => {
  const plan = planOf({ targets: [nowhere] });
  const servers = await getServers(plan, { ...flags, server: 'local' }, at(true));
  await servers.stopAll();
  expect([...servers.servers.keys()]).toEqual(['memory']);
  expect(servers.missing).toMatchObject([{ target: 'theirs' }]);
  await expect(getServers(plan, { ...flags, server: 'local' }, at(false))).rejects.toMatchObject({ exitCode: 6 });
});

test('an address where none is looked at is refused', () => {
  const scenario = { targets: [{ name: 'kafka' }] };
  const url = ['kafka=kafka://host:9092'];
  expect(readUrls(url, scenario, 'endpoint').size).toBe(1);
  for (const server of ['local', 'compose'] as const) {
    expect(() => readUrls(url, scenario, server)).toThrow(UsageError);
    expect(readUrls([], scenario, server).size).toBe(0);
  }
});
