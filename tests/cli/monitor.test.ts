/** `mqbench monitor` as a person or a script runs it, on one real broker. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { loadAdapter } from '../../src/brokers/registry.js';
import { Bench, eventually } from '../../src/contract/bench.js';
import type { TargetSample } from '../../src/monitor/sample.js';
import { openSource } from '../../src/monitor/source.js';
import { packageRoot } from '../../src/root.js';
import { addressOf } from '../fixtures/address-of.js';
import { type Finished, Mqbench } from './mqbench.js';
import { Screen } from './screen.js';

const server = inject('servers').rabbitmq;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-monitor-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const once = (args: readonly string[], env: Record<string, string> = {}): Promise<Finished> =>
  new Mqbench(['monitor', '--once', '--interval', '1s', ...args], { cwd: folder, env }).finished;

describe.skipIf('missing' in server)('mqbench monitor', () => {
  let bench: Bench;
  let name: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    if ('missing' in server) throw new Error(server.missing);
    const { endpoint } = server;
    const address = `${addressOf(endpoint)}?management=${encodeURIComponent(endpoint.managementUrl ?? '')}`;
    env = { MQBENCH_RABBITMQ_URL: address };
    bench = new Bench(await loadAdapter('rabbitmq'), endpoint);
    const [spec, other] = [await bench.destination(1), await bench.destination(1)];
    name = spec.name;
    await (await bench.producer(spec)).sendAll(7);
    // RabbitMQ refreshes its figures when it is time.
    const source = (await openSource({ adapter: 'rabbitmq', endpoint, ours: true }))!;
    await eventually('both queues are told', async () => {
      const { destinations } = await source.read({ exactly: [spec, other] });
      return destinations.length === 2 && destinations.some(({ ready }) => ready === 7);
    });
    await source.close();
  });
  afterAll(() => bench?.cleanUp());

  /** Nothing but the result on stdout, nothing on stderr, no password. */
  function expectClean({ code, stdout, stderr }: Finished): void {
    expect(code, stderr).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).not.toContain('missing' in server ? '' : server.endpoint.password);
  }

  it('--once --json is a line, with the queue that is looked for', async () => {
    const done = await once(['rabbitmq', '--json', '--filter', name], env);
    expectClean(done);
    const [line, ...rest] = done.stdout.split('\n');
    expect(rest).toEqual(['']);
    const { target, sample, error } = JSON.parse(line ?? '') as TargetSample;
    expect([target, error, sample?.product]).toEqual(['rabbitmq', undefined, 'RabbitMQ']);
    expect(sample?.destinations).toHaveLength(1);
    expect(sample?.destinations[0]).toMatchObject({ name, ready: 7, total: 7, counters: { in: 7 } });
  });

  it('--once --csv is a header and a row a queue', async () => {
    const done = await once(['rabbitmq', '--csv', '--filter', name], env);
    expectClean(done);
    const [header = '', row = '', ...rest] = done.stdout.split('\n');
    expect(rest).toEqual(['']);
    const cells = row.split(',');
    const cell = (column: string): string | undefined => cells[header.split(',').indexOf(column)];
    expect(['target', 'destination', 'ready', 'in_total'].map(cell)).toEqual(['"rabbitmq"', `"${name}"`, '7', '7']);
    expect(cell('memory_alarm')).toBe('false');
  });

  it('--once is a table of 80 columns where it is piped, of every broker that is named anywhere', async () => {
    const done = await once(['--server', 'endpoint', '--filter', name], env);
    expectClean(done);
    const lines = done.stdout.split('\n');
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(80);
    expect(done.stdout).not.toContain('\u001b');
    expect(lines[0]).toMatch(/^rabbitmq {2}\d\d:\d\d:\d\d UTC {2}RabbitMQ \S+ {2}from its management API$/);
    expect(done.stdout).toMatch(/ node \S+@\S+ [^]* memory \S+ of \S+/);
    expect(done.stdout).toMatch(/^ +QUEUE +STATE +READY +UNACK +TOTAL +IN\/s +OUT\/s +ACK\/s +CONS +MEMORY$/m);
    const tail = name.slice(-5);
    expect(lines.find((line) => line.includes(tail))).toMatch(/ (running|idle) +7 +0 +7 /);
    const filtered = await once(['rabbitmq', '--filter', 'nothing-is-called-so'], env);
    expectClean(filtered);
    expect(filtered.stdout).toContain('no destinations that fit');
  });

  it('goes on until Ctrl-C, a table after the other, and serves what it sees to Prometheus', async () => {
    const args = ['monitor', 'rabbitmq', '--interval', '300ms', '--filter', name, '--prometheus', '0'];
    const command = new Mqbench(args, { cwd: folder, env });
    await command.says(/metrics for Prometheus: \S+\n/);
    const url = /metrics for Prometheus: (\S+)/.exec(command.stderr)?.[1] ?? '';
    let page = '';
    await eventually('it is scraped', async () => {
      page = await (await fetch(url)).text();
      return page.includes('mqbench_broker_up{target="rabbitmq"} 1\n');
    });
    const of = `{target="rabbitmq",kind="queue",destination="${name}",vhost=""}`;
    expect(page).toContain(`mqbench_destination_messages_ready${of} 7\n`);
    expect(page).toContain(`mqbench_destination_messages_published_total${of} 7\n`);
    await eventually('another table', () => command.stdout.split('from its management API').length > 3);
    command.child.kill('SIGINT');
    expect((await command.finished).code).toBe(130);
    await expect(fetch(url)).rejects.toThrow();
    expect(await command.gone(10_000)).toEqual([]);
  });

  it('looks every 5 seconds where nobody says otherwise', { timeout: 120_000 }, async () => {
    const command = new Mqbench(['monitor', 'rabbitmq', '--json', '--filter', name], { cwd: folder, env });
    await eventually('two lines', () => command.stdout.split('\n').length > 2, 90_000);
    command.child.kill('SIGINT');
    await command.finished;
    const [first = NaN, second = NaN] = command.stdout
      .split('\n', 2)
      .map((line) => Date.parse((JSON.parse(line) as TargetSample).at));
    // On the beat, however long a look took; a busy machine makes it longer.
    expect((second - first) / 1000).toBeGreaterThan(4);
    const help = await new Mqbench(['monitor', '--help'], { cwd: folder }).finished;
    expect(help.stdout).toMatch(/--interval[^-]*default: "5s"/);
  });

  it.skipIf(!existsSync('/usr/bin/script'))('redraws in place on a terminal of 80 columns', async () => {
    // `script` gives it a terminal, and passes on what is written there.
    const cli = [process.execPath, join(packageRoot, 'dist', 'cli.js'), 'monitor', 'rabbitmq', '--interval', '300ms'];
    const quoted = cli.map((word) => `'${word}'`).join(' ');
    const child = spawn('/usr/bin/script', ['-qec', `stty cols 80 rows 24 && exec ${quoted}`, '/dev/null'], {
      cwd: folder,
      env: { ...process.env, ...env, TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const closed = new Promise((resolve) => child.once('close', resolve));
    let written = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (written += text));
    const head = 'from its management API';
    try {
      await eventually('it is drawn again and again', () => written.split(head).length > 4);
    } finally {
      // As Ctrl-C does.
      child.stdin.write('\u0003');
      await closed;
    }
    const screen = new Screen(80);
    screen.write(written);
    expect(screen.lines.filter((line) => line.includes(head))).toHaveLength(1);
    expect(screen.lines[0]).toMatch(/^rabbitmq {2}\d\d:\d\d:\d\d UTC/);
    expect(screen.lines.filter((line) => line.includes('QUEUE'))).toHaveLength(1);
    expect(screen.lines.some((line) => line.includes(name.slice(-5)))).toBe(true);
    expect(screen.wrapped).toBe(0);
    expect(screen.unknown).toEqual([]);
  });

  it('says in a line what is wrong with a broker, and ends with 6 where none answers', async () => {
    const gone = await once(['rabbitmq', '--json'], { MQBENCH_RABBITMQ_URL: 'amqp://me:do-not-print-me@127.0.0.1:1' });
    expect(gone.code).toBe(6);
    expect((JSON.parse(gone.stdout) as TargetSample).error).toMatch(/management API does not answer/);
    expect(gone.stdout + gone.stderr).not.toContain('do-not-print-me');
    const both = await once(['--json', '--csv']);
    expect([both.code, both.stdout]).toEqual([2, '']);
    expect(both.stderr).toMatch(/either JSON or CSV/);
  });
});

it.each([
  { what: 'JSON', format: ['--json'] },
  { what: 'CSV', format: ['--csv'] },
  { what: 'tables', format: [] },
])('ends when nobody reads its $what any more', async ({ format }) => {
  // Whether the broker answers or not.
  const env = { MQBENCH_RABBITMQ_URL: 'amqp://127.0.0.1:1', MQBENCH_KAFKA_URL: 'kafka://127.0.0.1:1' };
  const monitor = new Mqbench(['monitor', 'rabbitmq', 'kafka', '--interval', '200ms', ...format], { cwd: folder, env });
  await eventually('it tells something', () => monitor.stdout.includes('\n'));
  monitor.child.stdout?.destroy();
  const { code, stderr } = await monitor.finished;
  expect(code).toBe(0);
  expect(stderr).toBe('');
});
