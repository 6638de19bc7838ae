/** The gate end to end on the embedded broker. Speeds are never asserted: only how a command ends and what it leaves. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSession } from '../../src/ab/record.js';
import { answerCode } from '../../src/check/gate.js';
import { readAllProgress } from '../../src/results/progress.js';
import { faultyAdapter } from '../fixtures/faulty-adapter.js';
import { shortScenario } from '../fixtures/short-scenario.js';
import { type Finished, Mqbench } from './mqbench.js';

const scenario = shortScenario('small');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-gate-'));
  writeFileSync(join(folder, 'small.yaml'), scenario);
  writeFileSync(join(folder, 'two.yaml'), scenario.replace('[memory]', '[memory, {name: memory-2, base: memory}]'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A git repository of which the last commit and the working folder differ. */
function repository(): string {
  const at = mkdtempSync(join(folder, 'repository-'));
  const git = (...args: string[]): void => {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
    execFileSync('git', [...identity, ...args], { cwd: at, stdio: 'ignore' });
  };
  writeFileSync(join(at, 'small.yaml'), scenario);
  writeFileSync(join(at, 'changed.yaml'), scenario.replace('consumers: 1', 'consumers: 4'));
  writeFileSync(join(at, 'broken.yaml'), `${scenario.replace('100B', 'x')}prefetch: -1\n`);
  git('init');
  git('add', '.');
  git('commit', '--message', 'before');
  writeFileSync(join(at, 'changed.yaml'), scenario);
  writeFileSync(join(at, 'broken.yaml'), scenario);
  return at;
}

const run = (args: string[], env: Record<string, string> = {}): Promise<Finished> =>
  new Mqbench(args, { cwd: folder, env: { GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '', ...env } }).finished;
const small = ['--scenario', 'small.yaml', '--pairs', '7'];
// At its fixed rate throughput alone is no gate unless somebody says so.
const onRate = ['--gate', 'throughput'];
const gated = [...small, ...onRate];

describe('the gate on the embedded broker', () => {
  it('of the same against itself never fails the build, and leaves all that a build needs', async () => {
    const summary = join(folder, 'step.md');
    const out = join(folder, 'same');
    const { code, stdout, stderr } = await run(
      ['check', '--base', 'same', ...gated, '--margin', 'throughput=90%', '--out', out],
      {
        GITHUB_ACTIONS: 'true',
        GITHUB_STEP_SUMMARY: summary,
      },
    );
    // Undecided where the machine is too busy to say; anything else is a fault.
    expect([0, 4], stderr).toContain(code);
    expect(stdout).toContain(code === 0 ? 'Gate: pass' : 'Gate: undecided');
    expect(stderr).toMatch(/^::(notice|warning) title=mqbench memory\/100B::/m);
    for (const file of ['ab.json', 'summary.md', 'junit.xml', 'report.html', 'a/result.json', 'b/samples.csv'])
      expect(existsSync(join(out, file)), file).toBe(true);
    expect(readFileSync(summary, 'utf8')).toBe(readFileSync(join(out, 'summary.md'), 'utf8'));

    const session = (await readSession(out))!;
    // On a machine too busy for a pair that can be used there is no ratio to draw.
    const drawn = session.comparison.cells.some(({ metrics }) => metrics.some(({ a }) => a.length > 0));
    expect(existsSync(join(out, 'plots', 'ratios.png'))).toBe(drawn);
    const pairs = session.comparison.a.runs.length;
    expect(pairs).toBe(session.comparison.b.runs.length);
    expect(session.record.order).toHaveLength(pairs);
    const again = await run(['compare', out, '--json', '--out', join(folder, 'again')]);
    // On a machine too busy for pairs that can be used there is no answer.
    expect(again.code).toBe(answerCode(session.comparison));
    expect(
      (JSON.parse(again.stdout) as { comparisons: { cells: { cell: string }[] }[] }).comparisons[0]!.cells[0]!.cell,
    ).toBe('memory/100B');
  }, 300_000);

  it('fails with 3 at once when the candidate loses a message, however fast it is', async () => {
    const lossy = faultyAdapter('drop', 10);
    const { code, stdout } = await run([
      'check',
      '--base',
      'same',
      '--candidate',
      `adapter=${new URL(lossy).pathname}`,
      ...gated,
      '--json',
      '--out',
      join(folder, 'lossy'),
    ]);
    expect(code).toBe(3);
    const told = JSON.parse(stdout) as { gate: string; cells: { problems: { kind: string }[] }[] };
    expect(told.gate).toBe('fail');
    // Beside runs that a busy machine made unusable.
    expect(told.cells.flatMap(({ problems }) => problems.map(({ kind }) => kind))).toContain('failed');
    // And so does whoever judges its folder again.
    const again = await run(['compare', join(folder, 'lossy'), '--json', '--out', join(folder, 'lossy again')]);
    expect(again.code).toBe(3);
  });

  it('ends with 6 when a worker dies', async () => {
    const deadly = faultyAdapter('die', 10);
    const { code } = await run([
      'check',
      '--base',
      'same',
      '--candidate',
      `adapter=${new URL(deadly).pathname}`,
      ...gated,
      '--out',
      join(folder, 'deadly'),
    ]);
    expect(code).toBe(6);
  });
});

