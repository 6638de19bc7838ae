/** The npm package as a stranger gets it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../examples/nats/server.js';
import { readResult } from '../src/results/store.js';
import { packageRoot, packageVersion } from '../src/root.js';
import { addressOf } from './fixtures/address-of.js';

const minutes = 60_000;
const isLong = process.env['MQBENCH_TEST_LONG'] === '1';
const folder = mkdtempSync(join(tmpdir(), 'mqbench-package-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(command: string, args: readonly string[], cwd = folder, env: Record<string, string> = {}): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: 5 * minutes,
    env: { ...process.env, ...env },
  });
  expect(status, `${command} ${args.join(' ')}\n${stdout}\n${stderr}`).toBe(0);
  return stdout;
}

/** What the author of an adapter installs beside mqbench, in the versions that are tested here. */
const { devDependencies } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
  devDependencies: Record<string, string>;
};
const beside = ['vitest', '@types/node', '@nats-io/jetstream', '@nats-io/transport-node'].map(
  (name) => `${name}@${devDependencies[name] ?? ''}`,
);

describe('the packed tarball', () => {
  let files: string[] = [];

  beforeAll(() => {
    const packed = run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], packageRoot);
    const [tarball] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
    files = tarball.files.map(({ path }) => path);
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, tarball.filename), ...beside]);
  }, 6 * minutes);

  it('holds what mqbench needs to run, and no more', () => {
    const kinds = new Set(files.map((path) => (path.includes('/') ? `${path.split('/')[0]}/` : path)));
    expect([...kinds].sort()).toEqual(
      ['LICENSE', 'README.md', 'assets/', 'dist/', 'docker-compose.yml', 'package.json', 'scenarios/'].sort(),
    );
    expect(
      files.filter((path) => !/\.(js|d\.ts|json|yaml|yml|xml|conf|properties|md)$|LICENSE|enabled_plugins/.test(path)),
    ).toEqual([]);
    expect(files).toContain('dist/schemas/scenario.json');
  });

  it('runs in an empty folder', { timeout: 5 * minutes }, () => {
    expect(run('npx', ['mqbench', '--version']).trim()).toBe(packageVersion());
    run('npx', [
      'mqbench',
      ...'run --target memory --size 100B --messages 1000 --repetitions 1 --warmup 0s --out out'.split(' '),
    ]);
    expect(readdirSync(join(folder, 'out'))).toContain('report.html');
  });

  it('brings its schema for the scenario that init writes', () => {
    expect(run('npx', ['mqbench', 'init'])).toContain('Wrote scenario.yaml');
    expect(run('head', ['-1', 'scenario.yaml'])).toBe(
      '# yaml-language-server: $schema=./node_modules/mqbench/dist/schemas/scenario.json\n',
    );
    run('npx', ['mqbench', 'validate', 'scenario.yaml']);
  });

  it('exports what an adapter needs', () => {
    const program =
      "import { BrokerError, defineAdapter } from 'mqbench'; console.log(typeof BrokerError, typeof defineAdapter)";
    expect(run('node', ['--input-type=module', '-e', program]).trim()).toBe('function function');
  });

  describe('to the author of an adapter', () => {
    const adapter = join(folder, 'adapter');

    beforeAll(() => {
      cpSync(join(packageRoot, 'examples', 'nats'), adapter, {
        recursive: true,
        filter: (path) => !path.endsWith('dist') && !path.endsWith('tsconfig.json'),
      });
      const compilerOptions = {
        target: 'ES2023',
        module: 'NodeNext',
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: true,
        types: ['node'],
        outDir: 'dist',
      };
      writeFileSync(join(adapter, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
      run('node', [join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc'), '--project', adapter]);
    }, 2 * minutes);

    it('brings the contract suite, which runs there', { timeout: 5 * minutes }, () => {
      const report = join(folder, 'contract.json');
      const only = isLong ? [] : ['--testNamePattern', 'declarations|bodies'];
      const reporter = ['--reporter', 'json', '--outputFile', report];
      run('npx', ['vitest', 'run', 'adapter/dist/contract.test.js', ...reporter, ...only]);
      const { numPassedTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
        numPassedTests: number;
        testResults: readonly { assertionResults: readonly { title: string; status: string }[] }[];
      };
      const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
      // Where there is no nats-server, the example says so itself, and fails in CI.
      if (tests.length > 1) expect(numPassedTests).toBeGreaterThanOrEqual(8);
      else expect(tests[0]?.title).toContain('needs nats-server');
    });

    it('takes the adapter', { timeout: 5 * minutes }, async ({ skip }) => {
      const server = await startServer().catch((error: unknown) => String(error));
      if (typeof server === 'string') {
        if (process.env['CI']) throw new Error(server);
        return skip(server);
      }
      try {
        const options =
          '--adapter ./adapter/dist/index.js --target nats --size 100B --messages 1000 --consumers 1 --out nats';
        const env = { MQBENCH_NATS_URL: addressOf(server.endpoint) };
        run('npx', `mqbench run ${options} --repetitions 1 --warmup 0s`.split(' '), folder, env);
        const { targets, runs } = await readResult(join(folder, 'nats'));
        expect(targets).toMatchObject([{ name: 'nats', adapter: 'nats', product: 'NATS' }]);
        expect(runs).toMatchObject([{ delivery: { unique: 1_000, lost: 0 } }]);
      } finally {
        await server.stop();
      }
    });
  });
});
