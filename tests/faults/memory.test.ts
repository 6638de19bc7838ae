/** Whole runs with faults on the embedded broker: real processes that are really killed. Some only with MQBENCH_TEST_LONG=1. */
import { readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/faults/fault.js';
import type { RunRecord } from '../../src/results/schema.js';
import { exitCodeOf } from '../../src/run/session.js';
import type { Scenario } from '../../src/scenario/types.js';
import { processIdentity } from '../../src/servers/supervised/process.js';
import { memoryServer } from '../fixtures/memory-server.js';
import { planOf } from '../fixtures/plan.js';
import { type Options, type Ran, sessionsOf } from '../fixtures/run-session.js';

const isLong = process.env['MQBENCH_TEST_LONG'] === '1';
const sessions = sessionsOf('faults');
const memory = memoryServer();

function session(change: Partial<Scenario>, options?: Options): Promise<Ran> {
  const plan = planOf({
    messages: undefined,
    durationSeconds: 2,
    load: { kind: 'rate', perSecond: 1_000 },
    drainSeconds: 20,
    ...change,
  });
  return sessions.run(plan, memory(), options);
}
async function broken(fault: Fault, change: Partial<Scenario> = {}): Promise<RunRecord> {
  const { result, error, folder: at } = await session({ faults: [fault], ...change });
  expect(error).toBeUndefined();
  // Journals are of use to a run alone.
  expect(readdirSync(join(at, 'logs')).filter((name) => name.endsWith('.journal'))).toEqual([]);
  const run = result.runs[0]!;
  expect(run.faults).toHaveLength(1);
  return run;
}
const half = { kind: 'share', share: 0.5 } as const;

describe('at-least-once', () => {
  it('loses nothing when a consumer is killed, and the run stands', async () => {
    const run = await broken({ do: 'kill-consumer', at: half, worker: 1 });
    expect(run).toMatchObject({ complete: true, verdict: { status: 'ok' } });
    expect(run.delivery).toMatchObject({ sent: 2_000, confirmed: 2_000, unconfirmed: 0, lost: 0 });
    // What it had received and journaled counts, in its own place.
    expect(run.share!.perConsumer).toHaveLength(2);
    expect(run.share!.perConsumer[1]).toBeGreaterThan(100);
    expect(run.share!.perConsumer[1]).toBeLessThan(run.share!.perConsumer[0]!);
    expect(run.workers.map((w) => w.killed)).toEqual([undefined, undefined, true]);
    expect(run.faults![0]).toMatchObject({ do: 'kill-consumer', worker: 1, what: 'kill consumer 1', reconnects: 0 });
    expect(run.faults![0]!.startedSeconds).toBeGreaterThan(0.5);
  });

  it.skipIf(!isLong)('loses nothing at full speed either, with a prefetch full of messages', async () => {
    const run = await broken(
      { do: 'kill-consumer', at: half, worker: 0 },
      { load: { kind: 'closed', inFlight: 2_000 }, messages: 60_000, durationSeconds: undefined, prefetch: 1_000 },
    );
    expect(run.delivery).toMatchObject({ sent: 60_000, confirmed: 60_000, lost: 0 });
    expect(run.verdict.status).toBe('ok');
  });

  it.skipIf(!isLong)('loses nothing while a consumer stands still; its messages wait for it', async () => {
    const run = await broken({ do: 'pause-consumer', at: half, worker: 0, forSeconds: 1 }, { prefetch: 50 });
    expect(run.delivery).toMatchObject({ confirmed: 2_000, lost: 0, duplicates: 0 });
    const { startedSeconds, endedSeconds } = run.faults![0]!;
    expect(endedSeconds! - startedSeconds!).toBeGreaterThanOrEqual(1);
    // What it was handed at the beginning of its sleep waited for its end.
    expect(run.latency!.endToEnd.maxMs).toBeGreaterThanOrEqual(900);
    expect(run.verdict.status).toBe('ok');
  });

  it('loses nothing that was confirmed when every connection is cut; reconnects are counted', async () => {
    const run = await broken({ do: 'cut-connection', at: half });
    expect(run.delivery).toMatchObject({ sent: 2_000, lost: 0 });
    expect(run.delivery!.confirmed + run.delivery!.unconfirmed).toBe(2_000);
    expect(run.faults![0]!.reconnects).toBe(3);
    expect(run.reconnects!.map(({ worker }) => worker).sort()).toEqual(['consumer 0', 'consumer 1', 'producer 0']);
    expect(run.verdict.status).toBe('ok');
  });

  it('keeps what a killed producer had confirmed, and says that the rest was not sent', async () => {
    const run = await broken({ do: 'kill-producer', at: half, worker: 0 }, { producers: 2 });
    expect(run.delivery!.lost).toBe(0);
    expect(run.delivery!.sent).toBeGreaterThan(1_100);
    expect(run.delivery!.sent).toBeLessThan(2_000);
    expect(run.delivery!.unique).toBeLessThanOrEqual(run.delivery!.sent);
    expect(run.verdict).toMatchObject({ status: 'ok' });
    expect(run.verdict.warnings.join()).toMatch(/producer 0 was killed after .* messages; the rest of its share/);
  });

  it.skipIf(!isLong)('ends with the only producer when that is killed', async () => {
    const run = await broken({ do: 'kill-producer', at: half, worker: 0 });
    expect(run).toMatchObject({ complete: true, delivery: { lost: 0 } });
    expect(run.delivery!.confirmed).toBeGreaterThan(500);
  });

  it('passes through a slow network', async () => {
    const run = await broken({ do: 'delay', at: half, latencySeconds: 0.1, forSeconds: 0.5 });
    expect(run.delivery).toMatchObject({ confirmed: 2_000, lost: 0, duplicates: 0 });
    // Both ways: a message held for 100 ms in and 100 ms out.
    expect(run.latency!.endToEnd.maxMs).toBeGreaterThanOrEqual(200);
  });

  it.skipIf(!isLong)('passes through a narrow network', async () => {
    const narrow = await broken({ do: 'throttle', at: half, bytesPerSecond: 50_000, forSeconds: 0.5 });
    expect(narrow.delivery).toMatchObject({ confirmed: 2_000, lost: 0 });
  });
});

describe('durable subscriptions', () => {
  const pattern = { kind: 'pub-sub', durable: true } as const;

  it('keep for a subscriber what comes while it is dead; each of them is judged by itself', async () => {
    const run = await broken(
      { do: 'kill-consumer', at: half, worker: 1, forSeconds: 0.5 },
      { pattern, consumers: 2, prefetch: 50 },
    );
    expect(run).toMatchObject({ complete: true, verdict: { status: 'ok' } });
    expect(run.delivery).toMatchObject({ sent: 2_000, confirmed: 2_000, lost: 0, unexpected: 0, unique: 4_000 });
    expect(run.subscribers).toMatchObject([
      { consumer: 0, expected: 2_000, unique: 2_000, duplicates: 0, redelivered: 0, lost: 0 },
      // What it had received in its first life and in its second.
      { consumer: 1, expected: 2_000, unique: 2_000, lost: 0, unexpected: 0 },
    ]);
    const { what, startedSeconds, endedSeconds, earlierMessages, longestGapSeconds } = run.faults![0]!;
    expect(what).toBe('kill consumer 1, gone for 500ms');
    expect(startedSeconds).toBeGreaterThan(0.5);
    expect(endedSeconds! - startedSeconds!).toBeGreaterThanOrEqual(0.5);
    // Nothing came to the dead one meanwhile, whatever the other one got.
    expect(longestGapSeconds).toBeGreaterThanOrEqual(0.5);
    expect(earlierMessages).toBeLessThan(2_000);
    expect(run.workers.map(({ killed }) => killed)).toEqual([undefined, undefined, undefined]);
  });

  it.skipIf(!isLong)('lose nothing when every connection is cut', async () => {
    const run = await broken({ do: 'cut-connection', at: half }, { pattern, consumers: 3 });
    expect(run.faults![0]!.reconnects).toBe(4);
    expect(run.delivery).toMatchObject({ lost: 0, unexpected: 0 });
    for (const own of run.subscribers!) expect(own).toMatchObject({ lost: 0, expected: run.delivery!.confirmed });
    expect(run.verdict.status).toBe('ok');
  });

  it.skipIf(!isLong)('lose nothing when a subscriber is killed at full speed, twice', async () => {
    const { result } = await session({
      pattern,
      consumers: 3,
      load: { kind: 'closed', inFlight: 2_000 },
      messages: 60_000,
      durationSeconds: undefined,
      prefetch: 1_000,
      faults: [
        { do: 'kill-consumer', at: { kind: 'share', share: 0.2 }, worker: 0 },
        { do: 'kill-consumer', at: { kind: 'share', share: 0.9 }, worker: 0 },
      ],
    });
    const [run] = result.runs;
    expect(run!.faults!.every(({ endedSeconds }) => endedSeconds !== undefined)).toBe(true);
    expect(run!.delivery).toMatchObject({ sent: 60_000, confirmed: 60_000, lost: 0, unexpected: 0, unique: 180_000 });
    expect(run!.verdict.status).toBe('ok');
  });
});

describe('at-most-once', () => {
  it.skipIf(!isLong)('shows what a killed consumer takes along, and does not call that a failure', async () => {
    const run = await broken(
      { do: 'kill-consumer', at: half, worker: 0 },
      {
        guarantee: 'at-most-once',
        load: { kind: 'closed', inFlight: 2_000 },
        messages: 60_000,
        durationSeconds: undefined,
        drainSeconds: 2,
      },
    );
    expect(run.delivery!.duplicates).toBe(0);
    expect(run.delivery!.unique + run.delivery!.lost).toBe(60_000);
    expect(run.verdict.status).toBe('ok');
  });
});

describe('a run', () => {
  it('is invalid when the time of a fault never came', async () => {
    const run = await broken(
      { do: 'kill-consumer', at: { kind: 'after', seconds: 300 }, worker: 0 },
      { messages: 2_000, durationSeconds: undefined },
    );
    expect(run.verdict.status).toBe('invalid');
    expect(run.verdict.evidence.join()).toMatch(/over before its time came: kill consumer 0 after 5m/);
  });

  it('leaves no journal behind, also where one cannot be read any more', async () => {
    const journals = (): string[] =>
      readdirSync(sessions.folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.journal'))
        .map((name) => join(sessions.folder, name));
    const stage = (now: string): void => {
      if (now !== 'clean up') return;
      const path = journals().find((name) => name.includes('consumer-1'))!;
      rmSync(path);
      symlinkSync(tmpdir(), path);
    };
    const change = { messages: 1_000, durationSeconds: undefined } as const;
    const kill: Fault = { do: 'kill-consumer', at: half, worker: 0 };
    await expect(session({ ...change, faults: [kill] }, { listener: { stage } })).rejects.toThrow(/EISDIR/);
    expect(journals()).toEqual([]);
  });

  it('that is broken off in the middle of a fault ends soon, and leaves no process', async () => {
    const controller = new AbortController();
    const began = performance.now();
    const stage = (now: string) => now === 'measure' && setTimeout(() => controller.abort(), 1_500);
    const outcome = await session(
      {
        durationSeconds: 60,
        faults: [{ do: 'pause-consumer', at: { kind: 'after', seconds: 0.5 }, worker: 0, forSeconds: 300 }],
      },
      { signal: controller.signal, listener: { stage } },
    );
    expect(exitCodeOf(outcome)).toBe(130);
    expect((performance.now() - began) / 1000).toBeLessThan(40);
    const pids = outcome.result.runs[0]!.workers.map(({ pid }) => pid).filter((pid) => pid !== 0);
    for (const pid of pids) expect(await processIdentity(pid)).toBeUndefined();
  });
});
