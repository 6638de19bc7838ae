/** The key `payload`: what stands in the bodies. */
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { checkFile } from '../payload/file.js';
import type { PayloadSpec, TemplateValue } from '../payload/spec.js';
import { parseTemplate, placeholderName } from '../payload/template.js';
import { suggest } from '../nearest.js';
import type { Mistake } from './issues.js';
import { limits } from './limits.js';
import { show } from './show.js';
import { payloadKey } from './axis-keys.js';
import { axis, fail, map, written, writtenSchema } from './values.js';

const words = ['random', 'zeros', 'text'] as const;
const template = '{"customer": ${customer}, "price": ${price}}';
const example = `{json: {template: '${template}', values: {customer: [Ada, Grace], price: {from: 0, to: 99}}}}`;

/** As the scenario says it: a file is not looked for yet. */
export type PayloadAsked = Exclude<PayloadSpec, { kind: 'file' }> | { readonly kind: 'file'; readonly path: string };

const choice = z.union([z.string(), z.number(), z.boolean()]);
const integer = z.int({ error: ({ input }) => `expected a whole number, got ${show(input)}` });
const rangeShape = { from: integer, to: integer };
const range = map(rangeShape, '{from: 0, to: 99}');

const readValue = z.unknown().transform((value, ctx): TemplateValue => {
  if (Array.isArray(value)) {
    if (value.length === 0 || value.length > limits.choices.max)
      return fail(
        ctx,
        `a placeholder stands for one of 1 to ${limits.choices.max} values, and here are ${value.length}`,
      );
    const wrong = value.findIndex((one) => !choice.safeParse(one).success || one !== one);
    if (wrong >= 0)
      return fail(ctx, `expected a text, a number, true or false, got ${show(value[wrong])}`, undefined, [wrong]);
    return value as TemplateValue;
  }
  if (typeof value !== 'object' || value === null)
    return fail(ctx, `expected a list or a range, got ${show(value)}`, 'for example [Ada, Grace] or {from: 0, to: 99}');
  const parsed = range.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) ctx.addIssue(issue as never);
    return z.NEVER;
  }
  const { from, to } = parsed.data;
  if (from > to) return fail(ctx, `${to} is less than ${from}`, 'write the smaller one at from', ['to']);
  if (to - from > limits.range.max)
    return fail(ctx, `the range is too wide`, `at most ${limits.range.max.toLocaleString('en-US')} numbers`, ['to']);
  return parsed.data;
});
const value = readValue.register(written, () => ({
  anyOf: [
    { type: 'array', items: writtenSchema(choice), minItems: 1, maxItems: limits.choices.max },
    writtenSchema(range),
  ],
}));

const jsonShape = {
  template: z.string({ error: ({ input }) => `expected the template's text, got ${show(input)}` }),
  values: z
    .record(z.string().regex(placeholderName, 'a name is letters, digits and "_"'), value, {
      error: ({ input }) => `expected a map of values, got ${show(input)}`,
    })
    .default({}),
};

const payloadShape = {
  json: map(jsonShape, example).optional(),
  file: z.string({ error: ({ input }) => `expected a file, got ${show(input)}` }).optional(),
};

const payloadMap = map(payloadShape, example).transform(({ json, file }, ctx): PayloadAsked => {
  if (json && file !== undefined) return fail(ctx, 'json and file exclude each other', 'keep one of them', ['file']);
  if (file !== undefined) return { kind: 'file', path: file };
  if (!json) return fail(ctx, 'a payload is json or file here', `one of ${words.join(', ')}, or ${example}`);
  const parsed = parseTemplate(json.template, json.values);
  if ('parts' in parsed) return { kind: 'json', ...json };
  for (const { message, place, hint } of parsed.problems)
    fail(ctx, place ? `line ${place.line}, column ${place.column} of the template: ${message}` : message, hint, [
      'json',
      'template',
    ]);
  return z.NEVER;
});

const readPayload = z.unknown().transform((value, ctx): PayloadAsked => {
  if (typeof value === 'object' && value !== null) {
    const parsed = payloadMap.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) ctx.addIssue(issue as never);
    return z.NEVER;
  }
  const found = words.find((word) => word === value);
  if (found) return { kind: found };
  if (value === 'json') return fail(ctx, 'json needs a template', `for example ${example}`);
  if (value === 'file') return fail(ctx, 'file needs a path', 'for example {file: orders.bin}');
  return fail(
    ctx,
    typeof value === 'string' ? `${show(value)} is not valid here` : `expected what bodies hold, got ${show(value)}`,
    typeof value === 'string' ? suggest(value, [...words, 'json', 'file']) : `for example random, or ${example}`,
  );
});

/** What bodies of some cells hold. */
export const onePayload = readPayload.register(written, () => ({
  anyOf: [{ enum: [...words] }, writtenSchema(payloadMap)],
}));

/** What bodies hold. */
export const payload = axis(onePayload, 'payloads', '[random, zeros]', (asked) =>
  asked.kind === 'file' ? `file ${asked.path}` : payloadKey(asked),
);

/** The keys valid in the map at a path below `payload`. */
export function knownPayloadKeys(path: readonly (string | number)[]): readonly string[] {
  if (path.length === 0) return Object.keys(payloadShape);
  if (path[0] === 'json') return path.length === 1 ? Object.keys(jsonShape) : Object.keys(rangeShape);
  return [];
}

/**
 * Looks at the file of a payload that has one.
 * @param scenarioFile paths are relative to its folder
 * @param path where the payload stands, for the mistake
 */
export function findPayload(asked: PayloadAsked, scenarioFile: string, path: Mistake['path']): PayloadSpec | Mistake {
  if (asked.kind !== 'file') return asked;
  const found = checkFile(resolve(dirname(scenarioFile), asked.path));
  return 'kind' in found ? found : { path: [...path, 'file'], atKey: false, ...found };
}
