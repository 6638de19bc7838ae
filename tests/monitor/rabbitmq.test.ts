/**
 * RabbitMQ alone: what its nodes and queues use, whether a queue rests, what an alarm looks like while it lasts; and the
 * rights of a user: what its tag `monitoring` is enough for, and what is said without one.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Endpoint } from '../../src/brokers/adapter.js';
import { loadAdapter } from '../../src/brokers/registry.js';
import { Bench, eventually, Inbox, sleep } from '../../src/contract/bench.js';
import { processTree, residentBytesOf } from '../../src/metrics/proc.js';
import { RabbitmqSource } from '../../src/monitor/rabbitmq/index.js';
import type { NodeReading, Reading } from '../../src/monitor/sample.js';
import { readResult } from '../../src/results/store.js';
import { type Finished, Mqbench } from '../cli/mqbench.js';
import type { Command } from '../../src/servers/supervised/launch.js';
import type { SupervisedServer } from '../../src/servers/supervised/start.js';
import { addressOf } from '../fixtures/address-of.js';
import { edited, startChanged } from '../fixtures/changed-server.js';

const server = inject('servers').rabbitmq;

describe.skipIf('missing' in server)('a user of RabbitMQ', () => {
  const admin: Endpoint = 'missing' in server ? { url: '' } : server.endpoint;
  const users: string[] = [];
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mqbench-rights-'));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    for (const user of users) await manage('DELETE', `users/${user}`);
  });

  async function manage(method: 'PUT' | 'DELETE', path: string, body?: object): Promise<void> {
    const authorization = `Basic ${Buffer.from(`${admin.username}:${admin.password}`).toString('base64')}`;
    const response = await fetch(new URL(`/api/${path}`, admin.managementUrl), {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status}`);
  }

  /** @param may what it may do with queues, as a pattern of their names; undefined for a user of no virtual host */
  async function userWith(tags: string, may?: string): Promise<Endpoint> {
    const [username, password] = [`reader-${randomBytes(6).toString('hex')}`, randomBytes(12).toString('hex')];
    users.push(username);
    await manage('PUT', `users/${username}`, { password, tags });
    if (may !== undefined)
      await manage('PUT', `permissions/%2F/${username}`, { configure: may, write: may, read: may });
    return { ...admin, username, password };
  }

  it('with the tag `monitoring` and no right to any queue sees every figure', async () => {
    const bench = new Bench(await loadAdapter('rabbitmq'), admin);
    const source = new RabbitmqSource(await userWith('monitoring', ''), 1);
    try {
      const spec = await bench.destination(1);
      await (await bench.producer(spec)).sendAll(3);
      for (const selection of [{ containing: spec.name }, { exactly: [spec] }]) {
        let last: Reading | undefined;
        await eventually(
          'the queue is told',
          async () => {
            last = await source.read(selection);
            return last.destinations[0]?.ready === 3;
          },
          20_000,
        ).catch((error: unknown) => {
          throw new Error(`${String(error)}; last ${JSON.stringify(last)}`);
        });
        expect(last).toMatchObject({ heldUp: 0, destinationCount: 1, notes: [] });
        expect(last?.destinations[0]).toMatchObject({ name: spec.name, total: 3, counters: { in: 3 } });
        expect(last?.nodes[0]).toMatchObject({ running: true, memoryAlarm: false, diskAlarm: false });
        expect(last?.nodes[0]?.memoryBytes).toBeGreaterThan(0);
        await eventually('connections are told', async () => {
          const { nodes } = await source.read(selection);
          return (nodes[0]?.connections ?? 0) >= 2;
        });
      }
    } finally {
      await source.close();
      await bench.cleanUp();
    }
  });

  it('with no permission for a virtual host is told that it sees nothing', async () => {
    const bench = new Bench(await loadAdapter('rabbitmq'), admin);
    const source = new RabbitmqSource(await userWith('monitoring'), 1);
    try {
      await bench.destination(1);
      let last: Reading | undefined;
      await eventually('RabbitMQ has counted', async () => {
        last = await source.read({ containing: '' });
        return last.notes.length > 0;
      });
      expect(last?.destinations).toEqual([]);
      expect(last?.notes).toEqual([expect.stringMatching(/^the user sees none of \d+ queues?: give it a permission/)]);
    } finally {
      await source.close();
      await bench.cleanUp();
    }
  });

  it.each([
    ['', 'Not management user'],
    ['management', 'Not monitor user'],
  ])('with the tags "%s" is told which one it lacks', async (tags, reason) => {
    const source = new RabbitmqSource(await userWith(tags, '.*'), 1);
    try {
      await expect(source.read({ containing: '' })).rejects.toMatchObject({
        message: `RabbitMQ's management API refused the user (HTTP 401: ${reason}).`,
        details: { hint: 'Check user and password, and give the user the tag "monitoring".' },
      });
    } finally {
      await source.close();
    }
  });

  async function run(user: Endpoint, out: string): Promise<Finished> {
    const url = `${addressOf(user)}?management=${encodeURIComponent(user.managementUrl ?? '')}`;
    const load = ['--size', '100B', '--duration', '3s', '--warmup', '0s', '--repetitions', '1'];
    const args = ['run', '--target', 'rabbitmq', ...load, '--out', out, '--server', 'endpoint'];
    return new Mqbench(args, { cwd: folder, env: { MQBENCH_RABBITMQ_URL: url } }).finished;
  }

  it(
    'runs with it and has the figures of the broker; without it the run says so before it begins',
    { timeout: 150_000 },
    async () => {
      const out = join(folder, 'seen');
      const [seen, blind] = await Promise.all([
        userWith('monitoring', '.*').then((user) => run(user, out)),
        userWith('', '.*').then((user) => run(user, join(folder, 'blind'))),
      ]);
      expect(seen.code, seen.stderr).toBe(0);
      const { broker } = (await readResult(out)).runs[0]!;
      expect(broker?.notes).toEqual([]);
      expect(broker?.samples.some(({ in: count = 0 }) => count > 0)).toBe(true);
      expect(broker?.samples.some(({ memoryAlarm }) => memoryAlarm === false)).toBe(true);
      expect(blind.code).toBe(6);
      expect(blind.stderr).toMatch(/refused the user \(HTTP 401\)/);
      expect(blind.stderr).toMatch(/Give the user the tag "monitoring"/);
    },
  );
});

