/** What is done with the messages, as a scenario says it; src/brokers/pattern.ts is what a broker makes of it. */
import type { WorkQueuePattern } from './patterns/work-queue.js';

/** The pattern of a scenario, read and complete with defaults. */
export type ScenarioPattern = WorkQueuePattern;

export type PatternName = ScenarioPattern['kind'];

/** A pattern as a result keeps it: a bare name where there is nothing else to say, as before there were others. */
export type PatternRecord = PatternName | ScenarioPattern;

export function recordOf(pattern: ScenarioPattern): PatternRecord {
  const alone = Object.entries(pattern).every(([key, value]) => key === 'kind' || value === undefined);
  return alone ? pattern.kind : pattern;
}

/** The pattern that a result keeps. */
export function patternOf(record: PatternRecord): ScenarioPattern {
  return typeof record === 'string' ? { kind: record } : record;
}
