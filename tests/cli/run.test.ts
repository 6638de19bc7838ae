/** `mqbench run` as a person runs it. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { baseServerIds, type BaseServerId } from '../../src/servers/provider.js';
import { readResult } from '../../src/results/store.js';
import { addressOf } from '../fixtures/address-of.js';
import { type Finished, Mqbench } from './mqbench.js';
import { Descendants } from './processes.js';

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
// Few consumers: each is a process to start, and none of this asks how many there are.
const short = '--messages 2000 --size 100B --consumers 2 --repetitions 1 --warmup 0s'.split(' ');

describe('several scenarios', () => {
  it('are run to the last, though the broker of the first is not there', async () => {
    const write = (name: string, target: string): string => {
      const file = join(folder, `${name}.yaml`);
      writeFileSync(
        file,
        `name: ${name}\ntargets: [${target}]\nsizes: [100B]\nmessages: 500\nconsumers: 1\nrepetitions: 1\nwarmup: 0s\n`,
      );
      return file;
    };
    const files = [
      write('first', '{name: gone, base: memory, url: "memory://127.0.0.1:1"}'),
      write('second', 'memory'),
    ];
    const { code, stdout, stderr } = await run(['run', ...files]);
    expect(code, stderr).toBe(6);
    expect(stderr).toMatch(/127\.0\.0\.1:1/);
    expect(stdout).toMatch(/500/);
    expect(readdirSync(join(folder, 'results')).filter((name) => name.includes('second'))).toHaveLength(1);
    expect(readdirSync(join(folder, 'results'))).toHaveLength(1);
  });
});

describe('lists of loads and payloads', () => {
  it('are cells of their own in result, tables and plots, and compared by their names', async () => {
    const file = join(folder, 'lists.yaml');
    writeFileSync(
      file,
      'name: lists\ntargets: [memory]\nsizes: [100B]\nmessages: 500\nconsumers: 1\nrepetitions: 1\nwarmup: 0s\npause: 0\n' +
        'payload: [zeros, text]\nload: [{inFlight: 50}, {rate: 900/s, arrivals: poisson}]\n' +
        'exclude: [{payload: text, load: {inFlight: 50}}]\n',
    );
    const out = newOut();
    const { code, stdout, stderr } = await run(['run', file, '--out', out]);
    expect(code, stderr).toBe(0);
    const { cells, runs, scenario } = await readResult(out);
    expect(cells.map(({ id }) => id)).toEqual([
      'memory/100B/payload=zeros,load=in-flight-50',
      'memory/100B/payload=zeros,load=900-per-second-poisson',
      'memory/100B/payload=text,load=900-per-second-poisson',
    ]);
    expect(scenario.named).toEqual({
      payload: { zeros: { kind: 'zeros' }, text: { kind: 'text' } },
      load: {
        'in-flight-50': { kind: 'closed', inFlight: 50 },
        '900-per-second-poisson': { kind: 'rate', perSecond: 900, arrivals: 'poisson' },
      },
    });
    for (const { cell, figures, delivery } of runs) {
      expect(delivery).toMatchObject({ sent: 500, unique: 500, corrupt: 0 });
      expect(figures?.targetRate === undefined).toBe(cell.includes('in-flight'));
    }
    expect(stdout).toMatch(/900 per second poisson/);
    const plot = readFileSync(join(out, 'plots', 'throughput-100B.vl.json'), 'utf8');
    for (const text of ['zeros, in flight', 'zeros, 900', 'text, 900'])
      expect(plot.replaceAll('\u00a0', ' ')).toContain(text);
    const compared = await run(['compare', out, out, '--json']);
    // So few messages may be over too soon to count.
    expect([0, 4], compared.stderr).toContain(compared.code);
    expect(compared.stdout).toContain('payload=text,load=900-per-second-poisson');
  });
});

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
      ['run', '--target', there.join(','), '--server', 'endpoint', ...short, '--out', out],
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
  const endless = 'run --target memory --duration 60s --size 100B --consumers 2 --repetitions 1'.split(' ');
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
    const descendants = new Descendants(command.child.pid ?? 0);
    expect(descendants.look().length).toBeGreaterThan(0);
    command.child.kill('SIGKILL');
    expect(await descendants.gone(10_000)).toEqual([]);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
  it('of that kind before anything was measured leaves none of the folders it had made', async () => {
    // It never answers, so that nothing can be measured however long the signal takes.
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `memory://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const made = newOut();
    const command = start([...endless, '--url', `memory=${url}`, '--verbose', '--out', join(made, 'inside', 'out')]);
    await command.says(/which is named/);
    const descendants = new Descendants(command.child.pid ?? 0);
    expect(descendants.look().length).toBeGreaterThan(0);
    expect(existsSync(join(made, 'inside'))).toBe(true);
    command.child.kill('SIGKILL');
    expect(await descendants.gone(10_000)).toEqual([]);
    expect(existsSync(made)).toBe(false);
    silent.close();
  });
});
