/** Which worker works on which destination: both kinds are dealt out evenly. Pure. */
import type { DestinationSpec } from '../brokers/adapter.js';

/** What has to be spread. */
export interface Spread {
  readonly producers: number;
  readonly consumers: number;
  readonly destinations: number;
  /** The last consumers, which join late. */
  readonly late: number;
}

/** A consumer's place. */
export interface ConsumerPlace {
  /** Index among all consumers of the run. */
  readonly index: number;
  readonly late: boolean;
  readonly destination: number;
  /** Among the consumers of its destination. */
  readonly place: number;
  /** How many consumers the destination has as soon as this one has joined. */
  readonly together: number;
}

/** Every consumer's place. Consumers are a multiple of destinations. */
export function consumerPlaces({ consumers, destinations, late }: Spread): ConsumerPlace[] {
  const early = consumers - late;
  return Array.from({ length: consumers }, (_, index) => {
    const destination = index % destinations;
    const isLate = index >= early;
    return {
      index,
      late: isLate,
      destination,
      place: Math.floor(index / destinations),
      together: isLate ? consumers / destinations : Math.floor((early - destination + destinations - 1) / destinations),
    };
  });
}

/** The destinations that a producer sends to in turn: one, or its share where there are fewer producers. */
export function producerDestinations(index: number, { producers, destinations }: Spread): number[] {
  if (producers >= destinations) return [index % destinations];
  return Array.from({ length: destinations }, (_, d) => d).filter((d) => d % producers === index);
}

/** The destinations of a run; all are for the same. */
export function destinationSpecs(
  name: string,
  { guarantee, pattern }: Pick<DestinationSpec, 'guarantee' | 'pattern'>,
  s: Spread,
): DestinationSpec[] {
  return Array.from({ length: s.destinations }, (_, d) => ({
    name: s.destinations === 1 ? name : `${name}-${d}`,
    guarantee,
    consumers: s.consumers / s.destinations,
    ...(pattern === undefined ? {} : { pattern }),
  }));
}
