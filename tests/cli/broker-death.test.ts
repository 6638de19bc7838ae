/** A broker that dies in the middle of a paired session: the embedded one, and with MQBENCH_TEST_LONG=1 real ones. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { readSession } from '../../src/ab/record.js';
import { shortScenario } from '../fixtures/short-scenario.js';
import { Mqbench } from './mqbench.js';
import { Descendants } from './processes.js';

const isLong = process.env['MQBENCH_TEST_LONG'] === '1';
const servers = inject('servers');

/** The server's own process, by its command line. */
const processes = {
  memory: /brokers\/memory\/server\.js/,
  rabbitmq: /beam\.smp/,
  kafka: /kafka\.Kafka/,
  activemq: /org\.apache\.activemq/,
} as const;
type Id = keyof typeof processes;
/** What this machine can bring up by itself. */
const there = (Object.keys(processes) as Id[]).filter((id) => {
  const server = servers[id];
  return id === 'memory' || (isLong && 'endpoint' in server && server.provider === 'local');
});

const folder = mkdtempSync(join(tmpdir(), 'mqbench-death-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(there)('%s, killed in the middle', (id) => {
  it('of a session ends it with 6; what was measured is stored with the reason, and nothing is left', async () => {
    const at = join(folder, id);
    const [temporary, out] = [join(at, 'tmp'), join(at, 'out')];
    mkdirSync(temporary, { recursive: true });
    writeFileSync(join(at, 'short.yaml'), shortScenario('short').replace('[memory]', `[${id}]`));
    const command = new Mqbench(
      ['ab', 'same', 'prefetch=7', '--scenario', 'short.yaml', '--pairs', '7', '--server', 'local', '--out', out],
      { cwd: at, env: { TMPDIR: temporary } },
    );
    const descendants = new Descendants(command.child.pid ?? 0);
    await command.says(/^pair 1 /m, 120_000);
    // The next pair is under way by then.
    await sleep(1_000);
    const [broker] = descendants.find(processes[id]);
    expect(broker, descendants.look().join('\n')).toBeDefined();
    process.kill(broker!, 'SIGKILL');
    const { code, stderr } = await command.finished;
    expect(code, stderr).toBe(6);
    expect(stderr).toMatch(new RegExp(id, 'i'));
    expect(stderr).not.toMatch(/^ +at /m);

    const { record, comparison } = (await readSession(out))!;
    expect(record.partialReason).toMatch(new RegExp(id, 'i'));
    for (const result of [comparison.a, comparison.b])
      expect(result).toMatchObject({ partial: true, partialReason: record.partialReason });
    // The whole pair counts; of the other nothing is taken for a figure.
    expect(comparison.a.runs.some(({ complete }) => complete)).toBe(true);
    expect(comparison.b.runs.some(({ complete }) => complete)).toBe(true);
    expect(await descendants.gone(20_000)).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
    expect(readdirSync(at).sort()).toEqual(['out', 'short.yaml', 'tmp']);
  });
});
