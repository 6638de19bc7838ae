/** A stored result may come from a stranger: whatever stands in it, it is drawn or refused, and stays text. */
import fc from 'fast-check';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { report } from '../../src/commands/report.js';
import { MqbenchError } from '../../src/errors.js';
import { composeReport } from '../../src/report/compose.js';
import { renderHtml } from '../../src/report/html.js';
import { renderMarkdown } from '../../src/report/markdown.js';
import { buildModel } from '../../src/report/model.js';
import { renderTerminal } from '../../src/report/table.js';
import { type Result, resultSchema } from '../../src/results/schema.js';
import { makeResult } from './fixtures.js';

const long = process.env['MQBENCH_TEST_LONG'] === '1';
const small = makeResult({ sizes: [100], repetitions: 2 });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench-fuzz-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const markup = '"><script>alert(1)</script><img src=x onerror=alert(1)>]]>--><!--\u001b[2J|`${x}`';
const words = fc.oneof(
  fc.constantFrom(
    '',
    markup,
    '__proto__',
    '../../../x',
    'x'.repeat(50_000),
    '=1+1',
    '\u202e\u0000\ud800',
    '[x](javascript:alert(1))',
  ),
  fc.string({ unit: 'binary' }),
);
const numbers = fc.oneof(
  fc.constantFrom(0, -1, 1e308, -1e308, Number.MAX_SAFE_INTEGER, 5e-324, 0.1, 1e-9),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
);
const others = fc.constantFrom<unknown>(null, true, [], {}, [[]], { a: { b: 'c' } }, Array(300).fill(1), ['x'], [{}]);

type Path = readonly (string | number)[];

/** Every place in it, inner ones included. */
function placesOf(value: unknown, path: Path = []): Path[] {
  const inner =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, child]) => placesOf(child, [...path, key]))
      : [];
  return [path, ...inner];
}

/** The same with another value at one place; `undefined` takes the key out. */
function changed(value: unknown, [first, ...rest]: Path, to: unknown): unknown {
  if (first === undefined) return to;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value)
    ? [...(value as unknown[])]
    : { ...(value as Record<string, unknown>) };
  (copy as Record<string, unknown>)[first] = changed((copy as Record<string, unknown>)[first], rest, to);
  return copy;
}

// Samples are many and alike: a few of them are enough.
const places = placesOf(small).filter((path) => path[2] !== 'samples' || Number(path[3]) < 2);
/** Mostly of the right kind, so that it passes for a result and has to be drawn. */
const change = fc.constantFrom(...places).chain((path) => {
  const now = path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], small);
  const right: fc.Arbitrary<unknown> =
    typeof now === 'string' ? words : typeof now === 'number' ? numbers : fc.constantFrom<unknown>([], {}, undefined);
  const to = fc.oneof({ weight: 8, arbitrary: right }, { weight: 1, arbitrary: fc.oneof(words, numbers, others) });
  return to.map((value) => [path, value] as const);
});
const mutated = fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) => {
  let data: unknown = small;
  for (const [path, to] of changes)
    try {
      data = changed(data, path, to);
    } catch {
      // An earlier change took the place away.
    }
  return JSON.parse(JSON.stringify(data ?? null)) as unknown;
});

function texts(result: Result): string[] {
  const models = [buildModel(result)];
  const full = composeReport(models, 'full');
  return [
    renderTerminal(composeReport(models, 'brief'), { columns: 80, color: false }),
    renderMarkdown(full),
    renderHtml(full, [], { fonts: '', scripts: { html: '', sources: "'none'" } }),
  ];
}

describe('a result with something else in some places', () => {
  it('is refused, or said in words without markup or control characters', () => {
    let taken = 0;
    fc.assert(
      fc.property(mutated, (data) => {
        const parsed = resultSchema.safeParse(data);
        if (!parsed.success) return;
        taken++;
        const [terminal = '', markdown = '', html = ''] = texts(parsed.data);
        expect(terminal).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
        expect(markdown).not.toMatch(/<(?!br>|sub>|\/sub>)/);
        expect(html).not.toMatch(/<script|<img/i);
      }),
      { numRuns: long ? 5_000 : 150 },
    );
    expect(taken).toBeGreaterThan(20);
  });

  it('is refused, or drawn; nothing is written elsewhere', async () => {
    let n = 0;
    await fc.assert(
      fc.asyncProperty(mutated, async (data) => {
        const at = join(folder, String(++n), 'result');
        mkdirSync(at, { recursive: true });
        writeFileSync(join(at, 'result.json'), JSON.stringify(data));
        try {
          await report([at], {}, { columns: 80, color: false });
        } catch (error) {
          if (!(error instanceof MqbenchError)) throw error;
        }
        expect(readdirSync(join(folder, String(n)))).toEqual(['result']);
        rmSync(join(folder, String(n)), { recursive: true });
      }),
      { numRuns: long ? 300 : 3 },
    );
  });
});
