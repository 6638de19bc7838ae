import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { prepare } from '../../src/ab/checkout.js';
import { ExitCode, InterruptedError, MqbenchError } from '../../src/errors.js';
import type { Leftover } from '../../src/results/leftovers.js';
import { processIdentity, waitUntil } from '../../src/servers/supervised/process.js';

const home = mkdtempSync(join(tmpdir(), 'mqbench-prepare-'));
afterAll(() => rmSync(home, { recursive: true }));

/** What would have to go if this process were killed just now. */
const inCare = new Set<Leftover>();
const alsoRemove = (leftover: Leftover): (() => void) => {
  inCare.add(leftover);
  return () => void inCare.delete(leftover);
};
afterEach(() => expect([...inCare]).toEqual([]));

const run = (command: string, folder: string, stop = new AbortController().signal): Promise<void> =>
  prepare(command, {
    folder,
    env: {},
    logFile: join(folder, 'prepare.log'),
    failsWith: ExitCode.baseline,
    alsoRemove,
    signal: stop,
    grace: 300,
  });
const fresh = (): string => mkdtempSync(join(home, 'case-'));
/** The process whose id the command wrote. */
const pidIn = (folder: string): number => Number(readFileSync(join(folder, 'pid'), 'utf8'));
const isGone = (pid: number): Promise<boolean> =>
  waitUntil(async () => (await processIdentity(pid)) === undefined, 10_000);

async function errorOf(work: Promise<unknown>): Promise<MqbenchError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof MqbenchError) return error;
  throw new Error('nothing was thrown', { cause: error });
}

describe('a command that prepares', () => {
  it('does not have to wait for what it leaves in the background, which is ended', async () => {
    const folder = fresh();
    await run('sleep 1000 & echo $! >pid; echo done', folder);
    expect(readFileSync(join(folder, 'prepare.log'), 'utf8')).toBe('done\n');
    expect(await isGone(pidIn(folder))).toBe(true);
  });

  it('is not started after an interruption', async () => {
    const folder = fresh();
    expect(await errorOf(run('echo $$ >pid', folder, AbortSignal.abort()))).toBeInstanceOf(InterruptedError);
    expect(() => pidIn(folder)).toThrow();
  });

  it('is killed when it does not end on an interruption', async () => {
    const folder = fresh();
    const interruption = new AbortController();
    // The shell ignores what asks it to end, and so does all that it starts.
    const ended = errorOf(
      run(`trap '' TERM INT; echo $$ >pid; while :; do sleep 1; done`, folder, interruption.signal),
    );
    await waitUntil(() => {
      try {
        return pidIn(folder) > 0;
      } catch {
        return false;
      }
    }, 10_000);
    interruption.abort();
    expect(await ended).toBeInstanceOf(InterruptedError);
    expect(await isGone(pidIn(folder))).toBe(true);
  });

  it.each([
    ['false', /ended with 1/, /printed nothing/],
    ['echo it is broken; exit 9', /ended with 9/, /it is broken/],
  ])('that fails is told with a way on: %s', async (command, message, hint) => {
    const error = await errorOf(run(command, fresh()));
    expect(error.exitCode).toBe(ExitCode.baseline);
    expect(error.message).toMatch(message);
    expect(error.details.hint).toMatch(hint);
  });

  it('that cannot be run is told with a way on', async () => {
    const error = await errorOf(
      prepare('true', {
        folder: join(home, 'none'),
        env: {},
        logFile: join(fresh(), 'prepare.log'),
        failsWith: ExitCode.environment,
        alsoRemove,
        signal: new AbortController().signal,
      }),
    );
    expect(error.exitCode).toBe(ExitCode.environment);
    expect(error.details.hint).toBeDefined();
  });
});
