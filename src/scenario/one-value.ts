/** The keys of a scenario that hold no list, and why. */
import { listedAxes } from './axes.js';
import type { FieldName } from './schema.js';

/** Lists by nature, and those that make cells. */
const lists: ReadonlySet<string> = new Set<FieldName>([
  'targets',
  'sizes',
  'include',
  'exclude',
  'faults',
  ...listedAxes,
]);

/** Whether a list may stand in the key. */
export function mayHoldList(name: FieldName): boolean {
  return lists.has(name);
}

const otherFigures =
  'its values are measured in different ways, which no table holds side by side: write a scenario for each';
const sameAmount = 'cells are compared, so all are measured for as long: write a scenario for each';

const reasons: Partial<Record<FieldName, string>> = {
  pattern: otherFigures,
  work: otherFigures,
  lateConsumers: otherFigures,
  messages: sameAmount,
  duration: sameAmount,
  warmup: sameAmount,
};

/** What to do about one in another key. */
export function onlyOne(name: FieldName): string {
  return reasons[name] ?? `lists make cells in ${['targets', 'sizes', ...listedAxes].join(', ')}`;
}
