import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { importAdapter, locateAdapter } from '../../src/brokers/external.js';
import { BrokerError, UsageError } from '../../src/errors.js';
import { externalAdapters } from '../fixtures/external-adapter.js';

const folder = externalAdapters();
afterAll(() => rmSync(folder, { recursive: true }));

describe('an adapter from elsewhere', () => {
  it.each([
    ['./mine.js', 'mine.js'],
    ['mine.js', 'mine.js'],
    [join(folder, 'mine.js'), 'mine.js'],
    ['mqbench-theirs', 'node_modules/mqbench-theirs/index.js'],
  ])('is found as %s', async (written, file) => {
    const url = locateAdapter(written, folder);
    expect(url).toBe(pathToFileURL(join(folder, file)).href);
    expect((await importAdapter(url)).capabilities.partitioned).toBe(false);
  });

  it.each([
    './none.js',
    'no-such-package',
    '.',
    '@no/such',
    'stream',
    'node:fs',
    'data:text/javascript,',
    './a\0.js',
    `./${'a'.repeat(5_000)}.js`,
  ])('is not found as %s', (written) => {
    expect(() => locateAdapter(written, folder)).toThrow(UsageError);
  });

  it('is not looked for where mqbench has one of that name', () => {
    expect(() => locateAdapter('kafka', folder)).toThrow(/The adapter "kafka" is mqbench's own/);
  });

  it.each([
    ['empty.js', /no adapter: it has no default export/],
    ['half.js', /no adapter: it has no connect\(\)/],
    ['broken.js', /cannot be loaded: .*no-such-package/],
  ])('that is none is refused with the reason: %s', async (file, reason) => {
    await expect(importAdapter(locateAdapter(file, folder))).rejects.toThrow(reason);
    await expect(importAdapter(locateAdapter(file, folder))).rejects.toBeInstanceOf(UsageError);
  });

  /** An adapter that is ours but for what is written here. */
  const changed = async (name: string, differs: string) => {
    const source = readFileSync(join(folder, 'mine.js'), 'utf8');
    writeFileSync(join(folder, name), source.replace('id: "mine"', `id: "mine", ${differs}`));
    return importAdapter(locateAdapter(name, folder));
  };

  it.each([
    [
      'guarantees.js',
      "capabilities: { ...memory.capabilities, guarantees: { 'at-most-once': true } }",
      /guarantees\.at-least-once/,
    ],
    ['prefetch.js', 'capabilities: { ...memory.capabilities, prefetch: false }', /capabilities\.prefetch is not what/],
    ['null.js', 'capabilities: null', /it declares no capabilities/],
    ['takeover.js', 'takeover: 5', /its takeover is no function/],
  ])('that declares too little is refused: %s', async (name, differs, reason) => {
    await expect(changed(name, differs)).rejects.toThrow(reason);
  });

  it('is blamed for what it throws', async () => {
    const adapter = await changed(
      'throwing.js',
      'client() { throw new Error("no manifest"); }, describeGuarantee() {}, refuses() { throw new Error("no"); }',
    );
    const destination = { guarantee: 'at-least-once', consumers: 1 } as const;
    expect(() => adapter.client()).toThrow(/"mine" failed in client\(\): no manifest/);
    expect(() => adapter.describeGuarantee('at-least-once', {})).toThrow(/does not say in describeGuarantee\(\)/);
    expect(() => adapter.refuses?.(destination, {})).toThrow(UsageError);
  });

  it.each([
    ['plain.js', 'throw new Error("no mood");', { kind: 'other', message: 'The adapter "mine" failed: no mood' }],
    [
      'foreign.js',
      `throw Object.assign(new Error('Too far.'), { name: 'BrokerError', kind: 'absent', details: { hint: 'Go.' } });`,
      { kind: 'absent', message: 'Too far.', details: { hint: 'Go.' } },
    ],
    [
      'silent.js',
      'return new Promise(() => undefined);',
      { kind: 'timeout', message: /neither connected nor given up/ },
    ],
    ['nothing.js', 'return undefined;', { kind: 'other', message: /without a connection/ }],
  ])('is blamed for what keeps it from connecting, and that ends: %s', async (name, body, told) => {
    const adapter = await changed(name, `async connect() { ${body} }`);
    const events = { onLost: () => undefined, onRetry: () => undefined, onBlocked: () => undefined };
    const connecting = adapter.connect({ url: 'x://h' }, {}, { clientName: 'test', timeoutMs: 10, events });
    const error = (await connecting.catch((reason: unknown) => reason)) as BrokerError;
    expect(error).toBeInstanceOf(BrokerError);
    expect(error.kind).toBe(told.kind);
    expect(error.message).toMatch(told.message);
    expect(error.details.hint).toMatch(/\w/);
  });
});
