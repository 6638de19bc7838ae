/** Every built-in variant: the adapter's contract on its own server and with its own options, and a run that loses nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import type { Adapter, Endpoint } from '../../src/brokers/adapter.js';
import { loadAdapter } from '../../src/brokers/registry.js';
import { contractSuite } from '../../src/contract/index.js';
import { readResult } from '../../src/results/store.js';
import { builtInTargets, type KnownTarget } from '../../src/scenario/targets.js';
import { startLocalServer } from '../../src/servers/index.js';
import { baseServerIds, type BaseServerId, type RunningServer } from '../../src/servers/provider.js';
import { Mqbench } from '../cli/mqbench.js';

const long = process.env['MQBENCH_TEST_LONG'] === '1';
const shared = inject('servers');
const started: RunningServer[] = [];
afterAll(async () => {
  await Promise.all(started.map((server) => server.stop()));
});

const variants = [...builtInTargets].filter(
  ([, { variantOf = '' }]) => variantOf in shared && 'endpoint' in shared[variantOf as BaseServerId],
);

/** The adapter with the variant's options as if they were its defaults. */
function varied(adapter: Adapter, options: KnownTarget['options']): Adapter {
  return { ...adapter, options: z.preprocess((given) => ({ ...options, ...(given as object) }), adapter.options) };
}

async function endpointOf({ server }: KnownTarget): Promise<Endpoint> {
  const base = baseServerIds.find((id) => id === server);
  const there = base === undefined ? undefined : shared[base];
  if (there !== undefined && 'endpoint' in there) return there.endpoint;
  const progress = { step: () => ({ update: () => undefined, done: () => undefined }) };
  const own = await startLocalServer(server ?? 'memory', { progress, signal: new AbortController().signal });
  started.push(own);
  return own.endpoint;
}

/** Kafka and AMQP say so; over STOMP RabbitMQ ends the whole connection, and ActiveMQ says nothing. */
const tellsOfDeletion = (adapter: string): boolean => adapter !== 'stomp';

if (long)
  for (const [name, target] of variants) {
    const endpoint = await endpointOf(target);
    const adapter = varied(await loadAdapter(target.adapter), target.options);
    describe(name, () => contractSuite({ adapter, endpoint, tellsOfDeletion: tellsOfDeletion(target.adapter) }));
  }

describe.skipIf(!long || variants.length === 0)('a run of every variant', () => {
  it('loses nothing, each on a server of its own where it needs one', { timeout: 600_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-variants-'));
    const names = variants.map(([name]) => name);
    try {
      const out = join(folder, 'out');
      const asked = ['--size', '100B', '--messages', '1000', '--warmup', '0', '--repetitions', '1', '--consumers', '2'];
      const args = ['run', '--target', names.join(','), '--server', 'local', ...asked, '--out', out];
      const { code, stderr } = await new Mqbench(args, { cwd: folder }).finished;
      expect(code, stderr).toBe(0);
      const result = await readResult(out);
      expect(result.runs.map((r) => [r.cell, r.delivery?.unique, r.delivery?.lost]).sort()).toEqual(
        names.map((name) => [`${name}/100B`, 1_000, 0]).sort(),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
