import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot, packageVersion } from '../../src/root.js';
import type { Plan } from '../../src/scenario/types.js';

const cli = join(packageRoot, 'dist', 'cli.js');
const folder = mkdtempSync(join(tmpdir(), 'mqbench-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function mqbench(args: readonly string[], env: NodeJS.ProcessEnv = {}): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    encoding: 'utf8',
    cwd: packageRoot,
    env: { ...process.env, ...env },
    timeout: 180_000,
  });
  return { code: status, out: stdout, err: stderr };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('help', () => {
  it('goes to stdout, names every command, and loads no broker client and no schema library', () => {
    // Imports happen on demand: whatever a plain --help reads beyond commander makes every call slower.
    const loader = file(
      'loader.mjs',
      `import { appendFileSync } from 'node:fs';
       export async function load(url, context, next) {
         appendFileSync(process.env.TRACE, url + '\\n');
         return next(url, context);
       }`,
    );
    const hook = file(
      'hook.mjs',
      `import { register } from 'node:module'; register(${JSON.stringify(pathToFileURL(loader))});`,
    );
    const trace = file('trace', '');
    const { code, out } = mqbench(['--help'], { NODE_OPTIONS: `--import=${hook}`, TRACE: trace });
    expect(code).toBe(0);
    for (const command of ['run', 'report', 'brokers', 'list', 'validate'])
      expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
    const loaded = readFileSync(trace, 'utf8');
    expect(loaded).toContain('node_modules/commander/');
    expect(loaded).not.toMatch(/node_modules\/(?!commander|picocolors)/);
  });

  it('of a command names its flags', () => {
    const { code, out } = mqbench(['run', '--help']);
    expect(code).toBe(0);
    for (const flag of ['target', 'messages', 'duration', 'size', 'producers', 'consumers', 'repetitions', 'rate'])
      expect(out).toContain(`--${flag} <`);
    for (const flag of ['guarantee', 'seed', 'warmup', 'out', 'server', 'url']) expect(out).toContain(`--${flag} <`);
    for (const flag of ['quick', 'dry-run', 'json', 'allow-missing']) expect(out).toContain(`--${flag} `);
  });

  it('prints the version', () => {
    expect(mqbench(['--version'])).toEqual({ code: 0, out: `${packageVersion()}\n`, err: '' });
  });

  it('without a command is a usage error, on stderr', () => {
    const { code, out, err } = mqbench([]);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain('Usage: mqbench');
  });
});

describe('usage errors', () => {
  it.each([
    [['rnu'], "Unknown command 'rnu'", 'Did you mean run?'],
    [['run', '--targt', 'kafka'], "Unknown option '--targt'", 'Did you mean --target?'],
    [['brokers', 'dwon'], "Unknown command 'dwon'", 'Did you mean down?'],
    [['run', '--server', 'docker'], 'Allowed choices are auto, endpoint, compose, local', 'run --help'],
    [['run', '--messages'], 'argument missing', 'run --help'],
    [['validate'], "Missing required argument 'file'", 'validate --help'],
    [['run', 'latancy', '--dry-run'], 'There is no scenario "latancy"', 'Did you mean "latency"?'],
    [['run', '--dry-run', '--target', 'rabitmq'], 'no target "rabitmq"', 'did you mean "rabbitmq"?'],
    [['run', '--dry-run', '--url', 'amqp://a:b@c'], 'An address needs the target', '--url target=address'],
    [['run', '--dry-run', '--url', 'kafak=kafka://c'], 'No target "kafak"', 'did you mean "kafka"?'],
  ])('%j', (args, message, hint) => {
    const { code, out, err } = mqbench(args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/^mqbench: /);
    expect(err).toContain(message);
    expect(err).toContain(hint);
    expect(err).not.toMatch(/^\s+at /m);
    expect(err).not.toContain('a:b@');
  });
});

