/**
 * The shipped soak scenario, cut to the least time that is judged: silent about clients that keep their size, a warning
 * for one that leaks. Each takes more than a minute, so both are left to a long test run.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { leastSeconds } from '../../src/metrics/drift.js';
import { readResult } from '../../src/results/store.js';
import { packageRoot } from '../../src/root.js';
import { addressOf } from '../fixtures/address-of.js';
import { externalAdapters } from '../fixtures/external-adapter.js';
import { memoryServer } from '../fixtures/memory-server.js';
import { Mqbench } from './mqbench.js';

const isLong = process.env['MQBENCH_TEST_LONG'] === '1';
const folder = externalAdapters();
afterAll(() => rmSync(folder, { recursive: true }));
const server = memoryServer();

const own = JSON.stringify(pathToFileURL(join(packageRoot, 'dist', 'brokers', 'memory', 'index.js')).href);
/** Of each message that a consumer gets, 4 KB are kept: at 300 messages a second 70 MB a minute. */
writeFileSync(
  join(folder, 'leaky.mjs'),
  `import { memory } from ${own};
const kept = [];
export default { ...memory, id: 'leaky', async connect(endpoint, options, context) {
  const inner = await memory.connect(endpoint, options, context);
  const all = Object.fromEntries(['serverInfo', 'createDestination', 'deleteDestination', 'createProducer',
    'stats', 'close', 'destroy'].map((name) => [name, (...args) => inner[name](...args)]));
  return { ...all, createConsumer: (spec, onMessage) => inner.createConsumer(spec, (message) => {
    kept.push(Buffer.alloc(4096, 1));
    onMessage(message);
  }) };
} };
`,
);

describe.runIf(isLong)('a soak run', () => {
  it.each([
    ['memory', []],
    ['leaky', ['--adapter', './leaky.mjs']],
  ] as const)('of %s', { timeout: 300_000 }, async (id, adapter) => {
    const out = join(folder, `out-${id}`);
    const args = ['run', 'soak', '--target', id, '--duration', `${leastSeconds + 1}s`, '--warmup', '5s'];
    const env = { [`MQBENCH_${id.toUpperCase()}_URL`]: addressOf(server().endpoint) };
    const command = new Mqbench([...args, '--consumers', '1', '--out', out, ...adapter], { cwd: folder, env });
    const { code, stderr } = await command.finished;
    expect(code, stderr).toBe(0);
    expect(await command.gone(10_000)).toEqual([]);
    const { runs } = await readResult(out);
    expect(runs).toHaveLength(1);
    const { trends = [], verdict, delivery } = runs[0]!;
    expect(delivery).toMatchObject({ lost: 0, duplicates: 0 });
    const watched = trends.map(({ what }) => what).sort();
    expect(watched).toEqual(
      expect.arrayContaining([expect.stringContaining('received'), 'memory of consumer 0', 'memory of producer 0']),
    );
    const drifting = trends.filter(({ drifts }) => drifts).map(({ what }) => what);
    const memory = drifting.filter((what) => what.startsWith('memory of'));
    expect(memory, JSON.stringify(trends)).toEqual(id === 'leaky' ? ['memory of consumer 0'] : []);
    if (id === 'leaky') expect(verdict.warnings.join('\n')).toMatch(/drift: memory of consumer 0 went from \d+ MB to/);
  });
});
