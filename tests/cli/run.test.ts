/** `mqbench run` as a person runs it. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { baseServerIds, type BaseServerId } from '../../src/servers/provider.js';
import type { Endpoint } from '../../src/brokers/adapter.js';
import { readResult } from '../../src/results/store.js';
import { type Finished, Mqbench } from './mqbench.js';

const isLong = process.env['MQBENCH_TEST_LONG'] === '1';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let outs = 0;
const newOut = (): string => join(folder, `out-${++outs}`);
const start = (args: string[], env: Record<string, string> = {}): Mqbench => new Mqbench(args, { cwd: folder, env });
const run = (args: string[], env: Record<string, string> = {}): Promise<Finished> => start(args, env).finished;
const short = ['--messages', '2000', '--size', '100B', '--repetitions', '1', '--warmup', '0s'];

/** An address with its credentials, as a person writes it into MQBENCH_<TARGET>_URL. */
function addressOf({ url, username, password }: Endpoint): string {
  if (username === undefined || password === undefined) return url;
  return url.replace('://', `://${encodeURIComponent(username)}:${encodeURIComponent(password)}@`);
}

describe('a run that goes well', () => {
  it('prints tables on stdout and nothing else there, and leaves a whole result folder', async () => {
    const out = newOut();
    const command = start(['run', '--target', 'memory', ...short, '--out', out]);
    const { code, stdout, stderr } = await command.finished;
    expect(stderr).toMatch(/run 1\/1 {2}memory\/100B/);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Throughput/);
    expect(stdout).toMatch(/2,000/);
    expect(stdout).toContain(out);
    expect(stdout).not.toMatch(/\u001b\[/);
    expect(readdirSync(out).sort()).toEqual([
      'logs',
      'plots',
      'report.html',
      'result.json',
      'samples.csv',
      'summary.md',
    ]);
    expect(readdirSync(join(out, 'plots')).some((file) => /^throughput-100B\.png$/.test(file))).toBe(true);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(await command.gone(10_000)).toEqual([]);
  });
});

describe('all brokers', () => {
  it('do the same work in one run, at addresses that are named, and no secret is stored or printed', async () => {
    const servers = inject('servers');
    const there = baseServerIds.filter((id): id is BaseServerId => 'endpoint' in servers[id]);
    if (process.env['CI'] === 'true') expect(there).toEqual([...baseServerIds]);
    if (there.length === 0) return;
    const env: Record<string, string> = {};
    const secrets: string[] = [];
    for (const id of there) {
      const server = servers[id];
      if (!('endpoint' in server)) continue;
      env[`MQBENCH_${id.toUpperCase()}_URL`] = addressOf(server.endpoint);
      if (server.endpoint.password !== undefined) secrets.push(server.endpoint.password);
    }
    const out = newOut();
    const { code, stdout, stderr } = await run(
      ['run', '--target', there.join(','), '--server', 'endpoint', '--consumers', '2', ...short, '--out', out],
      env,
    );
    expect(stderr).not.toMatch(/warning/);
    expect(code).toBe(0);
    const result = await readResult(out);
    expect(result.runs.map((r) => [r.cell, r.delivery!.unique, r.delivery!.lost]).sort()).toEqual(
      there.map((id) => [`${id}/100B`, 2_000, 0]).sort(),
    );
    expect(result.targets.every((target) => target.confirmMeans !== '' && target.provider === 'endpoint')).toBe(true);
    const stored = JSON.stringify(result);
    for (const secret of secrets) for (const text of [stored, stdout, stderr]) expect(text).not.toContain(secret);
  });
});