describe.skipIf('missing' in server)('queues of RabbitMQ', () => {
  it('are running while they are used, idle while they rest, and use memory for what they hold', async () => {
    if ('missing' in server) throw new Error(server.missing);
    const bench = new Bench(await loadAdapter('rabbitmq'), server.endpoint);
    const source = new RabbitmqSource(server.endpoint, 1);
    let publishing = true;
    let publisher: Promise<void> | undefined;
    try {
      const [used, resting] = [await bench.destination(1), await bench.destination(1)];
      await (await bench.producer(resting)).sendAll(5);
      const outbox = await bench.producer(used);
      const inbox = new Inbox(true);
      await bench.consumers(used, inbox);
      publisher = (async () => {
        for (; publishing; await sleep(10)) outbox.send('x');
      })();
      let last: Reading | undefined;
      const states = async () => {
        last = await source.read({ exactly: [used, resting] });
        return [used, resting].map(({ name }) => last?.destinations.find((seen) => seen.name === name)?.state);
      };
      // RabbitMQ finds that a queue rests when it has done so for some seconds.
      await eventually('one is used and one rests', async () => {
        const [a, b] = await states();
        return a === 'running' && b === 'idle';
      }).catch((error: unknown) => {
        throw new Error(`${String(error)}; last ${JSON.stringify(last?.destinations)}`);
      });
      publishing = false;
      await publisher;
      const restingBytes = (): number =>
        last?.destinations.find(({ name }) => name === resting.name)?.memoryBytes ?? NaN;
      const before = restingBytes();
      expect(before).toBeGreaterThan(0);
      await (await bench.producer(resting)).sendAll(20_000);
      await eventually('the other rests now, and this one holds more', async () => {
        const [a] = await states();
        return a === 'idle' && restingBytes() > before * 2;
      }).catch((error: unknown) => {
        throw new Error(`${String(error)}; ${before} before, last ${JSON.stringify(last?.destinations)}`);
      });
    } finally {
      publishing = false;
      await publisher;
      await source.close();
      await bench.cleanUp();
    }
  });
});

