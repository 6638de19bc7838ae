/** What is remembered of servers that `brokers up` left running. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { asRunning, readLeft, type LeftServer } from '../../src/servers/left.js';
import { type OutageState, stateFile } from '../../src/servers/supervised/supervision.js';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'mqbench-test-'));
  mkdirSync(join(cache, 'running'), { mode: 0o700 });
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

function remember(pids: readonly number[]): void {
  const record: LeftServer = {
    recordVersion: 1,
    id: 'rabbitmq',
    provider: 'local',
    product: 'RabbitMQ',
    version: '4.2.0',
    endpoint: { url: 'amqp://127.0.0.1:5672' },
    provenance: {},
    isJvm: false,
    pids: [...pids],
    supervisor: { pid: process.pid, identity: 'none', folder: cache, marker: 'none', after: [] },
    startedAt: new Date().toISOString(),
  };
  writeFileSync(join(cache, 'running', 'rabbitmq.json'), JSON.stringify(record), { mode: 0o600 });
}

const startedAgain = (pid: number): void => {
  const state: OutageState = { order: 'a', phase: 'up', pid };
  writeFileSync(join(cache, stateFile), JSON.stringify(state), { mode: 0o600 });
};

async function pidsOf(): Promise<readonly number[] | undefined> {
  const left = await readLeft('rabbitmq', { MQBENCH_CACHE: cache });
  return left && asRunning(left, 'rabbitmq').pids;
}

it('a server that a fault has started again is known by the process that it is now', async () => {
  remember([4711]);
  expect(await pidsOf()).toEqual([4711]);
  startedAgain(4712);
  expect(await pidsOf()).toEqual([4712]);
});

it('a server in a container has no process here, whatever its supervisor says', async () => {
  remember([]);
  startedAgain(4712);
  expect(await pidsOf()).toEqual([]);
});
