/** Payloads and drawn sizes in whole runs: every body as long as it must be, every byte looked at. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFile } from '../../src/payload/file.js';
import { sizeDraw } from '../../src/payload/size-draw.js';
import type { PayloadSpec } from '../../src/payload/spec.js';
import type { RunRecord } from '../../src/results/schema.js';
import type { SizeDistribution } from '../../src/scenario/sizes.js';
import type { Scenario } from '../../src/scenario/types.js';
import { faultyAdapter } from '../fixtures/faulty-adapter.js';
import { memoryServer } from '../fixtures/memory-server.js';
import { memoryTarget, planOf } from '../fixtures/plan.js';
import { type Ran, sessionsOf } from '../fixtures/run-session.js';

const sessions = sessionsOf('payloads');
const memory = memoryServer();
const session = (change: Partial<Scenario>): Promise<Ran> =>
  sessions.run(planOf({ messages: 2_000, consumers: 2, ...change }), memory());
async function runsOf(change: Partial<Scenario>): Promise<readonly RunRecord[]> {
  const { result, error } = await session(change);
  expect(error).toBeUndefined();
  return result.runs;
}

const uniform: SizeDistribution = { kind: 'uniform', from: 100, to: 1_000 };
const weighted: SizeDistribution = {
  kind: 'weighted',
  sizes: [
    { size: 100, share: 9 },
    { size: 10_000, share: 1 },
  ],
};
const json: PayloadSpec = {
  kind: 'json',
  template: '{"customer": ${customer}, "price": ${price}}',
  values: { customer: ['Ada', 'Grace'], price: { from: 0, to: 99 } },
};

describe('a run', () => {
  it('counts real bytes where every message draws its own size, and finds every body intact', async () => {
    for (const guarantee of ['at-least-once', 'at-most-once'] as const) {
      const runs = await runsOf({ sizes: [uniform, weighted], producers: 2, guarantee });
      for (const [index, run] of runs.entries()) {
        expect(run.delivery).toMatchObject({ sent: 2_000, unique: 2_000, corrupt: 0 });
        const draw = sizeDraw([uniform, weighted][index]!, 1);
        let bytes = 0;
        for (const producer of [0, 1]) for (let i = 0; i < 1_000; i++) bytes += draw(producer, 2, i);
        const { throughput, megabytesPerSecond } = run.figures!;
        expect(megabytesPerSecond / throughput).toBeCloseTo(bytes / 2_000 / 1e6, 12);
      }
    }
  });

  it('of producers alone counts what they sent', async () => {
    const [run] = await runsOf({ sizes: [weighted], work: 'produce', warmupSeconds: 0 });
    const draw = sizeDraw(weighted, 1);
    const bytes = Array.from({ length: 2_000 }, (_, i) => draw(0, 2, i)).reduce((a, b) => a + b);
    expect(run!.figures!.megabytesPerSecond / run!.figures!.throughput).toBeCloseTo(bytes / 2_000 / 1e6, 12);
  });

  it('carries text and files, and keeps in the result what it was', async () => {
    const file = join(sessions.folder, 'orders.bin');
    writeFileSync(file, 'order '.repeat(500));
    const found = checkFile(file);
    for (const payload of [{ kind: 'text' }, found] as PayloadSpec[]) {
      const { result, error } = await session({ payload, sizes: [120] });
      expect(error).toBeUndefined();
      expect(result.runs[0]!.delivery).toMatchObject({ unique: 2_000, corrupt: 0 });
      expect(result.scenario.payload?.kind).toBe(payload.kind);
      expect(JSON.stringify(result)).not.toContain(sessions.folder);
    }
  });

  it('finds the one bit that a broker changed, whatever the payload and the size', async () => {
    for (const change of [
      { payload: json, sizes: [120] },
      { payload: { kind: 'zeros' }, sizes: [uniform] },
    ] as const) {
      const targets = [{ ...memoryTarget, adapter: faultyAdapter('corrupt', 777) }];
      const { result } = await session({ ...change, targets });
      expect(result.runs[0]!.delivery).toMatchObject({ unique: 2_000, corrupt: 1, lost: 0 });
      expect(result.scenario.payload?.kind).toBe(change.payload.kind);
      expect(result.runs[0]!.verdict.status).toBe('failed');
    }
  });

  it('says so when the file has changed since the scenario was read', async () => {
    const file = join(sessions.folder, 'changing.bin');
    writeFileSync(file, 'one');
    const payload = checkFile(file) as PayloadSpec;
    writeFileSync(file, 'two');
    const { result } = await session({ payload });
    expect(result.runs[0]!.complete).toBe(false);
    expect(result.runs[0]!.error).toMatch(/has changed since the scenario was read/);
  });
});
