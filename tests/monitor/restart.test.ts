/** Real brokers that are killed and start again under a running `mqbench monitor`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { loadAdapter } from '../../src/brokers/registry.js';
import { Bench, eventually } from '../../src/contract/bench.js';
import type { TargetSample } from '../../src/monitor/sample.js';
import { Mqbench } from '../cli/mqbench.js';
import { addressOf } from '../fixtures/address-of.js';
import { startChanged } from '../fixtures/changed-server.js';

const shared = inject('servers');
const isLong = process.env['MQBENCH_TEST_LONG'] === '1';

const [before, after] = [20, 5];

describe('mqbench monitor', () => {
  it.for([
    // Its counters are offsets in what is stored: they go on where they were.
    { id: 'kafka', adapter: 'kafka', anew: false },
    { id: 'rabbitmq', adapter: 'rabbitmq', anew: true },
    { id: 'activemq', adapter: 'stomp', anew: true },
  ] as const)(
    'says that $id is gone, then that its counters count from 0 where they do, and goes on',
    { timeout: 300_000 },
    async ({ id, adapter, anew }, { skip }) => {
      const given = shared[id];
      skip('missing' in given || given.provider !== 'local', `no local ${id} in this test run`);
      skip(id !== 'activemq' && !isLong, 'only with MQBENCH_TEST_LONG=1');
      const server = await startChanged(id, () => ({}));
      const folder = mkdtempSync(join(tmpdir(), 'mqbench-restart-'));
      const { managementUrl } = server.endpoint;
      const management = managementUrl === undefined ? '' : `?management=${encodeURIComponent(managementUrl)}`;
      const env = { [`MQBENCH_${id.toUpperCase()}_URL`]: `${addressOf(server.endpoint)}${management}` };
      const monitor = new Mqbench(['monitor', id, '--interval', '500ms', '--json'], { cwd: folder, env });
      const open: Bench[] = [];
      try {
        const told = (): TargetSample[] =>
          monitor.stdout
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line) as TargetSample);
        const shows = (what: string, check: (samples: TargetSample[]) => boolean): Promise<void> =>
          eventually(what, () => check(told()), 120_000).catch((error: unknown) => {
            const log = readFileSync(server.logFile!, 'utf8').slice(-8_000);
            throw new Error(`${String(error)}; last told ${monitor.stdout.slice(-2_000)}\n${monitor.stderr}\n${log}`);
          });
        const publish = async (count: number, to?: Awaited<ReturnType<Bench['destination']>>) => {
          const bench = new Bench(await loadAdapter(adapter), server.endpoint);
          open.push(bench);
          const spec = to ?? (await bench.destination(1));
          await (await bench.producer(spec)).sendAll(count);
          return spec;
        };
        const spec = await publish(before);
        const takenIn = (samples: TargetSample[]): number | undefined =>
          samples.at(-1)?.sample?.destinations.find(({ name }) => name === spec.name)?.counters.in;
        const anewNotes = (samples: TargetSample[]): string[] =>
          samples.flatMap(({ sample }) => sample?.notes.filter((note) => note.includes('went backwards')) ?? []);
        await shows('what was published', (samples) => takenIn(samples) === before);
        expect(anewNotes(told())).toEqual([]);

        await server.faults!.takeDown('kill', 2_000);
        await shows('that it is gone', (samples) => samples.at(-1)?.error !== undefined);
        await server.faults!.back();
        await shows('that it is there again', (samples) => takenIn(samples) === (anew ? 0 : before));
        for (const { error } of told()) expect(error ?? '').not.toMatch(/\n|bug/);
        await publish(after, spec);
        await shows('what is published now', (samples) => takenIn(samples) === (anew ? 0 : before) + after);
        const samples = told();
        expect(anewNotes(samples).length > 0, monitor.stdout.slice(-4_000)).toBe(anew);
        if (anew)
          expect(anewNotes(samples)[0]).toMatch(/^counters went backwards and count from 0 again \(.*the broker/);
        for (const { sample } of samples)
          for (const { rates } of sample?.destinations ?? []) expect(rates.in ?? 0).toBeGreaterThanOrEqual(0);
        expect(monitor.child.exitCode).toBeNull();
        expect(monitor.stderr).toBe('');
        monitor.child.kill('SIGINT');
        expect((await monitor.finished).code).toBe(130);
      } finally {
        monitor.child.kill('SIGKILL');
        await Promise.all(open.map((bench) => bench.leave()));
        await server.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
