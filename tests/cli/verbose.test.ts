import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Result } from '../../src/results/schema.js';
import { readResult } from '../../src/results/store.js';
import { Mqbench } from './mqbench.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-verbose-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = [
  'run',
  '--target',
  'memory',
  '--messages',
  '1000',
  '--size',
  '100B',
  '--repetitions',
  '1',
  '--warmup',
  '0s',
];

describe('--verbose', () => {
  it('says on stderr, with times, what servers, workers and phases do; stdout has all as JSON and nothing more', async () => {
    const out = join(folder, 'verbose');
    const { stdout, stderr } = await new Mqbench([...run, '--json', '--verbose', '--out', out], { cwd: folder })
      .finished;
    const { folder: at, result } = JSON.parse(stdout) as { folder: string; result: Result };
    expect(result).toEqual(await readResult(at));
    expect(result.runs[0]!.delivery).toMatchObject({ sent: 1_000, unique: 1_000, lost: 0 });
    for (const step of [
      /^ +\d+\.\d{3} s {2}memory: local server at memory:\/\/127\.0\.0\.1:\d+, processes \d+$/m,
      /producer 0: process \d+$/m,
      /consumer 3: start-consumer$/m,
      /memory\/100B: measure$/m,
      /producer 0: ended, code 0$/m,
      /servers are stopped$/m,
    ])
      expect(stderr).toMatch(step);
  });

  it('keeps secrets', async () => {
    const url = 'memory=memory://me:hush-hush@127.0.0.1:1';
    const { code, stderr } = await new Mqbench([...run, '--verbose', '--url', url], { cwd: folder }).finished;
    expect(code).toBe(6);
    expect(stderr).toMatch(/memory: uses memory:\/\/127\.0\.0\.1:1, which is named$/m);
    expect(stderr).not.toContain('hush-hush');
  });

  it.each([
    ['ab', ['ab', 'same', 'prefetch=5']],
    ['check', ['check', '--base', 'same']],
    ['noise', ['noise']],
  ])('says so in %s, too', async (_, command) => {
    const url = ['--target', 'memory', '--url', 'memory=memory://127.0.0.1:1'];
    const { code, stderr } = await new Mqbench([...command, ...url, '--verbose'], { cwd: folder }).finished;
    expect(code).toBe(6);
    expect(stderr).toMatch(/memory: uses memory:\/\/127\.0\.0\.1:1, which is named$/m);
  });

  it('is not on by itself', async () => {
    const { stderr } = await new Mqbench([...run, '--url', 'memory=memory://127.0.0.1:1'], { cwd: folder }).finished;
    expect(stderr).not.toMatch(/^ +\d+\.\d{3} s {2}/m);
  });
});
