/** Payloads and drawn sizes in whole runs: every body as long as it must be, every byte looked at. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkFile } from '../../src/payload/file.js';
import { sizeDraw } from '../../src/payload/size-draw.js';
import type { PayloadSpec } from '../../src/payload/spec.js';
import { resultSchema, type RunRecord } from '../../src/results/schema.js';
import { beginResult } from '../../src/results/store.js';
import { runSession, type SessionOutcome } from '../../src/run/session.js';
import type { SizeDistribution } from '../../src/scenario/sizes.js';
import type { Scenario } from '../../src/scenario/types.js';
import { startLocalServer } from '../../src/servers/index.js';
import type { RunningServer } from '../../src/servers/provider.js';
import { faultyAdapter } from '../fixtures/faulty-adapter.js';
import { memoryTarget, planOf } from '../fixtures/plan.js';

let folder: string;
let server: RunningServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-payload-runs-'));
  const quiet = { step: () => ({ update: () => undefined, done: () => undefined }) };
  server = await startLocalServer('memory', { progress: quiet, signal: new AbortController().signal });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

let drafts = 0;
function session(change: Partial<Scenario>): Promise<SessionOutcome> {
  const plan = planOf({ messages: 2_000, consumers: 2, ...change });
  return beginResult('test', join(folder, `result-${++drafts}`)).then((draft) =>
    runSession({
      plan,
      servers: new Map([['memory', server]]),
      missing: [],
      draft,
      commandLine: [],
      signal: new AbortController().signal,
      listener: {
        runBegins: () => undefined,
        runEnds: () => undefined,
        warn: () => undefined,
        stage: () => undefined,
        progress: () => undefined,
      },
    }),
  );
}
async function runsOf(change: Partial<Scenario>): Promise<readonly RunRecord[]> {
  const { result, error } = await session(change);
  expect(error).toBeUndefined();
  expect(resultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
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

  it('carries every kind of payload, and keeps in the result what it was', async () => {
    const file = join(folder, 'orders.bin');
    writeFileSync(file, 'order '.repeat(500));
    const found = checkFile(file);
    for (const payload of [{ kind: 'zeros' }, { kind: 'text' }, json, found] as PayloadSpec[]) {
      const { result, error } = await session({ payload, sizes: [120] });
      expect(error).toBeUndefined();
      expect(result.runs[0]!.delivery).toMatchObject({ unique: 2_000, corrupt: 0 });
      expect(result.scenario.payload?.kind).toBe(payload.kind);
      expect(JSON.stringify(result)).not.toContain(folder);
    }
  });

  it('finds the one bit that a broker changed, whatever the payload and the size', async () => {
    for (const change of [
      { payload: json, sizes: [120] },
      { payload: { kind: 'zeros' }, sizes: [uniform] },
    ] as const) {
      const targets = [{ ...memoryTarget, adapter: faultyAdapter('corrupt', 777) }];
      const { result } = await session({ ...change, targets });
      expect(result.runs[0]!.delivery).toMatchObject({ corrupt: 1, lost: 0 });
      expect(result.runs[0]!.verdict.status).toBe('failed');
    }
  });

  it('says so when the file has changed since the scenario was read', async () => {
    const file = join(folder, 'changing.bin');
    writeFileSync(file, 'one');
    const payload = checkFile(file) as PayloadSpec;
    writeFileSync(file, 'two');
    const { result } = await session({ payload });
    expect(result.runs[0]!.complete).toBe(false);
    expect(result.runs[0]!.error).toMatch(/has changed since the scenario was read/);
  });
});
