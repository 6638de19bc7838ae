/** The JSON Schema of a scenario file, for editors; made from the schemas that read the file. */
import { z } from 'zod';
import { patternSummary } from './pattern-schema.js';
import { type FieldName, fields } from './schema.js';
import { type JsonSchema, writtenSchema } from './values.js';

/** What an editor says of a key. */
const descriptions: Readonly<Record<FieldName, string>> = {
  name: 'Names the result folder.',
  description: 'Its first sentence shows in `mqbench list`, all of it in the report.',
  pattern: `What is done with the messages. ${patternSummary}.`,
  work: 'transfer: send and receive at once; produce or consume: one side alone; backlog: fill first, then drain.',
  targets: 'What is measured: built-in targets, variants of them, or adapters from elsewhere.',
  producers: 'Producer processes; a list makes a cell of each.',
  consumers: 'Consumer processes that share the work; Kafka gets as many partitions. A list makes a cell of each.',
  destinations: 'Queues or topics that the work is spread over; a list makes a cell of each.',
  lateConsumers: 'Consumers that join while it runs, e.g. {count: 1, after: 10s}.',
  faults: 'What is broken on purpose, e.g. [{at: 40%, do: kill-consumer}].',
  messages: 'Measured messages of a run, over all producers; or give duration.',
  duration: 'How long a run measures, e.g. 20s; or give messages.',
  sizes: 'Sizes of whole bodies, e.g. [100B, 1KB], or distributions; each on each target is one cell.',
  payload:
    'What bodies hold: random, zeros, text, {json: {template: …, values: …}} or {file: …}; a list makes a cell of each.',
  guarantee: 'What a confirm promises, the same on every broker; a list makes a cell of each.',
  load: 'How messages are offered: {mode: full-speed, inFlight: 5000}, {rate: 2000/s}, or a ramp, bursts or a walk over rates; a list makes a cell of each.',
  prefetch:
    'Messages that a consumer may hold unacknowledged, where the broker has such a limit; a list makes a cell of each.',
  include: 'Cells on top of the product of all lists, e.g. [{size: 100KB, consumers: 1}].',
  exclude: 'Cells left out of the product of all lists, e.g. [{target: kafka, consumers: 1}].',
  repetitions: 'Runs of each cell; the report shows median and range.',
  warmup: 'Before each measurement, never counted, e.g. 5s.',
  drain: 'How long nothing may arrive after the last send until missing messages count as lost, e.g. 60s.',
  pause: 'Between runs, so that the machine settles, e.g. 1s.',
  seed: 'Fixes the order of the runs.',
};

/** JSON Schema 2020-12. What depends on an adapter (its options, its largest body) `mqbench validate` alone checks. */
export function scenarioJsonSchema(): JsonSchema {
  const schema = writtenSchema(z.strictObject(fields));
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => [
    name,
    { description: descriptions[name as FieldName], ...(property as JsonSchema) },
  ]);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'mqbench scenario',
    ...schema,
    properties: Object.fromEntries(properties) as NonNullable<JsonSchema['properties']>,
    oneOf: [{ required: ['messages'] }, { required: ['duration'] }],
  };
}
