/** `mqbench monitor` beside `mqbench run`: what kafkajs counts in the run's workers is shown by the other process. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually } from '../../src/contract/bench.js';
import type { RunClients } from '../../src/monitor/clients.js';
import type { TargetSample } from '../../src/monitor/sample.js';
import { addressOf } from '../fixtures/address-of.js';
import { Mqbench } from './mqbench.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-clients-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const server = inject('servers').kafka;

describe.skipIf('missing' in server)('mqbench monitor kafka', () => {
  it('shows what the clients of a run count while it goes on, and no more after it', { timeout: 180_000 }, async () => {
    if ('missing' in server) throw new Error(server.missing);
    const url = ['--url', `kafka=${addressOf(server.endpoint)}`];
    const options = { cwd: folder };
    const load = ['--size', '100B', '--duration', '170s', '--warmup', '0s', '--repetitions', '1'];
    const run = new Mqbench(['run', '--target', 'kafka', ...load, ...url], options);
    const watch = new Mqbench(['monitor', 'kafka', '--interval', '1s', '--json', ...url], options);
    const last = (): TargetSample | undefined => {
      const lines = watch.stdout.split('\n').slice(0, -1);
      return lines.length === 0 ? undefined : (JSON.parse(lines.at(-1) ?? '') as TargetSample);
    };
    await eventually('clients are shown', () => {
      expect(run.child.exitCode, run.stderr).toBeNull();
      const [clients] = last()?.clients ?? [];
      return (clients?.produceRequestsPerSecond ?? 0) > 0 && (clients?.fetchesPerSecond ?? 0) > 0;
    });
    // Looked at by two processes at two moments of the same second: at some time they agree, where both are true.
    let told = '';
    let clients: RunClients | undefined;
    await eventually('records in requests are what the broker takes in, and batches hold them', () => {
      const { clients: [own] = [], sample } = last() ?? {};
      const {
        produceRequestsPerSecond: requests = NaN,
        recordsPerRequest: records = NaN,
        batchBytes = NaN,
      } = own ?? {};
      const taken = sample?.destinations.find(({ rates }) => (rates.in ?? 0) > 0)?.rates.in ?? NaN;
      told = JSON.stringify({ own, taken });
      clients = own;
      const agree = requests * records > taken * 0.7 && requests * records < taken * 1.4;
      // Bodies of 100 bytes; a request has a batch for each partition that it has records for.
      const fetched = own?.fetchMs !== undefined && own.recordsLagMax !== undefined;
      return agree && fetched && batchBytes >= 100 && batchBytes <= records * 100;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}; last ${told}`);
    });
    expect(clients?.produceRequestMs).toBeGreaterThan(0);
    expect(clients?.fetchMs).toBeGreaterThan(0);
    expect(clients).toMatchObject({ scenario: 'round-robin', cell: 'kafka/100B', target: 'kafka' });
    expect(clients?.recordsPerRequest).toBeGreaterThan(1);
    run.child.kill('SIGINT');
    expect((await run.finished).code).toBe(130);
    await eventually('they are gone', () => last()?.clients === undefined);
    watch.child.kill('SIGINT');
    expect((await watch.finished).code).toBe(130);
  });
});
