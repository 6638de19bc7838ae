/** Which processes of this machine a named server is: real listeners, and what passes on for one elsewhere. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { acquireServers } from '../../src/servers/index.js';
import { isIn } from '../../src/servers/processes/container.js';
import { withProcesses } from '../../src/servers/processes/find.js';
import { listeningSockets, takes } from '../../src/servers/processes/listeners.js';
import { asEndpoint } from '../fixtures/as-endpoint.js';
import { contextWith } from './helpers.js';

let folder: string;
let script: string;
const children: ChildProcess[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-processes-'));
  script = join(folder, 'listener.cjs');
  writeFileSync(
    script,
    `const [, , host, title] = process.argv;
     if (title) process.title = title;
     require('node:net').createServer().listen(0, host, function () { process.send(this.address().port); });
     process.on('disconnect', () => process.exit());`,
  );
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  vi.unstubAllEnvs();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A process that listens on a free port. */
async function listener(host: string, title = ''): Promise<{ pid: number; port: number }> {
  const child = fork(script, [host, title]);
  children.push(child);
  const [port] = (await once(child, 'message')) as [number];
  return { pid: child.pid!, port };
}

const found = (url: string) => withProcesses(asEndpoint('theirs', { url }));

/** Everything as where there is no engine, whatever this machine has. */
function withoutEngine(): void {
  stubDocker('no engine');
}
function stubDocker(mode: string): void {
  const fixture = fileURLToPath(new URL('../fixtures/docker', import.meta.url));
  vi.stubEnv('PATH', [fixture, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter));
  vi.stubEnv('FAKE_DOCKER_MODE', mode);
  vi.stubEnv('FAKE_DOCKER_LOG', join(folder, 'commands'));
}

describe('a server that is named', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', 'localhost'],
    ['0.0.0.0', '127.0.0.1'],
    // As servers in Java and Erlang listen.
    ['::', '127.0.0.1'],
    ['::1', '[::1]'],
  ])('listens at %s and is known as %s: its process is found', async (host, known) => {
    const { pid, port } = await listener(host);
    const { pids, provenance } = await found(`theirs://${known}:${port}`);
    expect(pids).toEqual([pid]);
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    expect(provenance).toEqual({ process: `${name}, found by its port` });
  });

  it('is a cluster of which each process is found', async () => {
    const all = [await listener('127.0.0.1'), await listener('127.0.0.1')];
    const { pids } = await found(`theirs://${all.map(({ port }) => `127.0.0.1:${port}`).join(',')}/path`);
    expect(pids).toEqual(all.map(({ pid }) => pid));
  });

  it('is a cluster that is partly elsewhere: a part does not stand for it', async () => {
    const { port } = await listener('127.0.0.1');
    expect(await found(`theirs://127.0.0.1:${port},192.0.2.1:${port}`)).toMatchObject({ pids: [], provenance: {} });
  });

  it.each(['192.0.2.1', 'no-such-host.invalid'])('is at %s: nothing of this machine is taken for it', async (host) => {
    const { port } = await listener('0.0.0.0');
    expect(await found(`theirs://${host}:${port}`)).toMatchObject({ pids: [], provenance: {} });
  });

  it('is another one than what listens on the same port at another address', async () => {
    withoutEngine();
    const { port } = await listener('127.0.0.2');
    const { pids, provenance } = await found(`theirs://127.0.0.1:${port}`);
    expect(pids).toEqual([]);
    expect(provenance).toEqual({ process: 'not known: no process of this machine is seen to have its port' });
  });

  it.each(['ssh', 'socat', 'kubectl'])('is behind %s, which is not the broker', async (title) => {
    withoutEngine();
    const { port } = await listener('127.0.0.1', title);
    const { pids, provenance } = await found(`theirs://127.0.0.1:${port}`);
    expect(pids).toEqual([]);
    expect(provenance).toEqual({ process: `not known: ${title} listens on its port and passes on what comes` });
  });

  it('has a process of which the engine says a number that is none of its container here', async () => {
    stubDocker('');
    rmSync(join(folder, 'commands'), { force: true });
    const { port } = await listener('127.0.0.1', 'docker-proxy');
    const { pids, provenance } = await found(`theirs://127.0.0.1:${port}`);
    expect(pids).toEqual([]);
    expect(provenance['process']).toMatch(/^not known: docker-proxy/);
    const commands = readFileSync(join(folder, 'commands'), 'utf8').trim().split('\n');
    expect(commands).toEqual([
      `ps --quiet --no-trunc --filter publish=${port}`,
      `inspect --format {{.State.Pid}} ${'0123456789abcdef'.repeat(4)}`,
    ]);
  });

  it('gets its processes with its address, and keeps those that are known', async () => {
    const { pid, port } = await listener('127.0.0.1');
    const target = { name: 'memory', adapter: 'memory', server: 'memory', url: undefined, options: {} } as const;
    const env = { MQBENCH_MEMORY_URL: `memory://127.0.0.1:${port}` };
    const { servers } = await acquireServers([target], 'endpoint', { ...contextWith(), env });
    expect(servers.get('memory')?.pids).toEqual([pid]);
    const known = { ...asEndpoint('theirs', { url: `theirs://127.0.0.1:${port}` }), pids: [4711] };
    expect(await withProcesses(known)).toBe(known);
  });
});

describe('what the system tells', () => {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
  const line = (address: string, state: string) =>
    `   0: ${address}:1628 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000   999        0 31415 1 0000 100`;
  const read = (address: string, order: 'LE' | 'BE' = 'LE') =>
    listeningSockets([head, line(address, '0A'), ''].join('\n'), order)[0]!;

  it('has the port and address of what listens, of either order of bytes, and no connection', () => {
    expect(read('0100007F')).toEqual({ address: '127.0.0.1', family: 'ipv4', port: 5672, inode: '31415' });
    expect(read('7F000001', 'BE').address).toBe('127.0.0.1');
    expect(read('00000000000000000000000001000000')).toMatchObject({
      address: '0000:0000:0000:0000:0000:0000:0000:0001',
      family: 'ipv6',
    });
    expect(listeningSockets([head, line('0100007F', '01'), ''].join('\n'), 'LE')).toEqual([]);
  });

  it('says whether a connection arrives there', () => {
    const loopback = new BlockList();
    loopback.addAddress('127.0.0.1');
    const arrives = (address: string) => takes(read(address), loopback);
    expect(arrives('0100007F')).toBe(true);
    expect(arrives('0200007F')).toBe(false);
    expect(arrives('00000000')).toBe(true);
    expect(arrives('0'.repeat(32))).toBe(true);
    expect(arrives('00000000000000000000000001000000')).toBe(false);
    // ::ffff:127.0.0.1
    expect(arrives('0000000000000000FFFF00000100007F')).toBe(true);
  });

  it('says of a process whether it is in a container', () => {
    const id = '0123456789abcdef'.repeat(4);
    expect(isIn(`0::/system.slice/docker-${id}.scope\n`, id)).toBe(true);
    expect(isIn(`12:cpu,cpuacct:/docker/${id}\n11:memory:/docker/${id}\n`, id)).toBe(true);
    expect(isIn('0::/user.slice/user-1000.slice/session-2.scope\n', id)).toBe(false);
    expect(isIn(`0::/system.slice/docker-${'f'.repeat(64)}.scope\n`, id)).toBe(false);
  });
});
