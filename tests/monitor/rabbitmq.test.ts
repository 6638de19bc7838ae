/** RabbitMQ and the rights of a user: what its tag `monitoring` is enough for, and what is said without one. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Endpoint } from '../../src/brokers/adapter.js';
import { loadAdapter } from '../../src/brokers/registry.js';
import { Bench, eventually } from '../../src/contract/bench.js';
import { RabbitmqSource } from '../../src/monitor/rabbitmq/index.js';
import type { Reading } from '../../src/monitor/sample.js';
import { readResult } from '../../src/results/store.js';
import { type Finished, Mqbench } from '../cli/mqbench.js';
import { addressOf } from '../fixtures/address-of.js';

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
