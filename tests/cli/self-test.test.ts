/**
 * `check --self-test` end to end on the embedded broker. At a rate that every machine keeps, so that neither side's
 * figures depend on its speed: what is braked is braked to four fifths of it, and only how steady it is may differ.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSession } from '../../src/ab/record.js';
import { injected } from '../../src/commands/self-test.js';
import { passes, type Verdict } from '../../src/stats/verdict.js';
import { median } from '../../src/stats/summary.js';
import { Mqbench } from './mqbench.js';

const scenario = `
name: steady
targets: [memory]
consumers: 1
sizes: [100B]
messages: 300
load: { rate: 500/s }
warmup: 0s
drain: 2s
pause: 0s
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-self-test-'));
  writeFileSync(join(folder, 'steady.yaml'), scenario);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Told {
  readonly works: boolean;
  readonly exitCode: number;
  readonly achieved: readonly { readonly cell: string; readonly ratio: number }[];
  readonly slowed: {
    readonly cells: readonly { readonly metrics: readonly { readonly metric: string; readonly verdict: Verdict }[] }[];
  } | null;
}

// A machine may be too busy to measure a single pair, and then nothing is braked; what is broken is so every time.
it('applies its brake, and no gate lets that pass', { retry: 2, timeout: 300_000 }, async () => {
  const out = join(mkdtempSync(join(folder, 'attempt-')), 'out');
  const args = ['check', '--self-test', '--scenario', 'steady.yaml', '--pairs', '7', '--format', 'json', '--out', out];
  const { code, stdout, stderr } = await new Mqbench(args, {
    cwd: folder,
    env: { GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' },
  }).finished;
  // Undecided where the machine is too busy to say; anything else is a fault.
  expect([0, 4], stderr).toContain(code);
  const told = JSON.parse(stdout) as Told;
  expect(told).toMatchObject({ works: code === 0, exitCode: code });

  expect(told.slowed).not.toBeNull();
  const verdicts = told.slowed!.cells.map(
    ({ metrics }) => metrics.find(({ metric }) => metric === 'throughput')?.verdict ?? 'invalid',
  );
  expect(verdicts).toHaveLength(1);
  expect(verdicts.filter(passes)).toEqual([]);
  expect(told.achieved).toHaveLength(1);
  for (const { ratio } of told.achieved) expect(ratio).toBeLessThan(1);

  const [same, slowed] = [(await readSession(join(out, 'same')))!, (await readSession(join(out, 'slowed')))!];
  const { a, b } = same.comparison.cells[0]!.metrics[0]!;
  const rates = (runs: typeof slowed.comparison.a.runs): (number | undefined)[] => [
    ...new Set(runs.map(({ figures }) => figures?.targetRate)),
  ];
  expect(rates(slowed.comparison.a.runs)).toEqual([500]);
  expect(rates(slowed.comparison.b.runs)).toEqual([expect.closeTo(injected * median([...a, ...b]), 6)]);
});

it('has nothing for what reads single figures', async () => {
  const args = ['check', '--self-test', '--scenario', 'steady.yaml', '--format', 'bencher'];
  const { code, stdout, stderr } = await new Mqbench(args, { cwd: folder }).finished;
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/no figures for "bencher"/);
});