describe('a session that is killed', () => {
  it('says meanwhile how far it is, and leaves what was measured, marked partial, and nothing else', async () => {
    const out = join(folder, 'killed');
    const temporary = join(folder, 'killed tmp');
    mkdirSync(temporary);
    const command = new Mqbench(['ab', 'same', 'same', ...small, '--out', out], {
      cwd: folder,
      env: { TMPDIR: temporary },
    });
    // Its first pair is stored when the second is done.
    await command.says(/^pair 2 /m);
    const [progress] = await readAllProgress(folder);
    expect(progress?.ended.map(({ cell, repetition }) => [cell, repetition])).toContainEqual(['memory/100B', 1]);
    expect(progress?.ended[0]?.outcome).toMatch(/^A [\d,]+ messages\/s, .*; B [\d,]+ messages\/s, /);
    expect(progress?.stage).toMatch(/^memory\/100B, side [AB], pair \d: |^pause$/);
    command.child.kill('SIGKILL');
    await command.finished;
    expect(await command.gone(10_000)).toEqual([]);
    await expect.poll(() => existsSync(out), { timeout: 10_000 }).toBe(true);
    const { record, comparison } = (await readSession(out))!;
    expect(record.partialReason).toMatch(/killed .* after \d pairs?/);
    // The kill may fall between the session's three files, so that one tells of a pair more than the other.
    expect(comparison.b.partial).toBe(true);
    expect(comparison.b.partialReason).toMatch(/killed .* after \d pairs?/);
    expect(comparison.b.runs.length).toBeGreaterThan(0);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe('what cannot be judged ends with its code', () => {
  it.concurrent.for([
    [5, ['check']],
    [5, ['check', '--baseline', 'nothing.json']],
    [5, ['baseline', 'show']],
    [5, ['check', '--base', 'no-such-ref']],
    [5, ['check', '--base', 'prepare=exit 9', ...gated]],
    [6, ['check', '--base', 'same', '--candidate', 'prepare=exit 9', ...gated]],
    [6, ['ab', 'same', 'prepare=exit 9', ...small]],
    [2, ['ab', 'same', 'options.nope=1', ...small]],
    [2, ['check', '--base', 'same', '--pairs', '6']],
    [2, ['check', '--base', 'same', '--margin', 'throughput=200%']],
    [2, ['check', '--base', 'same', '--baseline', 'x']],
    [2, ['check', '--self-test', '--base', 'no-such-ref', ...gated]],
    [2, ['check', '--self-test', '--baseline', 'x', ...gated]],
    [2, ['check', '--self-test', '--out', '.', ...gated]],
    [2, ['compare', 'one']],
    [2, ['compare', 'one', 'two']],
    [2, ['baseline', 'save', 'nothing']],
    [2, ['noise', '--pairs', '3']],
    // What the gate would judge is not the same on both sides, or not there at all.
    [5, ['check', '--base', 'target=memory', '--scenario', 'two.yaml', ...onRate]],
    [2, ['check', '--base', 'same', '--scenario', 'backlog', '--target', 'memory', '--gate', 'p99']],
    [2, ['check', '--base', 'same', ...small]],
    // Before an hour of building is spent on it.
    [2, ['check', '--base', 'prepare=exit 9,adapter=./none.js', '--scenario', 'two.yaml', ...onRate]],
    [5, ['check', '--base', 'client=./none', '--target', 'rabbitmq']],
    [6, ['check', '--base', 'same', '--candidate', 'client=./none', '--target', 'rabbitmq']],
  ] as const)('%i: %j', async ([expected, args], { expect: expects }) => {
    const { code, stdout, stderr } = await run([...args]);
    expects(code, stderr).toBe(expected);
    expects(stdout).toBe('');
    expects(stderr).toMatch(/^mqbench: /m);
    expects(stderr).not.toMatch(/^ +at /m);
  });

  it.concurrent.for([
    [
      'another question',
      ['--base', 'HEAD', '--scenario', 'changed.yaml', ...onRate],
      /scenario consumers was 4 and is 1/,
    ],
    ['mistakes, each of them', ['--base', 'HEAD', '--scenario', 'broken.yaml', ...onRate], /sizes.*\n.*prefetch/],
    ['no such adapter', ['--base', 'ref=HEAD,adapter=./none.js', ...gated], /no adapter file/],
  ] as const)('a base of another commit with %s', async ([, args, says], { expect: expects }) => {
    const { code, stdout, stderr } = await new Mqbench(['check', ...args], { cwd: repository() }).finished;
    expects(code, stderr).toBe(5);
    expects(stderr).toMatch(says);
    expects(stdout).toBe('');
  });

  it('a baseline that was edited is refused', async () => {
    mkdirSync(join(folder, '.mqbench'), { recursive: true });
    writeFileSync(join(folder, '.mqbench', 'baseline.json'), '{"schema":"mqbench.baseline","version":1}');
    const { code, stderr } = await run(['check']);
    expect(code).toBe(5);
    expect(stderr).toMatch(/baseline/);
    rmSync(join(folder, '.mqbench'), { recursive: true });
  });
});
