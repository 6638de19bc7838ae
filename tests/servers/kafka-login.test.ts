/** Whether a Kafka that asks for a password is found ready with it, and only with it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { answers, asRunning, readLeft, type LeftServer } from '../../src/servers/left.js';
import { probeKafka } from '../../src/servers/supervised/probe/kafka.js';

const broker = inject('servers').kafka;
const endpoint = 'endpoint' in broker ? broker.endpoint : { url: 'kafka://none:1' };
const { username, password } = endpoint;
const port = Number(new URL(endpoint.url).port);
const probe = (user: { username: string; password: string } | undefined, clusterId?: string) =>
  probeKafka('127.0.0.1', port, user, clusterId, AbortSignal.timeout(20_000));

test.skipIf('missing' in broker || broker.provider !== 'local')('a local Kafka has credentials of its own', () => {
  expect(endpoint).toMatchObject({ saslMechanism: 'plain', username: expect.stringMatching(/^mqbench-/) as unknown });
  expect(password?.length).toBeGreaterThan(20);
});

describe.skipIf(username === undefined || password === undefined)('a Kafka with a password', () => {
  const user = { username: username ?? '', password: password ?? '' };
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mqbench-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is ready for the one who knows it', async () => {
    await probe(user);
  });

  test('is not for one who does not, and the error does not say what was tried', async () => {
    await expect(probe({ ...user, password: 'hunter2' })).rejects.toThrow(/^Kafka answered, but did not let us in/);
    await expect(probe({ ...user, username: 'somebody' })).rejects.toThrow(/did not let us in/);
    await expect(probe(undefined)).rejects.toThrow(/closed/);
  });

  test('is not when it is another cluster', async () => {
    await expect(probe(user, 'AAAAAAAAAAAAAAAAAAAAAA')).rejects.toThrow(/another Kafka cluster/);
  });

  test('answers and can be measured after `brokers up` wrote it down', async () => {
    const left: LeftServer = {
      recordVersion: 1,
      id: 'kafka',
      provider: 'local',
      product: 'Apache Kafka',
      version: '0',
      endpoint: { ...endpoint },
      provenance: {},
      isJvm: true,
      pids: [],
      supervisor: { pid: process.pid, identity: 'none', folder, marker: 'none', after: [] },
      startedAt: new Date().toISOString(),
    };
    mkdirSync(join(folder, 'running'));
    writeFileSync(join(folder, 'running', 'kafka.json'), JSON.stringify(left));
    const read = (await readLeft('kafka', { MQBENCH_CACHE: folder }))!;
    expect(await answers(read)).toBe(true);
    expect(asRunning(read, 'k').endpoint).toEqual(endpoint);
    expect(await answers({ ...read, endpoint: { ...read.endpoint, password: 'hunter2' } })).toBe(false);
  });
});

test('what is not Kafka is told as such', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).write(Buffer.alloc(64));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const stranger = (server.address() as AddressInfo).port;
    const asked = probeKafka('127.0.0.1', stranger, undefined, undefined, AbortSignal.timeout(20_000));
    await expect(asked).rejects.toThrow(/not Kafka/);
  } finally {
    server.close();
  }
});
