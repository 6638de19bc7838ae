/** What is done on purpose to a server under its supervisor, with a stand-in that keeps a file as a broker its store. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ServerFaults } from '../../src/servers/provider.js';
import { supervisedFaults } from '../../src/servers/supervised/outage.js';
import { killMarked, processIdentity, waitUntil } from '../../src/servers/supervised/process.js';
import { secret } from '../../src/servers/supervised/room.js';
import { supervise, type Supervised } from '../../src/servers/supervised/supervise.js';
import type { Assignment } from '../../src/servers/supervised/supervision.js';

const patienceMs = 20_000;
/** Notes each start and how it is told to end; counts up as long as it runs. */
const program = `
  const fs = require('fs');
  fs.appendFileSync('starts', process.pid + ' ');
  process.on('SIGTERM', () => { fs.appendFileSync('ends', 'SIGTERM '); process.exit(0); });
  setInterval(() => fs.writeFileSync('beat', String(Date.now())), 20);`;

let folder: string;
let assignment: Assignment;
let running: Supervised;
let faults: ServerFaults;
let pids: number[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "mqbench-test & |:it's-"));
  assignment = {
    folder,
    logFile: join(folder, 'log'),
    logFrom: 0,
    marker: secret(12),
    before: [],
    beside: [],
    server: { command: process.execPath, args: ['-e', program], env: {} },
    after: [],
  };
  running = supervise(assignment);
  pids = [await running.started];
  faults = supervisedFaults({
    product: 'the stand-in',
    supervisorPid: running.supervisorPid,
    supervisorIdentity: await processIdentity(running.supervisorPid),
    folder,
    pids,
    probe: async () => {
      const before = beat();
      await sleep(100);
      if (beat() === before) throw new Error('it does not count');
    },
  });
  await waitUntil(() => existsSync(join(folder, 'beat')), patienceMs);
});
afterEach(async () => {
  await running.stop();
  await killMarked(assignment.marker);
  rmSync(folder, { recursive: true, force: true });
});

const text = (file: string): string => (existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : '');
const beat = (): string => text('beat');
const starts = (): number[] => text('starts').trim().split(' ').map(Number);
const alive = async (pid: number) => (await processIdentity(pid)) !== undefined;

describe('a server', () => {
  test.each([
    ['stop', 'SIGTERM '],
    ['kill', ''],
  ] as const)('that is taken down (%s) starts again by itself, in the same folder', async (how, told) => {
    const [first] = starts();
    await faults.takeDown(how, 300);
    expect(await alive(first!)).toBe(false);
    expect(text('ends')).toBe(told);
    await faults.back();
    expect(starts()).toHaveLength(2);
    expect(pids).toEqual([starts()[1]]);
  });

  test('that is taken down for no time at all is seen to have gone', async () => {
    await faults.takeDown('kill', 0);
    await faults.back();
    expect(starts()).toHaveLength(2);
  });

  test('that is paused stands still, and goes on by itself', async () => {
    await faults.pause(700);
    const still = beat();
    await sleep(200);
    expect(beat()).toBe(still);
    await faults.back();
    expect(beat()).not.toBe(still);
    expect(starts()).toHaveLength(1);
  });

  test('that is paused for less time than there is between two looks was paused', async () => {
    for (let i = 0; i < 5; i++) {
      await faults.pause(0);
      await faults.back();
    }
    expect(starts()).toHaveLength(1);
  });

  test('recovers at once when asked, from being down and from a pause', async () => {
    await faults.takeDown('kill', 600_000);
    await faults.recover();
    expect(starts()).toHaveLength(2);
    await faults.pause(600_000);
    await faults.recover();
    await faults.recover();
    expect(starts()).toHaveLength(2);
  });

  test('comes back though whoever ordered it is gone', async () => {
    await running.detach();
    await faults.takeDown('stop', 200);
    expect(await waitUntil(() => starts().length === 2, patienceMs)).toBe(true);
  });

  test('ends on stop while it is paused, and while it is down', async () => {
    await faults.pause(600_000);
    await running.stop();
    expect(await alive(pids[0]!)).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });

  test('that is down when its supervisor is told to stop is not started again', async () => {
    await faults.takeDown('kill', 600_000);
    await running.stop();
    expect(existsSync(folder)).toBe(false);
  });
});

test('a supervisor that knows no orders is not signalled to death', async () => {
  const strange = mkdtempSync(join(tmpdir(), 'mqbench-test-'));
  const none = supervisedFaults({
    product: 'a broker',
    supervisorPid: running.supervisorPid,
    supervisorIdentity: await processIdentity(running.supervisorPid),
    folder: strange,
    pids: [],
    probe: async () => undefined,
  });
  await expect(none.pause(1)).rejects.toThrow(/knows no faults/);
  expect(await alive(running.supervisorPid)).toBe(true);
  rmSync(strange, { recursive: true });
});

test('a stranger with the id of a killed supervisor is not signalled, though the state is still there', async () => {
  const stranger = spawn('sleep', ['60']);
  const none = supervisedFaults({
    product: 'a broker',
    supervisorPid: stranger.pid!,
    supervisorIdentity: 'somebody/else',
    folder,
    pids: [],
    probe: async () => undefined,
  });
  try {
    await expect(none.pause(1)).rejects.toThrow(/has ended/);
    await sleep(100);
    expect(stranger.signalCode).toBeNull();
  } finally {
    stranger.kill('SIGKILL');
  }
});
