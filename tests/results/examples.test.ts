/** The results that are committed as examples. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/root.js';

const results = join(packageRoot, 'results');
const examples = readdirSync(results).filter((name) => name.startsWith('example-'));

describe('the examples', () => {
  it('are results and sessions, each with its report', () => {
    expect(examples.length).toBeGreaterThan(3);
    for (const name of examples) {
      expect(['result.json', 'ab.json'].some((file) => existsSync(join(results, name, file))), name).toBe(true);
      expect(statSync(join(results, name, 'report.html')).size, name).toBeGreaterThan(100_000);
    }
  });
});
