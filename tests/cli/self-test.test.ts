/**
 * `check --self-test` end to end on the embedded broker. At a rate that every machine keeps, so that neither side's
 * figures depend on its speed: what is braked is braked to four fifths of it, and only how steady it is may differ.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSession } from '../../src/ab/record.js';
import { brakeAt } from '../../src/check/self-test.js';
import type { Verdict } from '../../src/stats/verdict.js';
import { shortScenario } from '../fixtures/short-scenario.js';
import { type Finished, Mqbench } from './mqbench.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-self-test-'));
  writeFileSync(join(folder, 'steady.yaml'), shortScenario('steady'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Judged {
  readonly cells: readonly {
    readonly problems: readonly { readonly text: string }[];
    readonly metrics: readonly { readonly metric: string; readonly verdict: Verdict }[];
  }[];
}
interface Told {
  readonly works: boolean;
  readonly exitCode: number;
  readonly achieved: readonly { readonly cell: string; readonly ratio: number }[];
  readonly same: Judged;
  readonly slowed: Judged | null;
}

const attempts = 3;

/** Whether a gate had too few pairs because the machine could not even send at the scenario's rate. */
function wasTooBusy({ same, slowed }: Told): boolean {
  return [same, ...(slowed === null ? [] : [slowed])].some(({ cells }) =>
    cells.some(
      ({ problems, metrics }) =>
        metrics.every(({ verdict }) => verdict === 'invalid') &&
        problems.some(({ text }) => text.includes('the generator missed its schedule')),
    ),
  );
}

// Where it was measured it must be decided: a gate that is always undecided, or never catches anything, is none.
it('passes the same and catches what its brake slows', { retry: 1, timeout: 600_000 }, async ({ skip }) => {
  let out: string;
  let ended: Finished;
  for (let attempt = 1; ; attempt++) {
    out = join(mkdtempSync(join(folder, 'attempt-')), 'out');
    const gate = ['--scenario', 'steady.yaml', '--gate', 'throughput'];
    const args = ['check', '--self-test', ...gate, '--format', 'json', '--out', out];
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: '' };
    ended = await new Mqbench(args, { cwd: folder, env }).finished;
    if (ended.code !== 4 || !wasTooBusy(JSON.parse(ended.stdout) as Told)) break;
    if (attempt === attempts) skip('the machine was too busy to send 500 messages a second on time');
  }
  const { code, stdout, stderr } = ended;
  expect(code, stdout + stderr).toBe(0);
  const told = JSON.parse(stdout) as Told;
  expect(told).toMatchObject({ works: true, exitCode: 0 });

  expect(told.slowed).not.toBeNull();
  const verdicts = told.slowed!.cells.map(
    ({ metrics }) => metrics.find(({ metric }) => metric === 'throughput')?.verdict,
  );
  expect(verdicts).toEqual(['regressed']);
  expect(told.achieved).toHaveLength(1);
  for (const { ratio } of told.achieved) expect(ratio).toBeLessThan(1);

  const [same, slowed] = [(await readSession(join(out, 'same')))!, (await readSession(join(out, 'slowed')))!];
  const before = same.comparison.cells[0]!.metrics.find(({ metric }) => metric.id === 'throughput')!.a;
  const { a, b } = slowed.comparison;
  for (const { figures } of a.runs) expect(figures?.targetRate).toBe(500);
  // A brake knows the pairs before its own; those that were repeated lie among them.
  for (const [pair, { figures }] of b.runs.entries()) {
    const known = a.runs.slice(0, pair).filter(({ verdict }) => verdict.status === 'ok');
    expect(figures?.targetRate).toBe(
      brakeAt(
        before,
        known.flatMap((run) => run.figures?.throughput ?? []),
      ),
    );
  }

  // What a build is looked at by says so, too.
  expect(stderr).toMatch(/^::notice title=mqbench::Self-test: the gate works here\./m);
  expect(readFileSync(join(out, 'summary.md'), 'utf8')).toMatch(/^# mqbench: Self-test: the gate works here\.\n/);
  expect(readFileSync(join(out, 'junit.xml'), 'utf8')).toMatch(/tests="2" failures="0" errors="0"/);
});

it('has nothing for what reads single figures', async () => {
  const args = ['check', '--self-test', '--scenario', 'steady.yaml', '--gate', 'throughput', '--format', 'bencher'];
  const { code, stdout, stderr } = await new Mqbench(args, { cwd: folder }).finished;
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/no figures for "bencher"/);
});