describe('list', () => {
  it('shows scenarios, targets and what adapters can do', () => {
    const { code, out, err } = mqbench(['list']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/round-robin +rabbitmq, kafka, activemq +How many messages/);
    expect(out).toMatch(/activemq +stomp +Apache ActiveMQ/);
    expect(out).toMatch(/kafka +kafkajs 2\S+ +at-most-once, at-least-once.* by partition +no/);
  });

  it('as JSON says the same for machines', () => {
    const { out } = mqbench(['list', '--json']);
    const listed = JSON.parse(out) as {
      scenarios: { name: string }[];
      targets: { name: string }[];
      adapters: { id: string; capabilities: { maxBodyBytes: number } }[];
    };
    expect(listed.scenarios.map(({ name }) => name)).toEqual(expect.arrayContaining(['latency', 'round-robin']));
    expect(listed.targets.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['rabbitmq', 'kafka', 'activemq', 'memory', 'rabbitmq-quorum', 'activemq-artemis']),
    );
    expect(listed.adapters.map(({ id }) => id)).toEqual(['rabbitmq', 'kafka', 'stomp', 'memory']);
    for (const { capabilities } of listed.adapters) expect(capabilities.maxBodyBytes).toBeGreaterThan(1_000_000);
  });
});

describe('validate', () => {
  it('is content with the shipped scenarios', () => {
    const { code, out, err } = mqbench(['validate', 'round-robin', 'scenarios/latency.yaml']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe('round-robin: good; 9 cells, 29 runs\nscenarios/latency.yaml: good; 3 cells, 11 runs\n');
  });

  it('tells the mistakes of all files with their places', () => {
    const one = file('one.yaml', 'name: one\ntargets: [kafak]\nsizes: [1KB]\nmessages: 0\n');
    const two = file('two.yaml', 'name: two\nname: two\ntargets: [kafka]\nsizes: [1KB]\nmessages: 5\n');
    const { code, out, err } = mqbench(['validate', one, 'latency', two, folder]);
    expect(code).toBe(2);
    expect(out).toContain('latency: good');
    expect(err).toContain(`mqbench: ${one} has 2 mistakes.`);
    expect(err).toContain(`  ${one}:2:11 targets[0]: there is no target "kafak" (did you mean "kafka"?)`);
    expect(err).toContain(`  ${one}:4:11 messages: 0 is too small (allowed: 1 to 1,000,000,000)`);
    expect(err).toContain(`  ${two}:2:1: this key stands here twice`);
    expect(err).toContain(`mqbench: A folder is not a scenario file.\n  where: ${folder}\n  hint: `);
  });
});

describe('run --dry-run', () => {
  it('prints the plan as tables', () => {
    const { code, out, err } = mqbench(['run', '--dry-run', '--target', 'kafka', '--size', '100B', '--quick']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/Plan of round-robin: 1 cell, 2 runs, roughly \d+ seconds \(a guess/);
    expect(out).toContain('FIRST LOOK');
    expect(out).toMatch(/^ +1 {2}kafka +100B +discarded/m);
    expect(out).toMatch(/^ +2 {2}kafka +100B +1$/m);
  });

  it('prints the same plan as JSON', () => {
    const { code, out } = mqbench(['run', 'latency', '--dry-run', '--json', '--seed', '5', '--repetitions', '2']);
    expect(code).toBe(0);
    const plans = JSON.parse(out) as (Plan & { estimatedSeconds: number })[];
    expect(plans).toHaveLength(1);
    expect(plans[0]?.scenario).toMatchObject({ name: 'latency', seed: 5, repetitions: 2 });
    expect(plans[0]?.runs).toHaveLength(2 + 2 * 3);
    expect(plans[0]?.estimatedSeconds).toBeGreaterThan(60);
  });

  it('says why cells are left out, and fails when none is left', () => {
    const { code, out } = mqbench(['run', '--dry-run', '--guarantee', 'replicated', '--target', 'activemq']);
    expect(code).toBe(2);
    expect(out).toMatch(/Left out:\n {2}activemq\/100B: \S/);
  });
});

describe('the process', () => {
  it('colours nothing in a pipe', () => {
    const { err } = mqbench(['rnu'], { CI: 'true' });
    expect(err).not.toContain('\u001b[');
  });

  it('survives a reader that goes away', async () => {
    const child = spawn(process.execPath, [cli, 'list', '--json'], {
      cwd: packageRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, err]).toEqual([0, '']);
  });
});
