/**
 * `npm run bench` must not rot: suites are started with counts so small that their figures say nothing, and nothing is
 * asked of these. With MQBENCH_TEST_LONG=1 all but the two that only run commands which other tests run (fresh, gates).
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { packageRoot } from '../../src/root.js';

const isLong = process.env['MQBENCH_TEST_LONG'] === '1';
const brokers = process.env['MQBENCH_TEST_BROKERS']?.split(',') ?? ['rabbitmq', 'kafka', 'activemq'];
const folder = mkdtempSync(join(tmpdir(), 'mqbench-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  // Types are checked by `npm run typecheck`; here it has to run.
  execFileSync(join(packageRoot, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.bench.json', '--noCheck'], {
    cwd: packageRoot,
  });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly cwd: string;
}

let runs = 0;
async function bench(...args: readonly string[]): Promise<Ended> {
  const cwd = join(folder, String(++runs));
  mkdirSync(cwd);
  const child = spawn(process.execPath, [join(packageRoot, 'dist-bench', 'main.js'), ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr, cwd };
}

const tiny = ['--pairs', '1', '--seconds', '1', '--warmup', '0.1'];

interface Case {
  readonly suite: string;
  readonly args: readonly string[];
  /** What it has to have printed at its end. */
  readonly says: RegExp;
  readonly always?: true;
}

const judged = /: (met|NOT met)\n$/;
const alone: readonly Case[] = [
  {
    suite: 'core',
    args: ['--target', 'memory', '--messages', '200000', ...tiny],
    says: /consumer, ns of CPU a message: \d[\s\S]*\n +1 +[\d,]+/,
    always: true,
  },
  { suite: 'gate-simulation', args: ['--pairs', '2'], says: /slowed to 0\.8 +bimodal +12 % .*\n$/, always: true },
  { suite: 'startup', args: ['--pairs', '1'], says: judged },
  { suite: 'rates', args: ['--target', 'memory', ...tiny], says: judged },
  { suite: 'sampling', args: ['--target', 'memory', ...tiny], says: judged },
  { suite: 'profile', args: ['--target', 'memory', ...tiny], says: /Profiles, .*consumer-3\.cpuprofile/ },
  { suite: 'latency', args: ['--target', 'memory', ...tiny], says: judged },
];
/** A run is judged from half a second on. */
const messages = { rabbitmq: '20000', kafka: '100000', activemq: '3000' } as const;
const onBrokers = (['rabbitmq', 'kafka', 'activemq'] as const).flatMap((broker) => [
  { suite: 'overhead', args: ['--target', broker, '--messages', messages[broker], ...tiny], says: judged, broker },
  { suite: 'peers', args: ['--target', broker, ...tiny], says: judged, broker },
]);
const suites = [...new Set([...alone, ...onBrokers].map(({ suite }) => suite)), 'fresh', 'gates'];

describe('npm run bench', () => {
  it('lists its suites', async () => {
    const { code, stderr } = await bench('none');
    expect(code).toBe(1);
    const listed = [...stderr.matchAll(/^ {2}([a-z-]+) {2,}\w/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual(suites.sort());
  });

  it('says which flag is wrong', async () => {
    const { code, stderr } = await bench('core', '--pairs', 'many');
    expect(code).toBe(1);
    expect(stderr).toContain('--pairs many');
  });

  async function starts({ suite, args, says, always }: Case, { expect: expects, skip }: TestContext): Promise<void> {
    skip(always !== true && !isLong, 'only with MQBENCH_TEST_LONG=1');
    const { code, stdout, stderr, cwd } = await bench(suite, ...args);
    expects(code, stderr).toBe(0);
    expects(stdout).toMatch(says);
    if (suite === 'gate-simulation')
      expects(readdirSync(join(cwd, 'docs', 'plots')).sort()).toEqual(
        ['json', 'png', 'svg'].map((kind) => `gate-simulation.${kind}`),
      );
  }

  it.concurrent.for(alone)('runs $suite $args', { timeout: 300_000 }, starts);

  // One after the other: each starts servers of its own.
  it.for(onBrokers)('runs $suite $args', { timeout: 600_000 }, async (asked, context) => {
    context.skip(!brokers.includes(asked.broker), `no ${asked.broker} in this test run`);
    await starts(asked, context);
  });
});
