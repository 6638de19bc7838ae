import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { brokersDown, brokersLogs, brokersStatus, brokersUp, type BrokersArgs } from '../../src/commands/brokers.js';
import { UsageError } from '../../src/errors.js';
import { acquireServers } from '../../src/servers/index.js';
import { processIdentity, waitUntil } from '../../src/servers/supervised/process.js';
import { contextWith, listens } from '../servers/helpers.js';

// The memory broker needs nothing from the cache folder, so each test can have one of its own.
const args: BrokersArgs = { targets: ['memory'], server: 'local', json: true };
const context = contextWith();
const before = process.env.MQBENCH_CACHE;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-test & |:-'));
  process.env.MQBENCH_CACHE = folder;
});
afterEach(async () => {
  await brokersDown({ ...args, targets: [] }, context);
  if (before === undefined) delete process.env.MQBENCH_CACHE;
  else process.env.MQBENCH_CACHE = before;
  rmSync(folder, { recursive: true });
});

interface Status {
  readonly target: string;
  readonly state: string;
  readonly url: string;
  readonly pids: readonly number[];
}
async function status(): Promise<Status> {
  const [first] = JSON.parse(await brokersStatus(args, context)) as Status[];
  if (first === undefined) throw new Error('no status');
  return first;
}
const recordFile = () => join(folder, 'running', 'memory.json');
interface Record {
  endpoint: { password: string };
  supervisor: { pid: number; identity: string; folder: string };
}
const record = () => JSON.parse(readFileSync(recordFile(), 'utf8')) as Record;

test('up leaves a broker running that a run then uses, down ends it and leaves nothing', async () => {
  const up = JSON.parse(await brokersUp(args, context)) as Status[];
  expect(up).toMatchObject([{ target: 'memory', state: 'running', provider: 'local' }]);
  const { url, pids } = await status();
  expect(statSync(recordFile()).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'running')).mode & 0o777).toBe(0o700);

  const target = { name: 'm', adapter: 'memory', server: 'memory', url: undefined, options: {} } as const;
  const run = await acquireServers([target], 'auto', { ...context, env: process.env });
  expect(run.servers.get('m')?.endpoint).toMatchObject({ url, password: record().endpoint.password });
  await run.stopAll();
  expect(await status()).toMatchObject({ state: 'running', pids });

  const room = record().supervisor.folder;
  expect(JSON.parse(await brokersDown(args, context))).toEqual({ ended: ['memory'] });
  expect(await listens(Number(new URL(url).port))).toBe(false);
  for (const pid of pids) expect(await processIdentity(pid)).toBeUndefined();
  expect(existsSync(room)).toBe(false);
  expect(readdirSync(join(folder, 'running'))).toEqual(['logs']);
  expect(await status()).toEqual({ target: 'memory', state: 'not running' });
});

test('a second up finds the first', async () => {
  await brokersUp(args, context);
  const first = await status();
  await brokersUp(args, context);
  expect((await status()).pids).toEqual(first.pids);
});

test('one that died is shown as ended, and up starts a new one', async () => {
  await brokersUp(args, context);
  const first = await status();
  for (const pid of first.pids) process.kill(pid, 'SIGKILL');
  expect(await waitUntil(async () => (await status()).state === 'ended', 20_000)).toBe(true);
  await brokersUp(args, context);
  expect(await status()).toMatchObject({ state: 'running' });
  expect((await status()).pids).not.toEqual(first.pids);
});

test('a stranger that got the process id is not ended', async () => {
  await brokersUp(args, context);
  const real = record();
  const stranger = {
    ...real,
    supervisor: { ...real.supervisor, pid: process.pid, marker: 'none', folder: join(folder, 'x') },
  };
  writeFileSync(recordFile(), JSON.stringify(stranger));
  expect((await status()).state).toBe('ended');
  // Were it signalled, this very test would end here.
  await brokersDown(args, context);
  writeFileSync(recordFile(), JSON.stringify(real));
  chmodSync(recordFile(), 0o600);
  expect((await status()).state).toBe('running');
});

test('one that does not answer now is not ended for it', async () => {
  await brokersUp(args, context);
  const { pids } = await status();
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    await expect(brokersUp(args, context)).rejects.toMatchObject({ kind: 'timeout' });
    for (const pid of pids) expect(await processIdentity(pid)).toBeDefined();
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
  expect((await status()).pids).toEqual(pids);
});

test('nothing is read, ended or removed in a folder that others may write to', async () => {
  await brokersUp(args, context);
  const { supervisor } = record();
  for (const [path, mode] of [
    [folder, 0o777],
    [join(folder, 'running'), 0o770],
    [recordFile(), 0o666],
  ] as const) {
    const before = statSync(path).mode;
    chmodSync(path, mode);
    const refused = { kind: 'unavailable', message: expect.stringMatching(/Other users may write/) as unknown };
    await expect(brokersStatus(args, context)).rejects.toMatchObject(refused);
    await expect(brokersDown(args, context)).rejects.toMatchObject(refused);
    const target = { name: 'm', adapter: 'memory', server: 'memory', url: undefined, options: {} } as const;
    const acquired = await acquireServers([target], 'auto', { ...context, env: process.env });
    await acquired.stopAll();
    expect(acquired.missing[0]?.error).toMatchObject(refused);
    chmodSync(path, before);
  }
  expect(await processIdentity(supervisor.pid)).toBe(supervisor.identity);
  expect(existsSync(supervisor.folder)).toBe(true);
});

test('nothing that is printed has a credential in it', async () => {
  const text = { ...args, json: false };
  const printed = [await brokersUp(text, context), await brokersUp(args, context)];
  const { password } = record().endpoint;
  printed.push(
    await brokersStatus(text, context),
    await brokersStatus(args, context),
    await brokersLogs(text, context),
  );
  printed.push(await brokersDown(text, context));
  expect(password.length).toBeGreaterThan(20);
  expect(printed.join('\n')).not.toContain(password);
  expect(printed[0]).toContain('memory://127.0.0.1:');
});

test('logs come from the last start', async () => {
  expect(await brokersLogs({ ...args, json: false }, context)).toMatch(/no logs/);
  await brokersUp(args, context);
  expect(JSON.parse(await brokersLogs(args, context))).toMatchObject({
    memory: expect.stringContaining('port') as unknown,
  });
});

test('an unknown name, and endpoint, are usage errors', async () => {
  await expect(brokersUp({ ...args, targets: ['redis'] }, context)).rejects.toThrow(UsageError);
  await expect(brokersUp({ ...args, server: 'endpoint' }, context)).rejects.toThrow(UsageError);
});
