/**
 * What two sides of `mqbench ab` may differ in, on real brokers, to the end: that it was in effect is asked of whoever
 * must have noticed, the server or the worker. With MQBENCH_TEST_LONG=1, as each is a session of seven pairs.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readSession } from '../../src/ab/record.js';
import { packageRoot } from '../../src/root.js';
import { missingEngine } from '../../src/servers/compose/engine.js';
import { addressOf } from '../fixtures/address-of.js';
import { shortScenario } from '../fixtures/short-scenario.js';
import { type Finished, Mqbench } from './mqbench.js';

const isLong = process.env['MQBENCH_TEST_LONG'] === '1';
const servers = inject('servers');
const has = (id: 'rabbitmq' | 'kafka'): boolean => isLong && 'endpoint' in servers[id];
const isLocal = (id: 'rabbitmq'): boolean => has(id) && 'provider' in servers[id] && servers[id].provider === 'local';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-variants-'));
  for (const id of ['rabbitmq', 'kafka'])
    writeFileSync(join(folder, `${id}.yaml`), shortScenario('short').replace('[memory]', `[${id}]`));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function address(id: 'rabbitmq' | 'kafka'): string {
  const server = servers[id];
  return 'endpoint' in server ? addressOf(server.endpoint) : '';
}

async function ab(
  id: 'rabbitmq' | 'kafka',
  a: string,
  b: string,
  more: { readonly cwd?: string; readonly args?: readonly string[]; readonly own?: true } = {},
): Promise<Finished & { readonly out: string }> {
  const cwd = more.cwd ?? folder;
  const out = mkdtempSync(join(folder, 'out-'));
  rmSync(out, { recursive: true });
  const scenario = ['--scenario', `${id}.yaml`, '--pairs', '7', '--out', out];
  const named = more.own === true ? {} : { [`MQBENCH_${id.toUpperCase()}_URL`]: address(id) };
  const command = new Mqbench(['ab', a, b, ...scenario, ...(more.args ?? [])], { cwd, env: named });
  return { ...(await command.finished), out };
}

/** Both sides' results of a session that came to its end. */
async function sides({ code, stderr, out }: Finished & { readonly out: string }) {
  // A machine too busy for pairs that can be used has no answer; anything else is a fault.
  expect([0, 4], stderr).toContain(code);
  const { comparison, record } = (await readSession(out))!;
  expect(record.partialReason).toBeUndefined();
  for (const { runs } of [comparison.a, comparison.b]) {
    expect(runs.length).toBeGreaterThan(0);
    for (const run of runs) expect(run).toMatchObject({ complete: true, delivery: { lost: 0, corrupt: 0 } });
  }
  return { a: comparison.a.targets[0]!, b: comparison.b.targets[0]!, record };
}

describe.skipIf(!has('rabbitmq'))('a ref, a command that prepares and a variable', () => {
  it('are what the workers of their side have, and of the other not', async () => {
    const at = mkdtempSync(join(folder, 'repository-'));
    const git = (...args: string[]): void =>
      void execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args], {
        cwd: at,
        stdio: 'ignore',
      });
    // The worker that keeps the connection says where it runs and what it found there.
    const adapter = (version: string): string => `
import { readFileSync } from 'node:fs';
import { rabbitmq } from ${JSON.stringify(pathToFileURL(join(packageRoot, 'dist', 'brokers', 'rabbitmq', 'index.js')).href)};
const made = () => readFileSync(new URL('made.txt', import.meta.url), 'utf8').trim();
export default {
  ...rabbitmq,
  id: 'own',
  async connect(...args) {
    const connection = await rabbitmq.connect(...args);
    const serverInfo = connection.serverInfo.bind(connection);
    connection.serverInfo = async () => {
      const info = await serverInfo();
      return { ...info, product: [info.product, ${JSON.stringify(version)}, made(), process.env.MQBENCH_TEST_STAMP].join(' | ') };
    };
    return connection;
  },
};
`;
    writeFileSync(join(at, 'adapter.mjs'), adapter('committed'));
    writeFileSync(join(at, 'rabbitmq.yaml'), shortScenario('short').replace('[memory]', '[rabbitmq]'));
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'before');
    git('tag', 'before');
    writeFileSync(join(at, 'adapter.mjs'), adapter('changed'));
    const { a, b, record } = await sides(
      await ab(
        'rabbitmq',
        'adapter=./adapter.mjs,ref=before,env.MQBENCH_TEST_STAMP=one,prepare=echo prepared a > made.txt',
        'adapter=./adapter.mjs,env.MQBENCH_TEST_STAMP=two,prepare=echo prepared b > made.txt',
        { cwd: at },
      ),
    );
    expect(a.product).toBe('RabbitMQ | committed | prepared a | one');
    expect(b.product).toBe('RabbitMQ | changed | prepared b | two');
    expect(record.variants?.A).toMatchObject({ ref: 'before', 'env.MQBENCH_TEST_STAMP': 'one' });
    expect(record.variants?.A?.['commit']).toMatch(/^[0-9a-f]{40}$/);
  }, 300_000);
});

describe.skipIf(!has('kafka'))('a version of the client library', () => {
  it('is the one that the workers of its side have', async () => {
    const { a, b } = await sides(await ab('kafka', 'same', 'client=kafkajs@2.2.3'));
    expect(b.client).toEqual({ name: 'kafkajs', version: '2.2.3' });
    expect(a.client).not.toEqual(b.client);
  }, 300_000);
});

describe.skipIf(!isLocal('rabbitmq'))('lines of a server’s configuration', () => {
  it('are in the server that was started for their side, and leave the other as it was', async () => {
    const { a, b } = await sides(
      await ab('rabbitmq', 'same', 'config.max_message_size=1000', { own: true, args: ['--server', 'local'] }),
    );
    expect(a.url).not.toBe(b.url);
    expect(JSON.stringify(b.provenance)).toContain('max_message_size');
    expect(JSON.stringify(a.provenance)).not.toContain('max_message_size');
  }, 300_000);

  it('are kept by the server itself: what they forbid, it refuses', async () => {
    const { code, stderr } = await ab('rabbitmq', 'same', 'config.max_message_size=50', {
      own: true,
      args: ['--server', 'local'],
    });
    expect(code, stderr).toBe(6);
    expect(stderr).toMatch(/max(imum)? size|larger than|max_message_size/i);
  }, 300_000);
});

describe.skipIf(!has('rabbitmq'))('an image', () => {
  it('needs an engine, and says so where there is none', async ({ skip }) => {
    skip((await missingEngine()) === undefined, 'Docker answers');
    const { code, stderr } = await ab('rabbitmq', 'same', 'image=rabbitmq:4', { own: true });
    expect(code, stderr).toBe(6);
    expect(stderr).toMatch(/Docker/);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});
