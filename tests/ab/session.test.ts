/** Paired sessions on the embedded broker, whole, as `ab`, `check` and `noise` run them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type AbOptions, type AbOutcome, runAb } from '../../src/ab/session.js';
import type { Side } from '../../src/ab/side.js';
import { answerCode, gateOf } from '../../src/check/gate.js';
import { defaultMargins } from '../../src/compare/metrics.js';
import { BrokerError, StorageError } from '../../src/errors.js';
import { beginResult, type Draft } from '../../src/results/store.js';
import type { Plan } from '../../src/scenario/types.js';
import { boldAdapter } from '../fixtures/bold-adapter.js';
import { faultyAdapter } from '../fixtures/faulty-adapter.js';
import { memoryServer } from '../fixtures/memory-server.js';
import { memoryTarget, planOf } from '../fixtures/plan.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-ab-'));
afterAll(() => rmSync(folder, { recursive: true }));
const memory = memoryServer();

const sideOf = (name: 'A' | 'B', plan: Plan): Side => ({
  name,
  variant: { label: name },
  plan,
  workerEnv: {},
  client: undefined,
  dispose: async () => undefined,
});

interface Ran extends AbOutcome {
  readonly draft: Draft;
}

/** One session of the same on both sides, unless B has a plan of its own. */
async function run(a: Plan, change: { b?: Plan; draft?: (draft: Draft) => Draft } = {}): Promise<Ran> {
  const real = await beginResult('ab', join(folder, 'out'));
  const draft = change.draft?.(real) ?? real;
  const servers = new Map([['memory', memory()]]);
  const options: AbOptions = {
    kind: 'ab',
    a: sideOf('A', a),
    b: sideOf('B', change.b ?? a),
    servers: { of: { A: servers, B: servers }, stopAll: async () => undefined },
    draft,
    looks: [7],
    gated: ['throughput'],
    margins: defaultMargins,
    seed: 1,
    commandLine: [],
    signal: new AbortController().signal,
    listener: {
      runBegins: () => undefined,
      pairEnds: () => undefined,
      warn: () => undefined,
      stage: () => undefined,
      progress: () => undefined,
    },
  };
  try {
    return { ...(await runAb(options)), draft };
  } finally {
    await real.discard();
  }
}

const short = { consumers: 1, messages: 1_000, warmupSeconds: 0, drainSeconds: 1 } as const;
const lossy = (): Plan => planOf({ ...short, targets: [{ ...memoryTarget, adapter: faultyAdapter('drop', 10) }] });

describe('a paired session', { timeout: 120_000 }, () => {
  it('refuses "replicated" on one node, and measures nothing', async () => {
    const targets = [{ ...memoryTarget, adapter: boldAdapter() }];
    const { error, comparison } = await run(planOf({ ...short, targets, guarantee: 'replicated' }));
    expect(error).toBeInstanceOf(BrokerError);
    expect(error).toMatchObject({ exitCode: 6 });
    expect(error?.message).toMatch(/at least 3 brokers; memory has 1/);
    expect(comparison.b.runs).toEqual([]);
  });

  it('repeats two pairs that cannot be used, each counted once; a third makes the cell invalid', async () => {
    // No producer can keep this rate, on either side, and what could would be over at once.
    const { record, comparison } = await run(planOf({ ...short, load: { kind: 'rate', perSecond: 10_000_000 } }));
    expect(record.order).toHaveLength(3);
    expect(record.variants).toEqual({ A: {}, B: {} });
    const [cell] = comparison.cells;
    expect(cell!.problems.map(({ kind }) => kind)).toEqual(Array.from({ length: 6 }, () => 'invalid'));
    expect(cell!.overruled).toMatchObject({ verdict: 'invalid' });
    expect(cell!.overruled!.why).toMatch(
      /^3 pairs could not be used, and 2 at most are repeated: A, memory\/100B run 1 is invalid: /,
    );
    expect(answerCode(comparison)).toBe(4);
  });

  it('that the disk takes no more of is told with all that was measured', async () => {
    let pairsStored = 0;
    const full = (draft: Draft): Draft => ({
      ...draft,
      write: async (name, content) => {
        // The first is written before anything is run.
        if (pairsStored++ > 0) throw new StorageError('The result', draft.folder, new Error('ENOSPC'));
        await draft.write(name, content);
      },
    });
    const { error, comparison, record } = await run(planOf(short), { b: lossy(), draft: full });
    expect(error).toBeInstanceOf(StorageError);
    expect(record.partialReason).toMatch(/cannot be written/);
    expect(comparison.b.runs).toHaveLength(1);
    // What was seen stands.
    expect(gateOf(comparison, ['throughput'], error)).toMatchObject({ word: 'fail', exitCode: 3 });
    expect(answerCode(comparison)).toBe(3);
  });

  it('is stored as partial until its end, in full from the first word on', async () => {
    const stored: (string | undefined)[] = [];
    const watched = (draft: Draft): Draft => ({
      ...draft,
      write: async (name, content) => {
        await draft.write(name, content);
        const of = (file: string): string | undefined =>
          (JSON.parse(readFileSync(join(draft.folder, file), 'utf8')) as { partialReason?: string }).partialReason;
        expect(of(name)).toBe(of('a/result.json'));
        expect(of(name)).toBe(of('b/result.json'));
        stored.push(of(name));
      },
    });
    await run(planOf(short), { b: lossy(), draft: watched });
    expect(stored).toEqual([
      expect.stringMatching(/killed .* before the first pair/),
      expect.stringMatching(/killed .* after 1 pair/),
      undefined,
    ]);
  });
});
