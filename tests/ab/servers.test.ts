import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { acquireForSides } from '../../src/ab/servers.js';
import type { Side, SideName } from '../../src/ab/side.js';
import type { Target } from '../../src/scenario/types.js';
import { memoryTarget, planOf } from '../fixtures/plan.js';
import { contextWith } from '../servers/helpers.js';

function side(name: SideName, target: Partial<Target>): Side {
  return {
    name,
    variant: { label: name },
    plan: planOf({ targets: [{ ...memoryTarget, ...target }] }),
    workerEnv: {},
    client: undefined,
    dispose: () => Promise.resolve(),
  };
}

const cache = mkdtempSync(join(tmpdir(), 'mqbench-sides-'));
afterAll(() => rmSync(cache, { recursive: true }));

async function urls(sides: readonly Side[], env: NodeJS.ProcessEnv = {}): Promise<(string | undefined)[]> {
  const { of, stopAll } = await acquireForSides(sides, 'auto', {
    ...contextWith(),
    env: { MQBENCH_CACHE: cache, ...env },
  });
  await stopAll();
  return (['A', 'B'] as const).map((name) => of[name].get('memory')?.endpoint.url);
}

it('gives each side the server that its own scenario names, whatever the target is called', async () => {
  const [a, b] = ['memory://127.0.0.1:1', 'memory://127.0.0.1:2'];
  expect(await urls([side('A', { url: a }), side('B', { url: b })])).toEqual([a, b]);
  expect(await urls([side('A', { url: a }), side('B', { url: a })])).toEqual([a, a]);
});

it('starts one for both where nothing about it differs', async () => {
  const [a, b] = await urls([side('A', {}), side('B', { options: { changed: true } })]);
  expect(a).toMatch(/^memory:/);
  expect(b).toBe(a);
});

it('gives the side with a variable of its own that server, and the other the common one', async () => {
  expect(
    await urls([side('A', { url: 'memory://127.0.0.1:1' }), side('B', { url: 'memory://127.0.0.1:1' })], {
      MQBENCH_A_MEMORY_URL: 'memory://127.0.0.1:3',
    }),
  ).toEqual(['memory://127.0.0.1:3', 'memory://127.0.0.1:1']);
});
