/** What mqbench ships, on every broker that is there: hello by default, the rest with MQBENCH_TEST_LONG=1. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { touchesBroker } from '../../src/faults/fault.js';
import type { Result } from '../../src/results/schema.js';
import { findScenario, readScenarioText, shippedScenarios } from '../../src/scenario/find.js';
import { parseScenario } from '../../src/scenario/parse.js';
import { baseServerIds, type BaseServerId } from '../../src/servers/provider.js';
import { addressOf } from '../fixtures/address-of.js';
import { Mqbench } from './mqbench.js';

const isLong = process.env['MQBENCH_TEST_LONG'] === '1';

/** Those with a test of their own. */
const own = ['hello', 'fair-dispatch', 'confirms'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-lessons-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const servers = inject('servers');
const there = baseServerIds.filter((id): id is BaseServerId => 'endpoint' in servers[id]);

async function run(scenario: string, ...flags: string[]): Promise<{ result: Result; stderr: string }> {
  const env: Record<string, string> = {};
  for (const id of there) {
    const server = servers[id];
    if ('endpoint' in server) env[`MQBENCH_${id.toUpperCase()}_URL`] = addressOf(server.endpoint);
  }
  const all = ['--target', there.join(','), '--server', 'endpoint', '--repetitions', '1', '--warmup', '0s', '--json'];
  const out = join(folder, scenario);
  const { code, stdout, stderr } = await new Mqbench(['run', scenario, ...all, ...flags, '--out', out], {
    cwd: folder,
    env,
  }).finished;
  expect(code, stderr).toBe(0);
  return { result: (JSON.parse(stdout) as { result: Result }).result, stderr };
}

describe.skipIf(there.length === 0)('on every broker', () => {
  it('hello shows three messages as they are sent and received', async () => {
    const { result, stderr } = await run('hello');
    expect(result.runs).toHaveLength(there.length);
    for (const id of there)
      for (const n of [0, 1, 2]) {
        expect(stderr).toContain(`${id}: producer 0 sent #${n} (52 B): 'Hello World!'`);
        expect(stderr).toContain(`${id}: consumer 0 received #${n} of producer 0 (52 B): 'Hello World!'`);
      }
    for (const { delivery } of result.runs) expect(delivery).toMatchObject({ sent: 3, unique: 3, received: 3 });
  });

  it.skipIf(!isLong)('fair dispatch shares heavy work with prefetch 1 and not with a large one', async () => {
    const { result } = await run('fair-dispatch', '--messages', '40');
    const busy = (id: string, prefetch: number) =>
      result.runs
        .find((record) => record.cell === `${id}/100B/prefetch=${prefetch}`)
        ?.tasks?.workers.map((w) => w.busySeconds);
    expect(result.refused.map(({ cell }) => cell.id)).toEqual(there.includes('kafka') ? ['kafka/100B/prefetch=1'] : []);
    for (const { delivery } of result.runs) expect(delivery).toMatchObject({ sent: 40, unique: 40, duplicates: 0 });
    for (const id of there) {
      // 20 heavy messages of 80 ms: all with one worker, or not.
      expect(Math.max(...busy(id, 200)!)).toBeGreaterThan(1.5);
      if (id !== 'kafka') expect(Math.max(...busy(id, 1)!)).toBeLessThan(1.5);
    }
  });

  it.skipIf(!isLong)(
    'confirms loses nothing that was confirmed, and refuses the transactions there are not',
    { timeout: 300_000 },
    async () => {
      const { result } = await run('confirms', '--messages', '300');
      const refused = result.refused.map(({ cell }) => `${cell.target} ${cell.axes?.confirms}`).sort();
      expect(refused).toEqual(
        there
          .filter((id) => id !== 'activemq')
          .map((id) => `${id} transactions`)
          .sort(),
      );
      expect(result.runs).toHaveLength(5 * there.length - refused.length);
      for (const { delivery } of result.runs) expect(delivery).toMatchObject({ sent: 300, confirmed: 300, lost: 0 });
    },
  );

  const rest = shippedScenarios()
    .map(({ name }) => name)
    .filter((name) => !own.includes(name));
  it.skipIf(!isLong).for(rest)('%s ends well, a first look at it', { timeout: 300_000 }, async (name, { skip }) => {
    const file = findScenario(name);
    const { faults } = await parseScenario(readScenarioText(file), file);
    skip(touchesBroker(faults), 'these brokers are not ended');
    const force = faults.length > 0 ? ['--force-faults'] : [];
    const { result } = await run(name, '--quick', ...force);
    expect(result.runs.length).toBeGreaterThan(0);
    for (const record of result.runs) {
      expect(record.complete, record.error).toBe(true);
      expect(record.delivery).toMatchObject({ lost: 0, corrupt: 0 });
    }
    if (name === 'priority')
      for (const { verdict } of result.runs) expect(verdict.warnings.join()).not.toContain('ignores priorities');
  });
});
