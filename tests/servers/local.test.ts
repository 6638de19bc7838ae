import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync as readlink,
  rmSync,
  statSync,
} from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { InterruptedError } from '../../src/errors.js';
import { startLocalServer } from '../../src/servers/index.js';
import { baseServerIds } from '../../src/servers/provider.js';
import { freePorts } from '../../src/servers/supervised/ports.js';
import { markedProcesses, processIdentity, waitUntil } from '../../src/servers/supervised/process.js';
import { contextWith, listens } from './helpers.js';

const slowMs = 240_000;
const isLong = process.env['MQBENCH_TEST_LONG'] === '1';
const tmp = process.env.TMPDIR;
let folder: string;

beforeEach(() => {
  // What breaks shell scripts, class paths, URLs and XML.
  folder = mkdtempSync(join(tmpdir(), 'mqbench-test a b & c | d:e; (f) <g> #h %25 é-'));
  process.env.TMPDIR = folder;
});
afterEach(() => {
  if (tmp === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = tmp;
  rmSync(folder, { recursive: true, force: true });
});

/** The shared one, so that a machine that cannot have this broker skips its tests too, and says why. */
const shared = inject('servers');

describe.each(baseServerIds)('%s', (id) => {
  const broker = shared[id];
  const available = 'endpoint' in broker && broker.provider === 'local';

  test.skipIf(!available)(
    'starts in a private folder with any name, opens its ports on loopback alone, and leaves nothing',
    async () => {
      const ports: number[] = [];
      const logDir = join(folder, 'logs & more');
      const server = await startLocalServer(
        id,
        { ...contextWith(), logDir },
        {
          async choosePorts(count) {
            ports.push(...(await freePorts(count)));
            return ports;
          },
        },
      );
      try {
        expect(server.supervisor.folder.startsWith(folder)).toBe(true);
        expect(statSync(server.supervisor.folder).mode & 0o777).toBe(0o700);
        expect(await listens(ports[0] ?? 0)).toBe(true);
        for (const pid of server.pids) expect(await processIdentity(pid)).toBeDefined();
        const open = listening(await markedProcesses(server.supervisor.marker));
        expect(open.map(({ port }) => port).filter((port) => !ports.includes(port))).toEqual([]);
        expect(open.filter(({ loopback }) => !loopback)).toEqual([]);
        expect(server.logFile).toBe(join(logDir, `${id}.log`));
        const log = readFileSync(server.logFile ?? '', 'utf8');
        if (server.endpoint.password !== undefined) expect(log).not.toContain(server.endpoint.password);
        const commands = (await markedProcesses(server.supervisor.marker)).map((pid) =>
          readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
        );
        expect(commands.join()).not.toContain(server.endpoint.password ?? 'no password');
      } finally {
        await server.stop();
      }
      for (const port of ports) expect(await listens(port)).toBe(false);
      for (const pid of server.pids) expect(await processIdentity(pid)).toBeUndefined();
      expect(await markedProcesses(server.supervisor.marker)).toEqual([]);
      expect(existsSync(server.supervisor.folder)).toBe(false);
      await server.stop();
    },
    slowMs,
  );

  // What starts and ends a server is the same for all; the JVMs take the longest.
  test.skipIf(!available || (!isLong && (id === 'kafka' || id === 'activemq')))(
    'says so when it is killed',
    async () => {
      const server = await startLocalServer(id, contextWith());
      for (const pid of server.pids) process.kill(pid, 'SIGKILL');
      expect((await server.exited).reason).toMatch(/SIGKILL/);
      expect(existsSync(server.supervisor.folder)).toBe(false);
      await server.stop();
    },
    slowMs,
  );
});

describe('a port that somebody else takes', () => {
  let stranger: Server;
  let taken: number;
  beforeEach(async () => {
    stranger = createServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    taken = (stranger.address() as AddressInfo).port;
  });
  afterEach(() => stranger.close());

  test.each(['memory', 'activemq'] as const)(
    'is left to them, and others are tried: %s',
    async (id) => {
      if ('missing' in shared[id]) return;
      const asked: number[] = [];
      const server = await startLocalServer(
        id,
        { ...contextWith(), logDir: join(folder, 'logs') },
        {
          async choosePorts(count) {
            asked.push(count);
            const free = await freePorts(count);
            return asked.length === 1 ? [taken, ...free.slice(1)] : free;
          },
        },
      );
      try {
        expect(asked).toHaveLength(2);
        expect(server.endpoint.url).not.toContain(String(taken));
      } finally {
        await server.stop();
      }
      expect(readdirSync(folder)).toEqual(['logs']);
    },
    slowMs,
  );

  test.skipIf('missing' in shared.memory)(
    'is an error that says so when it happens every time',
    async () => {
      const start = startLocalServer('memory', contextWith(), { choosePorts: async () => [taken] });
      await expect(start).rejects.toMatchObject({
        kind: 'unavailable',
        details: { where: expect.stringContaining(String(taken)) as unknown },
      });
      expect(readdirSync(folder)).toEqual([]);
    },
    slowMs,
  );
});

test.skipIf('missing' in shared.kafka)(
  'an interrupted start leaves nothing',
  async () => {
    const interrupted = new AbortController();
    const start = startLocalServer('kafka', contextWith(interrupted.signal));
    const outcome = expect(start).rejects.toBeInstanceOf(InterruptedError);
    await waitUntil(() => readdirSync(folder).length > 0, slowMs);
    interrupted.abort();
    await outcome;
    expect(readdirSync(folder)).toEqual([]);
  },
  slowMs,
);

test.skipIf('missing' in shared.rabbitmq)(
  'RabbitMQ refuses at once a folder that it would wait in for ever',
  async () => {
    process.env.TMPDIR = join(folder, "it's");
    mkdirSync(process.env.TMPDIR);
    await expect(startLocalServer('rabbitmq', contextWith())).rejects.toThrow(/a quote/);
    expect(readdirSync(process.env.TMPDIR)).toEqual([]);
  },
);

/** The ports that these processes listen on, from /proc/net/tcp (see proc(5)); state 0A is LISTEN. */
function listening(pids: readonly number[]): { port: number; loopback: boolean }[] {
  const sockets = new Set(
    pids.flatMap((pid) =>
      readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlink(`/proc/${pid}/fd/${fd}`))?.slice(1) ?? [];
        } catch {
          return [];
        }
      }),
    ),
  );
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readFileSync(table, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && sockets.has(fields[9] ?? ''))
      .map((fields) => {
        const [address = '', port = ''] = (fields[1] ?? '').split(':');
        return { port: parseInt(port, 16), loopback: loopbacks.includes(address) };
      }),
  );
}

/** 127.0.0.1, the same as an IPv6 address, and ::1, as the kernel writes them on a little-endian machine. */
const loopbacks = ['0100007F', '0000000000000000FFFF00000100007F', '00000000000000000000000001000000'];
