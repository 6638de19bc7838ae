/**
 * What judges results, end to end on the embedded broker: a stored baseline, two results, and the noise of a machine.
 * At a rate that every machine keeps and with a wide margin, so that the word depends on what is judged and not on how
 * fast it is done. A machine that cannot keep even that has no word at all, and the test then says so.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saveBaseline } from '../../src/check/baseline.js';
import { readResult } from '../../src/results/store.js';
import { shortScenario } from '../fixtures/short-scenario.js';
import { type Finished, Mqbench } from './mqbench.js';

const isLong = process.env['MQBENCH_TEST_LONG'] === '1';

let folder: string;
const run = (...args: string[]): Promise<Finished> =>
  new Mqbench(args, { cwd: folder, env: { GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' } }).finished;
const asked = ['--scenario', 'steady.yaml', '--gate', 'throughput', '--margin', 'throughput=50%'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-judging-'));
  writeFileSync(join(folder, 'steady.yaml'), shortScenario('steady'));
  for (const out of ['before', 'after']) {
    const { code, stderr } = await run('run', 'steady.yaml', '--repetitions', '5', '--out', out);
    expect(code, stderr).toBe(0);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs that a busy machine made unusable leave nothing to judge. */
async function usable(...results: string[]): Promise<boolean> {
  const read = await Promise.all(results.map((name) => readResult(join(folder, name))));
  return read.every(({ runs }) => runs.every(({ verdict }) => verdict.status === 'ok'));
}

describe('two results', () => {
  it('of the same question are compared, and the first word is that they may be', async ({ skip }) => {
    skip(!(await usable('before', 'after')), 'the machine is too busy for 500 messages a second');
    const { code, stdout, stderr } = await run(
      'compare',
      'before',
      'after',
      '--margin',
      'throughput=50%',
      '--out',
      'both',
    );
    expect(code, stderr).toBe(0);
    expect(stdout.indexOf('May be compared: yes')).toBeGreaterThanOrEqual(0);
    expect(stdout.indexOf('May be compared')).toBeLessThan(stdout.indexOf('B compared with A'));
    for (const file of ['report.html', 'summary.md', 'plots/ratios.png'])
      expect(existsSync(join(folder, 'both', file)), file).toBe(true);
  });

  it('of another question end with 5, unless they are forced', async () => {
    const other = ['run', 'steady.yaml', '--messages', '400', '--repetitions', '1', '--out', 'other'];
    expect((await run(...other)).code).toBe(0);
    const refused = await run('compare', 'before', 'other', '--out', 'no');
    expect(refused.code).toBe(5);
    expect(refused.stderr).toMatch(/scenario|question/);
    expect(existsSync(join(folder, 'no'))).toBe(false);
    const forced = await run('compare', 'before', 'other', '--force', '--out', 'forced');
    expect([0, 4], forced.stderr).toContain(forced.code);
    expect(forced.stdout).toContain('May be compared: no');
  });
});

describe('a stored baseline', { timeout: 180_000 }, () => {
  beforeAll(async () => {
    const { code, stderr } = await run('baseline', 'save', 'before');
    expect([0, 2], stderr).toContain(code);
  });

  it('is shown, and passes the same work in every format', async ({ skip }) => {
    skip(!existsSync(join(folder, '.mqbench', 'baseline.json')), 'the machine is too busy for 500 messages a second');
    const shown = await run('baseline', 'show');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('memory/100B');
    const { code, stdout, stderr } = await run('check', ...asked, '--format', 'bencher', '--out', 'gate');
    expect([0, 4], stderr).toContain(code);
    const figures = JSON.parse(stdout) as Record<string, Record<string, { value: number }>>;
    expect(Object.keys(figures)).toEqual(['memory/100B']);
    expect(Object.values(figures['memory/100B'] ?? {}).every(({ value }) => value > 0)).toBe(true);
    const summary = readFileSync(join(folder, 'gate', 'summary.md'), 'utf8');
    expect(summary).toContain(code === 0 ? 'Gate: pass' : 'Gate: undecided');
    // On a machine that keeps the rate nothing else than passing is right.
    if (await usable(join('gate', 'b'))) expect(code, summary).toBe(0);
  });

  it('of another machine judges nothing unless it is forced', async ({ skip }) => {
    skip(!(await usable('before')), 'the machine is too busy for 500 messages a second');
    const result = await readResult(join(folder, 'before'));
    const elsewhere = { ...result, environment: { ...result.environment, fingerprint: 'f'.repeat(16) } };
    await saveBaseline(elsewhere, join(folder, 'elsewhere.json'), new Date());
    const { code, stderr } = await run('check', ...asked, '--baseline', 'elsewhere.json', '--out', 'never');
    expect(code).toBe(5);
    expect(stderr).toMatch(/machine/);
    expect(existsSync(join(folder, 'never', 'ab.json'))).toBe(false);
  });
});

describe.runIf(isLong)('noise', { timeout: 600_000 }, () => {
  it('writes margins that check reads, and says so', async ({ skip }) => {
    const { code, stdout, stderr } = await run('noise', '--scenario', 'steady.yaml', '--pairs', '7', '--out', 'noise');
    skip(code === 4, `the machine is too busy: ${stderr}`);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/margin/i);
    const { cells } = JSON.parse(readFileSync(join(folder, '.mqbench', 'margins.json'), 'utf8')) as {
      readonly cells: readonly [{ readonly cell: string; readonly margins: { readonly p50: number } }];
    };
    expect(cells).toMatchObject([{ cell: 'memory/100B' }]);
    const check = await run(...['check', '--base', 'same', '--pairs', '7', '--out', 'fit'], ...asked.slice(0, 4));
    expect([0, 4], check.stderr).toContain(check.code);
    // Half a millisecond of latency is never as steady as the default margin wants.
    expect(check.stdout).toMatch(new RegExp(`p50.* ${Math.round(cells[0].margins.p50 * 100)} % `));
  });
});
