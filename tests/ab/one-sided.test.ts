/** A session of which one side has more cells than the other. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readSession } from '../../src/ab/record.js';
import { type AbListener, runAb } from '../../src/ab/session.js';
import type { Side, SideName } from '../../src/ab/side.js';
import { gateOf } from '../../src/check/gate.js';
import { defaultMargins } from '../../src/compare/metrics.js';
import { beginResult } from '../../src/results/store.js';
import type { Target } from '../../src/scenario/types.js';
import { memoryServer } from '../fixtures/memory-server.js';
import { memoryTarget, planOf } from '../fixtures/plan.js';

const server = memoryServer();
const folder = mkdtempSync(join(tmpdir(), 'mqbench-one-sided-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const silent: AbListener = {
  runBegins: () => undefined,
  pairEnds: () => undefined,
  warn: () => undefined,
  stage: () => undefined,
  progress: () => undefined,
};

function side(name: SideName, targets: readonly Target[]): Side {
  return {
    name,
    variant: { label: name },
    plan: planOf({
      targets,
      consumers: 1,
      // As short as a run may be to count on any machine.
      messages: undefined,
      durationSeconds: 1,
      warmupSeconds: 0,
      drainSeconds: 2,
    }),
    workerEnv: {},
    client: undefined,
    dispose: () => Promise.resolve(),
  };
}

it('stores every cell of both sides, so that what was not compared is known ever after', async () => {
  const other = { ...memoryTarget, name: 'memory-2' };
  const [a, b] = [side('A', [memoryTarget]), side('B', [memoryTarget, other])];
  const servers = new Map([
    ['memory', server()],
    ['memory-2', server()],
  ]);
  const draft = await beginResult('one-sided', join(folder, 'one-sided'));
  const { comparison, error } = await runAb({
    kind: 'ab',
    a,
    b,
    servers: { of: { A: servers, B: servers }, stopAll: () => Promise.resolve() },
    draft,
    // A single look: how fast it is does not matter here.
    looks: [1],
    gated: ['throughput'],
    margins: defaultMargins,
    seed: 1,
    commandLine: [],
    signal: new AbortController().signal,
    listener: silent,
  });
  expect(error).toBeUndefined();
  expect(comparison.unmatched).toEqual(['memory-2/100B (only in B)']);
  expect(gateOf(comparison, ['throughput']).word).toBe('undecided');
  const stored = await readSession(await draft.finish());
  expect(stored!.comparison.unmatched).toEqual(comparison.unmatched);
});
