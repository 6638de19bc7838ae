/**
 * A JSON document with placeholders `${name}`. One that stands by itself becomes the drawn value as JSON (a string
 * with its quotes); one within a string becomes part of it.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { suggest } from '../nearest.js';
import { jsonProblem } from './json-problem.js';
import { oneOf, type Random } from './random.js';
import type { TemplateValue } from './spec.js';

/** Names of placeholders. */
export const placeholderName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A template taken apart: literal text, and placeholders. */
export type TemplatePart =
  string | { readonly name: string; readonly value: TemplateValue; readonly withinString: boolean };

/** What is wrong with a template; `place` is where in it. */
export interface TemplateProblem {
  readonly message: string;
  readonly place?: { readonly line: number; readonly column: number };
  readonly hint: string;
}

export type ParsedTemplate =
  { readonly parts: readonly TemplatePart[] } | { readonly problems: readonly TemplateProblem[] };

/** Takes a template apart and checks that whatever is drawn makes a JSON document. Pure. */
export function parseTemplate(template: string, values: Readonly<Record<string, TemplateValue>>): ParsedTemplate {
  const problems: TemplateProblem[] = [];
  const problem = (at: number, message: string, hint: string): void =>
    void problems.push({ message, place: placeOf(template, at), hint });
  const parts: TemplatePart[] = [];
  const used = new Set<string>();
  // The template with something harmless of the same length for each placeholder, so that places in it are the
  // template's.
  let sample = '';
  let literal = '';
  let withinString = false;
  for (let at = 0; at < template.length;) {
    if (!template.startsWith('${', at)) {
      const escaped = withinString && template[at] === '\\';
      const taken = template.slice(at, at + (escaped ? 2 : 1));
      if (taken === '"') withinString = !withinString;
      literal += taken;
      sample += taken;
      at += taken.length;
      continue;
    }
    const end = template.indexOf('}', at);
    if (end < 0) {
      problem(at, 'a placeholder is not closed', 'a placeholder is ${name}');
      break;
    }
    const name = template.slice(at + 2, end);
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (!placeholderName.test(name))
      problem(at, `"\${${name}}" is no placeholder`, 'a placeholder is ${name}: letters, digits and "_"');
    else if (value === undefined) problem(at, `there is no value "${name}"`, suggest(name, Object.keys(values)));
    else {
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push({ name, value, withinString });
      used.add(name);
    }
    const length = end + 1 - at;
    sample += withinString ? 'x'.repeat(length) : '0'.padEnd(length);
    at = end + 1;
  }
  if (literal !== '') parts.push(literal);
  if (problems.length === 0) {
    const wrong = jsonProblem(sample);
    if (wrong !== undefined)
      problem(
        wrong.at,
        `this is not JSON: ${wrong.message}`,
        'for example {"customer": ${customer}, "price": ${price}}',
      );
  }
  for (const name of Object.keys(values))
    if (!used.has(name) && problems.length === 0)
      problems.push({
        message: `the value "${name}" stands nowhere in it`,
        hint: `write \${${name}}, or remove the value`,
      });
  return problems.length > 0 ? { problems } : { parts };
}

function placeOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/** As it stands in the document. */
function written(value: string | number | boolean, withinString: boolean): string {
  if (!withinString) return JSON.stringify(value);
  return JSON.stringify(String(value)).slice(1, -1);
}

/** One document. */
export function drawDocument(parts: readonly TemplatePart[], random: Random): string {
  return parts
    .map((part) => {
      if (typeof part === 'string') return part;
      const { value, withinString } = part;
      return written('from' in value ? uniformInt(random, value.from, value.to) : oneOf(random, value), withinString);
    })
    .join('');
}

/** Bytes of the longest document that can be drawn. */
export function longestDocument(parts: readonly TemplatePart[]): number {
  return parts.reduce((sum, part) => {
    if (typeof part === 'string') return sum + Buffer.byteLength(part);
    const { value, withinString } = part;
    const candidates = 'from' in value ? [value.from, value.to] : value;
    return sum + Math.max(...candidates.map((one) => Buffer.byteLength(written(one, withinString))));
  }, 0);
}
