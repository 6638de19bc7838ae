/** The npm package as a stranger gets it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot, packageVersion } from '../src/root.js';

const minutes = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'mqbench-package-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(command: string, args: readonly string[], cwd = folder): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 5 * minutes });
  expect(status, `${command} ${args.join(' ')}\n${stdout}\n${stderr}`).toBe(0);
  return stdout;
}

describe('the packed tarball', () => {
  let files: string[] = [];

  beforeAll(() => {
    const packed = run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], packageRoot);
    const [tarball] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
    files = tarball.files.map(({ path }) => path);
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, tarball.filename)]);
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
});