describe('a broker that cannot be had', () => {
  it('is named with its address and what to do, within seconds, exit 6', async () => {
    const { code, stdout, stderr } = await run(['run', '--target', 'rabbitmq', ...short, '--out', newOut()], {
      MQBENCH_RABBITMQ_URL: 'amqp://someone:hunter2@127.0.0.1:9',
    });
    expect(code).toBe(6);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/127\.0\.0\.1:9/);
    expect(stderr).toMatch(/hint:/);
    expect(stderr).not.toMatch(/hunter2|^ +at /m);
  });

  it('is told apart from one that refuses the password', async () => {
    const rabbitmq = inject('servers').rabbitmq;
    if (!('endpoint' in rabbitmq)) return expect(process.env['CI']).not.toBe('true');
    const { code, stderr } = await run(['run', '--target', 'rabbitmq', ...short, '--out', newOut()], {
      MQBENCH_RABBITMQ_URL: addressOf({ ...rabbitmq.endpoint, username: 'someone', password: 'hunter2' }),
    });
    expect(code).toBe(6);
    expect(stderr).toMatch(/password|credentials|log ?in/i);
    expect(stderr).not.toMatch(/hunter2|^ +at /m);
  });

  it('is left out with --allow-missing, said first and last', async () => {
    const out = newOut();
    const { stdout, stderr } = await run(
      ['run', '--target', 'memory,rabbitmq', '--allow-missing', ...short, '--out', out],
      {
        MQBENCH_RABBITMQ_URL: 'amqp://127.0.0.1:9',
      },
    );
    expect(stderr).toMatch(/warning: rabbitmq/);
    expect(stdout.match(/! .*rabbitmq/g)?.length).toBeGreaterThanOrEqual(2);
    const result = await readResult(out);
    expect(result.missing.map((m) => m.target)).toEqual(['rabbitmq']);
    expect(result.runs.map((r) => r.cell)).toEqual(['memory/100B']);
  });
});

describe('a mistake', () => {
  it.each([
    [['run', '--mesages', '5'], /--messages/],
    [['run', '--size', '10B'], /40/],
    [['run', '--messages', '-5'], /messages/],
    [['run', 'latency', 'round-robin', '--out', 'x'], /--out/],
  ])('%j ends with 2, the nearest valid name and no stack trace', async (args, says) => {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('in a file is told with all others, each with its line', async () => {
    const file = join(folder, 'wrong.yaml');
    writeFileSync(
      file,
      'name: wrong\npattern: work-queue\ntargets: [rabitmq]\nconsumer: 4\nmessages: many\nsizes: [1KB]\n',
    );
    const { code, stderr } = await run(['run', file]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/wrong\.yaml:3:/);
    expect(stderr).toMatch(/wrong\.yaml:4:.*consumers/);
    expect(stderr).toMatch(/wrong\.yaml:5:/);
  });

  it('in the result folder does not cost a run', async () => {
    const out = newOut();
    writeFileSync(out, 'a file, not a folder');
    const { code, stderr } = await run(['run', '--target', 'memory', ...short, '--out', out]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--out/);
  });
});

describe('Ctrl-C', () => {
  const endless = ['run', '--target', 'memory', '--duration', '60s', '--size', '100B', '--repetitions', '1'];
  const measuring = /memory\/100B: measure$/m;

  it('in the measured part leaves a partial result that says so, and no process', async () => {
    const out = newOut();
    const command = start([...endless, '--warmup', '0s', '--verbose', '--out', out]);
    await command.says(measuring);
    command.child.kill('SIGINT');
    const { code, stdout, stderr } = await command.finished;
    expect(code, stderr).toBe(130);
    expect(stdout).toMatch(/partial/i);
    expect(await readResult(out)).toMatchObject({ partial: true, partialReason: 'interrupted' });
    expect(await command.gone(10_000)).toEqual([]);
  });

  it.each(isLong ? [100, 400, 800, 1_200, 2_000, 3_000] : [100, 1_200])(
    'after %i ms leaves nothing running and no half-written folder',
    async (ms) => {
      const out = newOut();
      const command = start([...endless, '--warmup', '2s', '--out', out]);
      await new Promise((resolve) => setTimeout(resolve, ms));
      command.child.kill('SIGINT');
      const { code } = await command.finished;
      expect([130, null]).toContain(code); // null: before Node had even installed its handler
      expect(await command.gone(10_000)).toEqual([]);
      if (existsSync(out)) expect(await readResult(out)).toMatchObject({ partial: true });
      if (code === 130) expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    },
  );

  it('of the hardest kind, SIGKILL, leaves no process after ten seconds', async () => {
    const command = start([...endless, '--warmup', '0s', '--verbose', '--out', newOut()]);
    await command.says(measuring);
    expect(command.left().length).toBeGreaterThan(0);
    command.child.kill('SIGKILL');
    expect(await command.gone(15_000)).toEqual([]);
    for (const name of readdirSync(folder).filter((n) => n.endsWith('.tmp')))
      rmSync(join(folder, name), { recursive: true });
  });
});
