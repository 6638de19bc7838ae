import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { findScenario, readScenarioText, shippedScenarios } from '../../src/scenario/find.js';
import { parseScenario } from '../../src/scenario/parse.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-find-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('finding', () => {
  it('knows shipped scenarios by their bare names, and files by path', () => {
    expect(findScenario('latency')).toMatch(/scenarios.latency\.yaml$/);
    const path = file('mine.yaml', 'name: x');
    expect(findScenario(path)).toBe(path);
  });

  it('suggests the name that was meant', () => {
    expect(() => findScenario('latancy')).toThrow(UsageError);
    const hintFor = (name: string): string | undefined => {
      try {
        findScenario(name);
      } catch (error) {
        return (error as UsageError).details.hint;
      }
      return undefined;
    };
    expect(hintFor('latancy')).toContain('Did you mean "latency"?');
    expect(hintFor('nowhere/round-robbin.yaml')).toContain('Did you mean "round-robin"?');
    expect(hintFor('xyz')).toContain('round-robin');
  });

  it('ships nothing that cannot be read, each under the name that it has inside', async () => {
    expect(shippedScenarios().length).toBeGreaterThanOrEqual(2);
    for (const { name, file } of shippedScenarios()) {
      const scenario = await parseScenario(readScenarioText(file), file);
      expect(scenario.name).toBe(name);
      expect(scenario.description).not.toBe('');
    }
  });
});

describe('reading', () => {
  it('takes text in UTF-8, with or without a byte order mark', () => {
    expect(readScenarioText(file('a.yaml', 'description: größer\r\n'))).toBe('description: größer\r\n');
    expect(readScenarioText(file('b.yaml', '\ufeffname: x'))).toBe('name: x');
  });

  it('refuses what is no scenario file, with a reason', () => {
    const large = file('large.yaml', '');
    truncateSync(large, 1_000_001);
    const cases: [string, RegExp][] = [
      [folder, /A folder is not a scenario/],
      [large, /too large/],
      [file('nul', Buffer.from([110, 0, 1])), /not text/],
      [file('latin1.yaml', Buffer.from([0x67, 0x72, 0xf6])), /not text/],
      [file('utf16.yaml', Buffer.from('\ufeffname: x', 'utf16le')), /not text/],
      ['/dev/null', /not a regular file/],
    ];
    for (const [path, message] of cases) {
      expect(() => readScenarioText(path)).toThrow(UsageError);
      expect(() => readScenarioText(path)).toThrow(message);
    }
  });
});
