/** Tells whether two results answered the same question. */
import { basename } from 'node:path';
import { isExternal } from '../brokers/shipped.js';
import { recordOf, type ScenarioPattern } from './pattern.js';
import { axisNames } from './axes.js';
import { weightsKey } from './axis-keys.js';
import { hashOfJson } from './canonical-json.js';
import { cellsOf } from './cells.js';
import { payloadQuestion } from './payload-record.js';
import { compareSizes } from './sizes.js';
import type { Scenario } from './types.js';

/** The same on every machine, wherever somebody else's module is installed. */
function adapterName(adapter: string): string {
  return isExternal(adapter) ? basename(adapter) : adapter;
}

/**
 * SHA-256 (hex) over what defines the question: pattern, targets (name, adapter, options), sizes, producers,
 * consumers (late ones too), destinations, faults, work, messages or duration, guarantee, load, payload, prefetch and
 * warm-up, and which cells there are where more than these varies. Left out, because the answer stays
 * comparable without it: name and description (labels), where the server stands (recorded by itself), the order in
 * which targets and sizes are listed, repetitions (precision), seed (order of the runs), pause and drain limit.
 */
export function digestOf(scenario: Scenario): string {
  const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
  const question = {
    pattern: patternQuestion(scenario.pattern),
    targets: scenario.targets
      .map(({ name, adapter, options }) => ({ name, adapter: adapterName(adapter), options }))
      .sort(byName),
    sizes: [...scenario.sizes].sort(compareSizes),
    producers: scenario.producers,
    consumers: scenario.consumers,
    messages: scenario.messages,
    durationSeconds: scenario.durationSeconds,
    guarantee: scenario.guarantee,
    load: scenario.load,
    prefetch: scenario.prefetch,
    warmupSeconds: scenario.warmupSeconds,
    // Left out where they say nothing, so that results from before these keys keep their digest.
    ...(scenario.work === 'transfer' ? {} : { work: scenario.work }),
    ...(scenario.destinations === 1 ? {} : { destinations: scenario.destinations }),
    lateConsumers: scenario.lateConsumers,
    ...(scenario.payload.kind === 'random' ? {} : { payload: payloadQuestion(scenario.payload) }),
    ...(scenario.faults.length === 0 ? {} : { faults: scenario.faults }),
  };
  if (scenario.matrix === undefined) return hashOfJson(question);
  // What varies is in the cells.
  const fixed = Object.entries(question).filter(
    ([key]) => !(axisNames as readonly string[]).includes(key) || !Object.hasOwn(scenario.matrix?.axes ?? {}, key),
  );
  return hashOfJson({
    ...Object.fromEntries(fixed),
    cells: cellsOf(scenario)
      .map(({ id }) => id)
      .sort(),
  });
}

/** Several weights are the same ones in any order. */
function patternQuestion(pattern: ScenarioPattern): object | string {
  return pattern.kind === 'fair-dispatch' && pattern.weightings !== undefined
    ? { kind: pattern.kind, weightings: pattern.weightings.map(weightsKey).sort() }
    : recordOf(pattern);
}
