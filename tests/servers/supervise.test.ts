import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Command } from '../../src/servers/supervised/launch.js';
import { killMarked, markedProcesses, processIdentity, waitUntil } from '../../src/servers/supervised/process.js';
import { secret } from '../../src/servers/supervised/room.js';
import { stopLeft, supervise, type Supervised } from '../../src/servers/supervised/supervise.js';
import type { Assignment } from '../../src/servers/supervised/supervision.js';

/** The promise of the design: ten seconds after the parent is gone nothing is left. Slow machines get more. */
const goneMs = 20_000;

const gone = (pid: number) => waitUntil(async () => (await processIdentity(pid)) === undefined, goneMs);
const alive = async (pid: number) => (await processIdentity(pid)) !== undefined;

/** A Node program as a stand-in for a server. */
function node(program: string): Command {
  return { command: process.execPath, args: ['-e', program], env: {} };
}
const idle = 'setInterval(() => {}, 1000)';
/** Ignores SIGTERM and has a grandchild in a session of its own, as epmd is. */
const stubborn = `
  process.on('SIGTERM', () => {});
  const { pid } = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(idle)}],
    { detached: true, stdio: 'ignore' });
  require('fs').writeFileSync('grandchild', String(pid));
  ${idle}`;

/** What the folders are named after. */
const room = "test & |:it's";
let assignment: Assignment;
let running: Supervised | undefined;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), `mqbench-${room}-`));
  assignment = {
    folder,
    logFile: join(folder, 'log'),
    logFrom: 0,
    marker: secret(12),
    before: [],
    beside: [],
    server: node(idle),
    after: [],
  };
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await killMarked(assignment.marker);
  rmSync(assignment.folder, { recursive: true, force: true });
});

async function grandchild(): Promise<number> {
  const file = join(assignment.folder, 'grandchild');
  await waitUntil(() => existsSync(file) && readFileSync(file, 'utf8') !== '', goneMs);
  return Number(readFileSync(file, 'utf8'));
}

