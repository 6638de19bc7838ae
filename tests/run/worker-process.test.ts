/** A worker that cannot even be started. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { EventMessage } from '../../src/run/protocol.js';
import { WorkerProcess } from '../../src/run/worker-process.js';

const { execPath } = process;
const folder = mkdtempSync(join(tmpdir(), 'mqbench-worker-'));
afterEach(() => {
  process.execPath = execPath;
  rmSync(folder, { recursive: true, force: true });
});

it('is told as lost, answers nothing, and can be closed and killed all the same', async () => {
  // As with EAGAIN or EMFILE: fork() returns, an error comes later, an exit never.
  process.execPath = join(folder, 'no-such-node');
  const events: EventMessage[] = [];
  const worker = new WorkerProcess('consumer 3', (event) => events.push(event), join(folder, 'log'));
  await expect(worker.request('progress', {})).rejects.toThrow(/consumer 3/);
  await worker.close();
  await worker.kill();
  expect(worker.pid).toBeUndefined();
  expect(events).toMatchObject([
    { type: 'lost', error: { message: expect.stringContaining('could not run') as string } },
  ]);
});
