/** What is done with the messages, as a scenario says it; src/brokers/pattern.ts is what a broker makes of it. */
import type { ConfirmsPattern } from './patterns/confirms.js';
import type { FairDispatchPattern } from './patterns/fair-dispatch.js';
import type { HelloPattern } from './patterns/hello.js';
import type { HeadersPattern } from './patterns/headers.js';
import type { PriorityPattern } from './patterns/priority.js';
import type { PubSubPattern } from './patterns/pub-sub.js';
import type { ReplayPattern } from './patterns/replay.js';
import type { RoutingPattern } from './patterns/routing.js';
import type { RpcPattern } from './patterns/rpc.js';
import type { TopicsPattern } from './patterns/topics.js';
import type { WorkQueuePattern } from './patterns/work-queue.js';

/** The pattern of a scenario, read and complete with defaults. */
export type ScenarioPattern =
  | HelloPattern
  | WorkQueuePattern
  | FairDispatchPattern
  | ConfirmsPattern
  | PubSubPattern
  | RoutingPattern
  | TopicsPattern
  | HeadersPattern
  | PriorityPattern
  | ReplayPattern
  | RpcPattern;

export type PatternName = ScenarioPattern['kind'];

/** The names of patterns that have nothing else to say. */
type BareName<P extends ScenarioPattern = ScenarioPattern> = P extends ScenarioPattern
  ? Exclude<keyof P, 'kind'> extends never
    ? P['kind']
    : never
  : never;

/** A pattern as a result keeps it: a bare name where there is nothing else to say, as before there were others. */
export type PatternRecord = BareName | Exclude<ScenarioPattern, { readonly kind: BareName }>;

export function recordOf(pattern: ScenarioPattern): PatternRecord {
  // What the types say; TypeScript does not follow a look at the keys.
  return (Object.keys(pattern).length === 1 ? pattern.kind : pattern) as PatternRecord;
}

/** The pattern that a result keeps. */
export function patternOf(record: PatternRecord): ScenarioPattern {
  return typeof record === 'string' ? { kind: record } : record;
}