describe('a supervised server', () => {
  test('is told by its process id, ends on stop, and its folder goes', async () => {
    running = supervise(assignment);
    const pid = await running.started;
    expect(await alive(pid)).toBe(true);
    await running.stop();
    expect(await alive(pid)).toBe(false);
    expect(await alive(running.supervisorPid)).toBe(false);
    expect(existsSync(assignment.folder)).toBe(false);
  });

  test('runs the steps before it in order, helpers beside it, and the last steps after it', async () => {
    const trace = `${assignment.folder}.trace`;
    const note = (word: string, more = '') =>
      node(`require('fs').appendFileSync(${JSON.stringify(trace)}, '${word} '); ${more}`);
    running = supervise({
      ...assignment,
      before: [note('first'), note('second')],
      beside: [note('beside', idle)],
      server: note('server', idle),
      after: [note('after')],
    });
    await running.started;
    await waitUntil(
      () => /beside/.test(readFileSync(trace, 'utf8')) && /server/.test(readFileSync(trace, 'utf8')),
      goneMs,
    );
    await running.stop();
    expect(readFileSync(trace, 'utf8')).toMatch(/^first second (beside server|server beside) after $/);
    expect(await markedProcesses(assignment.marker)).toEqual([]);
    rmSync(trace);
  });

  test('that ends by itself is reported with the end of its log', async () => {
    running = supervise({ ...assignment, server: node(`console.log('no more room'); process.exitCode = 3`) });
    expect(await running.ended).toEqual({ type: 'ended', reason: 'exit code 3', log: 'no more room\n' });
    expect(existsSync(assignment.folder)).toBe(false);
  });

  test('whose first step fails is not started', async () => {
    running = supervise({ ...assignment, before: [node('process.exit(7)')], server: node('console.log("started")') });
    const { reason, log } = await running.ended;
    expect(reason).toMatch(/step before.*exit code 7/);
    expect(log).not.toContain('started');
  });

  test('whose program is missing is reported', async () => {
    running = supervise({ ...assignment, server: { command: '/no/such/program', args: [], env: {} } });
    expect((await running.ended).reason).toContain('ENOENT');
  });

  test('goes with its whole tree and its folder when the parent is killed', async () => {
    const parent = spawn(
      process.execPath,
      [
        fileURLToPath(new URL('../fixtures/supervising-parent.mjs', import.meta.url)),
        JSON.stringify({ ...assignment, server: node(stubborn) }),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const { server, supervisor } = JSON.parse(line.toString()) as { server: number; supervisor: number };
    const child = await grandchild();
    parent.kill('SIGKILL');
    expect(await gone(supervisor)).toBe(true);
    expect(await alive(server)).toBe(false);
    expect(await alive(child)).toBe(false);
    expect(existsSync(assignment.folder)).toBe(false);
  });

  test('leaves no folder when the parent is killed before there is a server', async () => {
    const folder = `${assignment.folder}-to-be`;
    const parent = spawn(
      process.execPath,
      [
        fileURLToPath(new URL('../fixtures/supervising-parent.mjs', import.meta.url)),
        JSON.stringify({ ...assignment, folder }),
        'no server yet',
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const { supervisor } = JSON.parse(line.toString()) as { supervisor: number };
    expect(existsSync(folder)).toBe(true);
    parent.kill('SIGKILL');
    expect(await gone(supervisor)).toBe(true);
    expect(existsSync(folder)).toBe(false);
  });

  test('is cleaned up by the parent when the supervisor is killed', async () => {
    running = supervise({ ...assignment, server: node(stubborn) });
    const pid = await running.started;
    const child = await grandchild();
    process.kill(running.supervisorPid, 'SIGKILL');
    expect((await running.ended).reason).toContain('supervisor');
    expect(await alive(pid)).toBe(false);
    expect(await alive(child)).toBe(false);
    expect(existsSync(assignment.folder)).toBe(false);
  });

  test('that was detached outlives its starter, and ends by its record', async () => {
    running = supervise(assignment);
    const pid = await running.started;
    const identity = await processIdentity(running.supervisorPid);
    await running.detach();
    // The pipe is closed now, as it would be after an exit.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await alive(pid)).toBe(true);
    await stopLeft({ ...assignment, pid: running.supervisorPid, identity: identity ?? '' }, room);
    expect(await alive(pid)).toBe(false);
    expect(existsSync(assignment.folder)).toBe(false);
  });
});

describe('the last steps of a supervisor that was killed', () => {
  test.each(['by its starter', 'by its record'] as const)('are run %s', async (by) => {
    const trace = `${assignment.folder}.trace`;
    const after = [node(`require('fs').appendFileSync(${JSON.stringify(trace)}, 'after ')`)];
    running = supervise({ ...assignment, after });
    await running.started;
    const identity = (await processIdentity(running.supervisorPid)) ?? '';
    if (by === 'by its record') await running.detach();
    process.kill(running.supervisorPid, 'SIGKILL');
    await gone(running.supervisorPid);
    if (by === 'by its starter') await running.stop();
    else await stopLeft({ ...assignment, after, pid: running.supervisorPid, identity }, room);
    expect(readFileSync(trace, 'utf8')).toMatch(/^(after )+$/);
    expect(existsSync(assignment.folder)).toBe(false);
    rmSync(trace);
  });
});

test("a folder that is no room of the record's server is not removed on its word", async () => {
  const left = { pid: 2 ** 22 + 1, identity: 'x', marker: secret(12), after: [] };
  const [other, file] = [`${assignment.folder}-other`, join(assignment.folder, `mqbench-${room}-file`)];
  writeFileSync(file, '');
  symlinkSync(assignment.folder, other);
  await stopLeft({ ...left, folder: assignment.folder }, 'kafka');
  await stopLeft({ ...left, folder: other }, room);
  await stopLeft({ ...left, folder: file }, room);
  rmSync(other);
  expect(existsSync(file)).toBe(true);
});

describe('process identity', () => {
  test('is the same each time for one process and differs between two', async () => {
    const [one, two] = [spawn('sleep', ['60']), spawn('sleep', ['60'])];
    try {
      const identity = await processIdentity(one.pid ?? 0);
      expect(identity).toBeDefined();
      expect(await processIdentity(one.pid ?? 0)).toBe(identity);
    } finally {
      one.kill();
      two.kill();
      await Promise.all([once(one, 'exit'), once(two, 'exit')]);
    }
    expect(await processIdentity(one.pid ?? 0)).toBeUndefined();
  });

  test('a stranger that has the id of a server is never signalled', async () => {
    const stranger = spawn('sleep', ['60']);
    try {
      await stopLeft(
        {
          pid: stranger.pid ?? 0,
          identity: 'somebody/else',
          folder: assignment.folder,
          marker: secret(12),
          after: [],
        },
        room,
      );
      expect(stranger.exitCode).toBeNull();
      expect(stranger.signalCode).toBeNull();
      expect(await alive(stranger.pid ?? 0)).toBe(true);
    } finally {
      stranger.kill();
    }
  });

  test('a file that is not there, or a process that never was, is not an error', async () => {
    writeFileSync(join(assignment.folder, 'x'), '');
    await stopLeft({ pid: 2 ** 22 + 1, identity: 'x', folder: assignment.folder, marker: secret(12), after: [] }, room);
    expect(existsSync(assignment.folder)).toBe(false);
  });
});
