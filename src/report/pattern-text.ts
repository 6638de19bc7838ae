/** Patterns in words, as tables and plots say them. */
import type { Result } from '../results/schema.js';
import { hasSubscriptions } from '../brokers/pattern.js';
import { patternOf, type ScenarioPattern } from '../scenario/pattern.js';
import { definitionOf } from '../scenario/pattern-schema.js';

type Scenario = Result['scenario'];

/** Whether each consumer has a subscription of its own. */
export function isSubscribed(scenario: Scenario): boolean {
  const pattern = patternOf(scenario.pattern);
  return hasSubscriptions(definitionOf(pattern).destination(pattern, scenario));
}

/** The pattern in a clause; undefined of a work queue, of which nothing needs to be said. */
export function patternText(scenario: Scenario): string | undefined {
  const pattern = patternOf(scenario.pattern);
  return pattern.kind === 'work-queue' ? undefined : definitionOf(pattern).text(pattern);
}

/** What a subscriber asks for. */
export function bindingText(pattern: ScenarioPattern, subscriber: number): string {
  if (pattern.kind === 'routing' || pattern.kind === 'topics') return (pattern.bindings[subscriber] ?? []).join(', ');
  if (pattern.kind !== 'headers') return 'everything';
  return (pattern.bindings[subscriber] ?? [])
    .map(({ match, headers }) =>
      Object.entries(headers)
        .map(([name, value]) => `${name}=${value}`)
        .join(match === 'all' ? ' and ' : ' or '),
    )
    .join('; ');
}
