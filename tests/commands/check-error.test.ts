/** An error in place of a verdict: told where a build is looked at, and never over anybody's files. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { placeForError, tellError } from '../../src/commands/check-error.js';
import { BrokerError, MqbenchError, ScenarioError } from '../../src/errors.js';

let home: string;
let out: string;
let said: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mqbench-check-error-'));
  out = join(home, 'out');
  said = '';
  vi.stubEnv('GITHUB_ACTIONS', '');
  vi.stubEnv('GITHUB_STEP_SUMMARY', '');
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(home, { recursive: true, force: true });
});
const read = (name: string): string => readFileSync(join(out, name), 'utf8');
const noBase = new MqbenchError('There is no git commit "ma*in" here.', {
  exitCode: 5,
  where: 'repo',
  hint: 'Fetch it.',
});

describe('an error of the gate', () => {
  it('becomes summary.md and junit.xml, the step summary and an annotation', async () => {
    const step = join(home, 'step.md');
    vi.stubEnv('GITHUB_ACTIONS', 'true');
    vi.stubEnv('GITHUB_STEP_SUMMARY', step);
    await tellError(noBase, await placeForError(out), 'Gate');
    expect(read('summary.md')).toMatch(
      /^# mqbench: Gate: error\n\nThere is no git commit "ma\\\*in" here\.\n\nwhere: repo\n\nhint: Fetch it\.\n$/,
    );
    expect(readFileSync(step, 'utf8')).toBe(read('summary.md'));
    expect(read('junit.xml')).toMatch(/errors="1"[\s\S]*<testcase [^>]*name="Gate"[\s\S]*<error[^>]*no git commit/);
    expect(said).toBe(
      `::error title=mqbench::There is no git commit "ma*in" here.%0A  where: repo%0A  hint: Fetch it.\n`,
    );
  });

  it('names every mistake of a scenario, and a broker that cannot be had', async () => {
    const mistakes = [
      { key: 'sizes', message: 'is no size' },
      { key: 'prefetch', message: 'is below 1' },
    ];
    await tellError(new ScenarioError('mine.yaml', mistakes), await placeForError(out), 'Self-test');
    expect(read('summary.md')).toMatch(/^# mqbench: Self-test: error\n[\s\S]*sizes[\s\S]*prefetch/);
    await tellError(new BrokerError('kafka is not there.', 'absent'), await placeForError(out), 'Gate');
    expect(read('summary.md')).toMatch(/^# mqbench: Gate: broken\n\nkafka is not there\.\n$/);
  });

  it('holds no secret', async () => {
    await tellError(new BrokerError('amqp://me:secret@host refuses.', 'refused'), await placeForError(out), 'Gate');
    expect(read('summary.md') + read('junit.xml')).not.toContain('secret');
  });

  it('stands before a verdict that is there already', async () => {
    const place = await placeForError(out);
    mkdirSync(out);
    writeFileSync(join(out, 'summary.md'), '# mqbench: Gate: pass\n');
    writeFileSync(join(out, 'junit.xml'), 'figures');
    await tellError(noBase, place, 'Gate');
    expect(read('summary.md')).toMatch(/^# mqbench: Gate: error\n[\s\S]*\n# mqbench: Gate: pass\n$/);
    expect(read('junit.xml')).toBe('figures');
  });

  it('without a folder, or with one that cannot be written, is only told', async () => {
    await tellError(noBase, await placeForError(undefined), 'Gate');
    expect(readdirSync(home)).toEqual([]);
    writeFileSync(join(home, 'file'), '');
    await tellError(noBase, join(home, 'file', 'out'), 'Gate');
    expect(said).toMatch(/^warning: the error cannot be written to /);
  });
});

describe('a folder that is there', () => {
  it.each([
    ['is empty', {}],
    ['has other files', { 'summary.md': '# mqbench: Gate: error\n', 'notes.txt': 'mine' }],
    ['has a verdict', { 'summary.md': '# mqbench: Gate: pass\n' }],
    ['has a summary of something else', { 'summary.md': '# Mine\n', 'junit.xml': '' }],
  ])('is left alone when it %s', async (_, files) => {
    mkdirSync(out);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(out, name), text);
    expect(await placeForError(out)).toBeUndefined();
    expect(readdirSync(out).sort()).toEqual(Object.keys(files).sort());
  });

  it('makes way when it has nothing but an earlier error', async () => {
    await tellError(noBase, await placeForError(out), 'Gate');
    expect(await placeForError(out)).toBe(out);
    expect(existsSync(out)).toBe(false);
  });
});