// A server of its own, whose limits can be set and changed.
describe.skipIf('missing' in server || server.provider !== 'local')('a node of RabbitMQ', () => {
  const [memoryLimitBytes, diskFreeLimitBytes] = [1_234_000_000, 23_000_000];
  let own: SupervisedServer | undefined;
  let erlang: Command;
  let home: string;
  beforeAll(async () => {
    own = await startChanged('rabbitmq', (launch, room) => {
      erlang = launch.server;
      home = room.folder;
      const limits = `vm_memory_high_watermark.absolute = ${memoryLimitBytes}\ndisk_free_limit.absolute = ${diskFreeLimitBytes}\n`;
      return { files: edited(launch, 'rabbitmq.conf', /$/, limits) };
    });
  });
  afterAll(() => own?.stop());

  /** What `rabbitmqctl set_vm_memory_high_watermark absolute` does, which the packages' script does not find alone. */
  async function setMemoryLimit(bytes: number): Promise<void> {
    const call = `rpc:call('mqbench@localhost', vm_memory_monitor, set_vm_memory_high_watermark, [{absolute, ${bytes}}])`;
    const command = basename(erlang.command) === 'erlexec' ? erlang.command : 'erl';
    const name = `test-${randomBytes(4).toString('hex')}@localhost`;
    const args = ['-noinput', '-sname', name, '-hidden', '-eval', `ok = ${call}, halt(0).`];
    const child = spawn(command, args, { cwd: home, env: { ...erlang.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code, said).toBe(0);
  }

  it('uses memory and leaves disk as the system says, beside its limits; a memory alarm is seen while it lasts', async () => {
    const { endpoint, pids } = own!;
    const source = new RabbitmqSource(endpoint, 1);
    const bench = new Bench(await loadAdapter('rabbitmq'), endpoint);
    const where = `${addressOf(endpoint)}?management=${encodeURIComponent(endpoint.managementUrl ?? '')}`;
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-alarm-'));
    const env = { MQBENCH_RABBITMQ_URL: where };
    const monitor = new Mqbench(['monitor', 'rabbitmq', '--interval', '500ms'], { cwd: folder, env });
    try {
      let node: NodeReading | undefined;
      const look = async () => {
        const { nodes, heldUp } = await source.read({ containing: '' });
        node = nodes[0];
        return { node: nodes[0]!, heldUp };
      };
      await eventually('its figures are gathered', async () => {
        const { node: now } = await look();
        return now.memoryBytes !== undefined && now.diskFreeBytes !== undefined;
      });
      expect(node).toMatchObject({ memoryLimitBytes, diskFreeLimitBytes, memoryAlarm: false, diskAlarm: false });
      const resident = processTree(pids).reduce((sum, pid) => sum + (residentBytesOf(pid) ?? 0), 0);
      expect(node!.memoryBytes! / resident).toBeGreaterThan(0.5);
      expect(node!.memoryBytes! / resident).toBeLessThan(2);
      expect(node!.memoryShare).toBeCloseTo(node!.memoryBytes! / memoryLimitBytes, 6);
      const { bavail, bsize } = statfsSync(home);
      expect(node!.diskFreeBytes! / (bavail * bsize)).toBeGreaterThan(0.7);
      expect(node!.diskFreeBytes! / (bavail * bsize)).toBeLessThan(1.4);
      const outbox = await bench.producer(await bench.destination(1));
      await monitor.says(/ memory \S+ of 1\.23GB/);
      expect(monitor.stdout).not.toContain('ALARM');

      await setMemoryLimit(1_000_000);
      await eventually('the alarm is seen, and who publishes is held up', async () => {
        outbox.send('x');
        const { node: now, heldUp = 0 } = await look();
        return now.memoryAlarm === true && heldUp >= 1 && (now.memoryShare ?? 0) > 1;
      });
      await monitor.says(/ memory \S+ of 1\.00MB ALARM/);
      await monitor.says(/clients held up \(flow control\)/);

      await setMemoryLimit(memoryLimitBytes);
      await eventually('it is over', async () => {
        const { node: now, heldUp } = await look();
        return now.memoryAlarm === false && heldUp === 0;
      });
      await eventually('the table tells it', () => {
        const last = monitor.stdout.slice(monitor.stdout.lastIndexOf('from its management API'));
        return / memory \S+ of 1\.23GB/.test(last) && !last.includes('ALARM');
      });
    } finally {
      monitor.child.kill('SIGINT');
      await monitor.finished;
      rmSync(folder, { recursive: true, force: true });
      await source.close();
      await bench.cleanUp();
    }
  });
});
