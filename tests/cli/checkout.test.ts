/** A base that is a git ref: checked out, prepared, measured, and gone again however the command ends. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSession } from '../../src/ab/record.js';
import { packageRoot } from '../../src/root.js';
import { faultyAdapter } from '../fixtures/faulty-adapter.js';
import { type Finished, Mqbench } from './mqbench.js';
import { Descendants } from './processes.js';

const scenario = (description: string): string => `
name: small
description: ${description}
targets: [memory]
consumers: 1
sizes: [100B]
messages: 1000
warmup: 0s
drain: 1s
pause: 0s
`;

let home: string;
/** Not the top of the repository: the same folder has to be found in the checkout. */
let folder: string;
let temporary: string;
const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'mqbench-checkout-'));
  folder = join(home, 'repository', 'messaging');
  temporary = join(home, 'tmp');
  mkdirSync(folder, { recursive: true });
  mkdirSync(temporary);
  git('init', '--quiet', '..');
  const memory = pathToFileURL(join(packageRoot, 'dist', 'brokers', 'memory', 'index.js')).href;
  writeFileSync(
    join(folder, 'adapter.mjs'),
    `import { memory } from ${JSON.stringify(memory)};\nexport default { ...memory, id: 'own' };\n`,
  );
  writeFileSync(join(folder, 'small.yaml'), scenario('as it was'));
  git('add', '.');
  git('commit', '--quiet', '--message', 'good');
  git('tag', 'good');
  // What is in the working folder loses a message, and is not committed.
  copyFileSync(fileURLToPath(faultyAdapter('drop', 10)), join(folder, 'adapter.mjs'));
  writeFileSync(join(folder, 'small.yaml'), scenario('as it is'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const start = (base: string, out: string, env: Record<string, string> = {}): Mqbench =>
  new Mqbench(
    ['check', '--base', base, '--with', 'adapter=./adapter.mjs', '--scenario', 'small.yaml', '--json', '--out', out],
    { cwd: folder, env: { GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '', TMPDIR: temporary, ...env } },
  );
const check = (base: string, out: string): Promise<Finished> => start(base, out).finished;

/** What git and the folder for temporary files still have of a checkout. */
function leftOver(): string[] {
  const worktrees = git('worktree', 'list', '--porcelain').match(/^worktree .*/gm) ?? [];
  return [...worktrees.slice(1), ...readdirSync(temporary)];
}

describe('a base that is a git ref', () => {
  it('is measured as it was committed: adapter, scenario file and all', async () => {
    const out = join(home, 'works');
    const { code, stdout, stderr } = await check('ref=good', out);
    expect(code, stderr).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ gate: 'fail' });
    const { comparison } = (await readSession(out))!;
    expect([comparison.a, comparison.b].map((result) => result.scenario.description)).toEqual([
      'as it was',
      'as it is',
    ]);
    expect([comparison.a, comparison.b].map((result) => result.targets[0]?.adapter)).toEqual(['own', 'faulty']);
    const failed = comparison.cells.flatMap(({ problems }) => problems.filter(({ kind }) => kind === 'failed'));
    expect(failed.map(({ side }) => side)).toEqual(['B']);
    expect(leftOver()).toEqual([]);
  });

  it.each([
    ['that there is none of', 'ref=no-such-ref', /no-such-ref/],
    [
      'that does not build',
      'ref=good,prepare=echo cannot link >&2; exit 9',
      /"echo cannot link >&2; exit 9" ended with 9/,
    ],
  ])('%s ends with 5, and leaves nothing but that', async (_, base, says) => {
    const out = join(home, 'none');
    const { code, stdout, stderr } = await check(base, out);
    expect(code, stderr).toBe(5);
    expect(stderr).toMatch(says);
    expect(stdout).toBe('');
    expect(readdirSync(out).sort()).toEqual(['junit.xml', 'summary.md']);
    expect(readFileSync(join(out, 'summary.md'), 'utf8')).toMatch(/^# mqbench: Gate: error\n/);
    expect(leftOver()).toEqual([]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const)('is gone after %s while it is prepared, and so is what prepared it', async (signal, expected) => {
    const begun = join(home, `begun-${signal}`);
    const out = join(home, `out-${signal}`);
    // A shell that waits for a process of its own.
    const command = start('ref=good,prepare=touch "$BEGUN"; sleep 300; true', out, { BEGUN: begun });
    const descendants = new Descendants(command.child.pid ?? 0);
    await expect.poll(() => existsSync(begun), { timeout: 30_000 }).toBe(true);
    await expect.poll(() => descendants.look().some((line) => line.startsWith('sleep 300'))).toBe(true);
    expect(leftOver()).not.toEqual([]);
    command.child.kill(signal);
    const exited = command.finished;
    expect(await descendants.gone(10_000), command.stderr).toEqual([]);
    expect((await exited).code, command.stderr).toBe(expected);
    expect(leftOver()).toEqual([]);
    expect(existsSync(out)).toBe(false);
  });
});
