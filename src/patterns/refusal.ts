/** Whether an adapter can have a destination, and why not: one answer for the plan and for createDestination(). */
import type { Adapter, Capabilities, DestinationSpec, ProducerSpec } from '../brokers/adapter.js';
import { capabilitiesOf } from '../brokers/capabilities.js';
import { hasSubscriptions, type PatternFeature, type Support } from '../brokers/pattern.js';
import { BrokerError } from '../errors.js';
import { patternProblems } from './problems.js';

/** The features that a destination needs. */
export function featuresOf({ pattern }: Pick<DestinationSpec, 'pattern'>): readonly PatternFeature[] {
  if (pattern === undefined) return [];
  if (pattern.kind === 'work-queue') return pattern.priorities === undefined ? [] : ['priority'];
  return hasSubscriptions(pattern) && pattern.durable ? [pattern.kind, 'durable-subscriptions'] : [pattern.kind];
}

/** Whether an adapter has a feature, and why not. */
export function supportOf({ patterns }: Pick<Capabilities, 'patterns'>, feature: PatternFeature): Support {
  return patterns?.[feature] ?? { reason: `the adapter has no ${feature.replace('-', ' ')}` };
}

/**
 * Why the adapter cannot have this destination, as a clause; undefined where it can.
 * @param options the adapter's own, as its schema gives them
 */
export function refusalOf<Options>(
  adapter: Pick<Adapter<Options>, 'capabilities' | 'capabilitiesWith' | 'refuses'>,
  destination: Omit<DestinationSpec, 'name'>,
  options: Options,
): string | undefined {
  const capabilities = capabilitiesOf(adapter, options);
  for (const feature of featuresOf(destination)) {
    const support = supportOf(capabilities, feature);
    if (support !== true) return support.reason;
  }
  return adapter.refuses?.(destination, options);
}

/**
 * For an adapter's createDestination().
 * @throws BrokerError where the pattern has a mistake or the adapter refuses it
 */
export function assertDestination<Options>(
  adapter: Pick<Adapter<Options>, 'capabilities' | 'capabilitiesWith' | 'refuses'>,
  destination: DestinationSpec,
  options: Options,
): void {
  const why = patternProblems(destination)[0] ?? refusalOf(adapter, destination, options);
  if (why === undefined) return;
  throw new BrokerError(`The destination ${destination.name} cannot be made: ${why}.`, 'other', {
    hint: 'Change the pattern, or leave this target out.',
  });
}

/**
 * For an adapter's createProducer().
 * @throws BrokerError where the producer is to do what the adapter or the destination's pattern does not have
 */
export function assertProducer(capabilities: Capabilities, spec: ProducerSpec): void {
  const { name, pattern } = spec.destination;
  const transactions = supportOf(capabilities, 'transactions');
  const why =
    spec.transactionSize !== undefined && transactions !== true
      ? transactions.reason
      : spec.onReply !== undefined && pattern?.kind !== 'request-reply'
        ? 'only a destination for request and reply has replies'
        : undefined;
  if (why === undefined) return;
  throw new BrokerError(`A producer for ${name} cannot be had: ${why}.`, 'other', {
    hint: 'Leave out what is refused, or leave this target out.',
  });
}
