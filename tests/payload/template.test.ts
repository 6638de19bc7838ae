import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonProblem } from '../../src/payload/json-problem.js';
import { seeded } from '../../src/payload/random.js';
import type { TemplateValue } from '../../src/payload/spec.js';
import { drawDocument, longestDocument, parseTemplate, type TemplatePart } from '../../src/payload/template.js';

function partsOf(template: string, values: Record<string, TemplateValue>): readonly TemplatePart[] {
  const parsed = parseTemplate(template, values);
  if ('problems' in parsed) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  return parsed.parts;
}
const customers = ['Ada', 'Grace "Amazing" Hopper', 'Šárka\n\\'];
const order = '{"customer": ${customer}, "price": ${price}}';
const values = { customer: customers, price: { from: 0, to: 99 } };

describe('a template', () => {
  it("draws the course's orders: a customer of the list, a price from 0 to 99", () => {
    const random = seeded(3);
    const drawn = Array.from(
      { length: 5_000 },
      () => JSON.parse(drawDocument(partsOf(order, values), random)) as object,
    );
    const fields = (name: string): unknown[] => drawn.map((one) => (one as Record<string, unknown>)[name]);
    expect(new Set(fields('customer'))).toEqual(new Set(customers));
    expect(new Set(fields('price'))).toEqual(new Set(Array.from({ length: 100 }, (_, price) => price)));
  });

  it('makes JSON whatever the values are, within strings too, and never longer than it says', () => {
    const value: fc.Arbitrary<TemplateValue> = fc.oneof(
      fc.array(
        fc.oneof(
          fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', 'š', '\u0001', '😀', '\ud800', '$', '{') }),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.boolean(),
        ),
        {
          minLength: 1,
          maxLength: 5,
        },
      ),
      fc.record({ from: fc.integer({ min: -1_000, max: 0 }), to: fc.integer({ min: 0, max: 1_000 }) }),
    );
    fc.assert(
      fc.property(value, value, fc.integer(), (a, b, seed) => {
        const parts = partsOf('{"a": [${a}, "so ${a} and ${b}"], "${b}": ${b}}', { a, b });
        const document = drawDocument(parts, seeded(seed));
        expect(() => JSON.parse(document) as unknown).not.toThrow();
        expect(Buffer.byteLength(document)).toBeLessThanOrEqual(longestDocument(parts));
      }),
    );
  });

  it('draws the same from the same seed', () => {
    const parts = partsOf(order, values);
    const draw = (seed: number): string[] => {
      const random = seeded(seed);
      return Array.from({ length: 20 }, () => drawDocument(parts, random));
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it.each([
    ['{"a": ${b}}', { a: [1] }, 'there is no value "b"', 1, 7],
    ['{\n  "a": ${a}\n  "b": 1}', { a: [1] }, 'this is not JSON: expected "," or "}", got "\\""', 3, 3],
    ['{"a": ${a}', { a: [1] }, 'this is not JSON: expected "," or "}", and it ends', 1, 11],
    ['{"a": ${a', { a: [1] }, 'a placeholder is not closed', 1, 7],
    ['{"a": ${a b}}', { a: [1] }, '"${a b}" is no placeholder', 1, 7],
    ['{${a}: 1}', { a: ['x'] }, 'this is not JSON: expected a name in double quotes, got "0"', 1, 2],
    ['', {}, 'this is not JSON: expected a value, and it ends', 1, 1],
    ['{"a": 1}}', {}, 'this is not JSON: expected nothing more, got "}"', 1, 9],
  ] as [string, Record<string, TemplateValue>, string, number, number][])(
    'says what is wrong with %s, and where',
    (template, given, message, line, column) => {
      const parsed = parseTemplate(template, given);
      expect('problems' in parsed && parsed.problems[0]).toMatchObject({ message, place: { line, column } });
    },
  );

  it('says which value it does not use', () => {
    expect(parseTemplate('{"a": ${a}}', { a: [1], b: [2] })).toMatchObject({
      problems: [{ message: 'the value "b" stands nowhere in it' }],
    });
  });
});

describe('what is JSON', () => {
  it('is what JSON.parse takes', () => {
    const isJson = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', '"', '1', '\\', 'x', ' ', '\u0001'))
      .map(([text, at, put]) => text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + 1));
    fc.assert(
      fc.property(fc.oneof(fc.json(), broken), (text) => (jsonProblem(text) === undefined) === isJson(text)),
      { numRuns: 2_000 },
    );
  });

  it('is never so deep that reading it fails', () => {
    expect(jsonProblem('['.repeat(100_000))?.message).toMatch(/nested too deeply/);
  });
});
