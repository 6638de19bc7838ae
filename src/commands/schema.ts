/** `mqbench schema`: the JSON Schemas of what mqbench reads and writes. */
import { z } from 'zod';
import { resultSchema } from '../results/schema.js';
import { scenarioJsonSchema } from '../scenario/json-schema.js';

export const schemaNames = ['scenario', 'result'] as const;
export type SchemaName = (typeof schemaNames)[number];

/** What goes to stdout. */
export function schemaText(name: SchemaName): string {
  const schema =
    name === 'scenario' ? scenarioJsonSchema() : { title: 'mqbench result', ...z.toJSONSchema(resultSchema) };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
