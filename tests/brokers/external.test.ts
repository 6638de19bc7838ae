import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { importAdapter, locateAdapter } from '../../src/brokers/external.js';
import { UsageError } from '../../src/errors.js';
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

  it.each(['./none.js', 'no-such-package', '.', '@no/such'])('is not found as %s', (written) => {
    expect(() => locateAdapter(written, folder)).toThrow(UsageError);
  });

  it.each([
    ['empty.js', /no adapter: it has no default export/],
    ['half.js', /no adapter: it has no connect\(\)/],
    ['broken.js', /cannot be loaded: .*no-such-package/],
  ])('that is none is refused with the reason: %s', async (file, reason) => {
    await expect(importAdapter(locateAdapter(file, folder))).rejects.toThrow(reason);
    await expect(importAdapter(locateAdapter(file, folder))).rejects.toBeInstanceOf(UsageError);
  });
});
