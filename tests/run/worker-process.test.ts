/** Workers that cannot even be started, or die between two questions. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import type { EventMessage } from '../../src/run/protocol.js';
import { WorkerProcess } from '../../src/run/worker-process.js';

const { execPath } = process;
const folder = mkdtempSync(join(tmpdir(), 'mqbench-worker-'));
afterEach(() => {
  process.execPath = execPath;
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('is told as lost, answers nothing, and can be closed and killed all the same', async () => {
  // As with EAGAIN or EMFILE: fork() returns, an error comes later, an exit never.
  process.execPath = join(folder, 'no-such-node');
  const events: EventMessage[] = [];
  const worker = new WorkerProcess('consumer 3', (event) => events.push(event), join(folder, 'log'));
  await expect(worker.request('progress', {})).rejects.toThrow(/consumer 3 could not run: .*ENOENT/);
  await worker.close();
  await worker.kill();
  expect(worker.pid).toBeUndefined();
  expect(events).toMatchObject([
    { type: 'lost', error: { message: expect.stringContaining('could not run') as string } },
  ]);
});

it('is lost, not broken, when it dies a moment before it is asked', async () => {
  const worker = new WorkerProcess('consumer 1', () => undefined, join(folder, 'log'));
  await expect.poll(() => worker.pid).toBeGreaterThan(0);
  process.kill(worker.pid!, 'SIGKILL');
  // Node learns of the death only when this thread is free again; until then it takes the worker for connected.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  await expect(worker.request('progress', {})).rejects.toMatchObject({
    name: 'BrokerError',
    kind: 'lost',
    message: expect.stringMatching(/consumer 1 (is gone|was killed by SIGKILL)/) as string,
  });
  await worker.close();
});
