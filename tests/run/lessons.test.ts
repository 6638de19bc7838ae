/** Hello, fair dispatch, confirms and printed messages as whole runs on the embedded broker. */
import { describe, expect, it } from 'vitest';
import type { Result } from '../../src/results/schema.js';
import { adaptersOf } from '../../src/scenario/load.js';
import { parseScenario } from '../../src/scenario/parse.js';
import { buildPlan } from '../../src/scenario/plan.js';
import { memoryServer } from '../fixtures/memory-server.js';
import { sessionsOf } from '../fixtures/run-session.js';

const sessions = sessionsOf('lessons');
const memory = memoryServer();

async function run(
  keys: Readonly<Record<string, string>>,
  print = false,
): Promise<{ readonly result: Result; readonly lines: readonly string[] }> {
  const all = {
    name: 'a',
    targets: '[memory]',
    sizes: '[100B]',
    warmup: '0s',
    repetitions: '1',
    drain: '10s',
    ...keys,
  };
  const text = Object.entries(all)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
  const scenario = await parseScenario(text, 'a.yaml');
  const lines: string[] = [];
  const plan = buildPlan(scenario, await adaptersOf(scenario), 'local');
  const { result, error } = await sessions.run(plan, memory(), {
    listener: { print: (line) => void lines.push(line) },
    print,
  });
  expect(error).toBeUndefined();
  return { result, lines };
}

const whole = (messages: number) => ({ sent: messages, confirmed: messages, unique: messages, lost: 0, duplicates: 0 });

describe('hello', () => {
  it('shows each message as it is sent and received, and measures nothing', async () => {
    const { result, lines } = await run({ pattern: 'hello', consumers: '1', messages: '3', sizes: '[52B]' });
    const [record] = result.runs;
    expect(record!.delivery).toMatchObject({ ...whole(3), corrupt: 0 });
    expect(record!.verdict).toMatchObject({ status: 'ok', warnings: [] });
    // A second may have passed on a busy machine, and what the broker did then stands behind it.
    const evidence = record!.verdict.evidence.filter((line) => !line.startsWith('the broker: its processes used '));
    expect(evidence).toEqual(['3 of 3 messages came through']);
    expect(record!.figures).toBeUndefined();
    expect([...lines].sort()).toEqual(
      [0, 1, 2]
        .flatMap((n) => [
          `memory: producer 0 sent #${n} (52 B): 'Hello World!'`,
          `memory: consumer 0 received #${n} of producer 0 (52 B): 'Hello World!'`,
        ])
        .sort(),
    );
    for (const n of [0, 1, 2])
      expect(lines.findIndex((line) => line.includes(`sent #${n}`))).toBeLessThan(
        lines.findIndex((line) => line.includes(`received #${n}`)),
      );
    expect(result.warnings).toEqual([]);
  });
});

describe('printing', () => {
  it('shows the first messages of any scenario, and says that its figures are not to be compared', async () => {
    const { result, lines } = await run({ messages: '2000', consumers: '2', payload: 'text' }, true);
    expect(result.runs[0]!.delivery).toMatchObject(whole(2_000));
    expect(lines.filter((line) => line.includes('producer 0 sent'))).toHaveLength(100);
    expect(lines.filter((line) => line.includes('goes on'))).toHaveLength(3);
    expect(lines.find((line) => line.includes('consumer 1 received'))).toMatch(/ \(100 B\): '[A-Za-z]/);
    expect(result.warnings.join()).toContain('no figure here is to be compared');
  });

  it('is off unless it is asked for', async () => {
    const { result, lines } = await run({ messages: '100' });
    expect(lines).toEqual([]);
    expect(result.warnings).toEqual([]);
  });
});

describe('fair dispatch', () => {
  const fair = { consumers: '2', messages: '40', prefetch: '[1, 100]' };

  it('shares heavy work with prefetch 1, and leaves all of it to one worker with a large one', async () => {
    const { result } = await run({
      ...fair,
      pattern: '{kind: fair-dispatch, weights: {odd: 50ms, even: 0}}',
    });
    for (const record of result.runs) {
      expect(record.delivery).toMatchObject(whole(40));
      expect(record.tasks!.evenSeconds).toBeCloseTo(0.5, 9);
      expect(record.tasks!.workers.reduce((sum, w) => sum + w.tasks, 0)).toBe(40);
      // Nobody works for less than the messages weigh.
      expect(record.tasks!.workers.reduce((sum, w) => sum + w.busySeconds, 0)).toBeGreaterThan(0.999);
      expect(record.figures!.measuredSeconds).toBeCloseTo(record.tasks!.completionSeconds, 9);
    }
    const by = (prefetch: number) => result.runs.find((r) => r.cell.endsWith(`prefetch=${prefetch}`))!;
    const heavy = (prefetch: number) => by(prefetch).tasks!.workers.map((w) => Math.round(w.busySeconds / 0.05));
    // Who is free depends on the machine; that the other one is not does not.
    expect(Math.max(...heavy(1))).toBeLessThan(20);
    expect(by(1).tasks!.workers.map((w) => w.mostHeld)).toEqual([1, 1]);
    expect(by(1).verdict.warnings.join()).not.toContain('prefetch');
    const unfair = by(100).tasks!;
    expect(Math.min(...unfair.workers.map((w) => w.busySeconds))).toBeLessThan(0.05);
    expect(unfair.completionSeconds).toBeGreaterThan(1);
    // A machine that is busy with other things comes first.
    expect(['work', 'machine']).toContain(by(100).verdict.bound);
  });

  it('counts the marks in the text that arrives', async () => {
    const { result, lines } = await run(
      {
        ...fair,
        prefetch: '1',
        pattern: '{kind: fair-dispatch, weights: {each: 10ms, texts: ["a hard task #####", "an easy one #"]}}',
      },
      true,
    );
    const { tasks, delivery } = result.runs[0]!;
    expect(delivery).toMatchObject({ ...whole(40), corrupt: 0 });
    expect(tasks!.evenSeconds).toBeCloseTo(0.6, 9);
    expect(tasks!.workers.reduce((sum, w) => sum + w.busySeconds, 0)).toBeGreaterThan(1.199);
    expect(lines).toContain("memory: producer 0 sent #0 (100 B): 'a hard task #####'");
    expect(lines).toContain("memory: producer 0 sent #1 (100 B): 'an easy one #'");
  });
});

describe('confirms', () => {
  it('waits in each way, loses nothing, and refuses what the broker has not', async () => {
    const { result } = await run({ pattern: '{kind: confirms, batch: 50}', consumers: '1', messages: '1000' });
    expect(result.cells.map(({ axes }) => axes!.confirms)).toEqual(
      ['none', 'one-by-one', 'batches', 'transactions', 'asynchronous'].filter(
        (mode) => !result.refused.some(({ cell }) => cell.axes!.confirms === mode),
      ),
    );
    for (const record of result.runs) expect(record.delivery).toMatchObject(whole(1_000));
    const rate = (mode: string) => result.runs.find((r) => r.cell.endsWith(`confirms=${mode}`))!.figures!.publishRate;
    // One at a time is slower on any machine.
    expect(rate('one-by-one')).toBeLessThan(rate('batches'));
    expect(rate('one-by-one')).toBeLessThan(rate('asynchronous'));
  });
});
