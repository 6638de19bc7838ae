import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/root.js';

const folder = join(packageRoot, 'docs');
const lines = readFileSync(join(folder, 'reliability.md'), 'utf8').split('\n');
const rows = lines.filter((line) => line.startsWith('| ') && !line.startsWith('| tried |'));

describe('docs/reliability.md', () => {
  it('names for each row the test that shows it, or says that there is none', () => {
    expect(rows.length).toBeGreaterThan(80);
    expect(rows.filter((row) => !/\]\(\.\.\/tests\/\S+\) \|$|\| (by reading|–) \|$/.test(row))).toEqual([]);
  });

  it('names tests that are there', () => {
    const named = lines.flatMap((line) =>
      [...line.matchAll(/\]\((\.\.\/tests\/[^)]+)\)/g)].map(([, path = '']) => path),
    );
    expect(named.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
  });
});
