/**
 * The commands that judge, each to its end on the real brokers: a stored baseline, noise, a gate with a paired base. At
 * a rate that every machine keeps and with a wide margin; what a gate sees at full speed is `npm run bench -- gates`.
 * With MQBENCH_TEST_LONG=1, as each is a session of seven pairs.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { readResult } from '../../src/results/store.js';
import { addressOf } from '../fixtures/address-of.js';
import { shortScenario } from '../fixtures/short-scenario.js';
import { type Finished, Mqbench } from './mqbench.js';

const isLong = process.env['MQBENCH_TEST_LONG'] === '1';
const servers = inject('servers');

const folder = mkdtempSync(join(tmpdir(), 'mqbench-judging-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(isLong).each(['rabbitmq', 'kafka', 'activemq'] as const)('on %s', { timeout: 400_000 }, (id) => {
  const at = mkdtempSync(join(folder, `${id}-`));
  const asked = ['--scenario', 'steady.yaml', '--gate', 'throughput', '--margin', 'throughput=50%'];

  const run = (...args: string[]): Promise<Finished> => {
    const server = servers[id];
    const address = 'endpoint' in server ? addressOf(server.endpoint) : '';
    const env = { [`MQBENCH_${id.toUpperCase()}_URL`]: address, GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' };
    return new Mqbench(args, { cwd: at, env }).finished;
  };

  /** Passed, or undecided where the machine made runs unusable; anything else is a fault. */
  async function judged(out: string, { code, stdout, stderr }: Finished): Promise<void> {
    expect([0, 4], stderr).toContain(code);
    expect(stdout).toContain(`${id}/100B`);
    for (const side of ['a', 'b']) {
      const { runs, partial } = await readResult(join(at, out, side));
      expect(partial).toBe(false);
      expect(runs.filter(({ verdict }) => verdict.status === 'failed')).toEqual([]);
      if (runs.some(({ verdict }) => verdict.status !== 'ok')) return;
    }
    expect(code, stdout).toBe(0);
  }

  beforeEach(({ skip }) => skip('missing' in servers[id], `there is no ${id}`));
  beforeAll(() => writeFileSync(join(at, 'steady.yaml'), shortScenario('steady').replace('[memory]', `[${id}]`)));

  it('a baseline is saved, and the same work passes against it', async ({ skip }) => {
    const before = await run('run', 'steady.yaml', '--repetitions', '7', '--out', 'before');
    expect(before.code, before.stderr).toBe(0);
    const saved = await run('baseline', 'save', 'before');
    skip(saved.code === 2, `the machine is too busy for 500 messages a second: ${saved.stderr}`);
    expect(saved.code, saved.stderr).toBe(0);
    await judged('stored', await run('check', ...asked, '--out', 'stored'));
  });

  it('the same passes against itself in pairs', async () => {
    await judged('paired', await run('check', '--base', 'same', ...asked, '--pairs', '7', '--out', 'paired'));
  });

  it('noise is found out, and kept for the gate', async ({ skip }) => {
    const { code, stdout, stderr } = await run('noise', '--scenario', 'steady.yaml', '--pairs', '7', '--out', 'noise');
    skip(code === 4, `the machine is too busy: ${stderr}`);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/margin/i);
    const kept: unknown = JSON.parse(readFileSync(join(at, '.mqbench', 'margins.json'), 'utf8'));
    expect(kept).toMatchObject({ cells: [{ cell: `${id}/100B` }] });
  });
});
