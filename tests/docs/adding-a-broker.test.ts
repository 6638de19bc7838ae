import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/root.js';

const page = readFileSync(join(packageRoot, 'docs', 'adding-a-broker.md'), 'utf8');
const blocks = [...page.matchAll(/^```ts\n(.*?)\n```$/gms)].map((match) => match[1] ?? '');
const folder = join(packageRoot, 'examples', 'nats');
const sources = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(folder, file), 'utf8'));

describe('docs/adding-a-broker.md', () => {
  it('shows the example', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(6);
  });

  it.each(blocks.map((block) => [block.trim().split('\n')[0], block]))('has from it: %s', (_, block) => {
    expect(sources.some((source) => source.includes(block))).toBe(true);
  });
});
