/** What a kind of pattern consists of: how its map is read, what it asks of a broker, and what contradicts it. */
import type { z } from 'zod';
import type { Pattern, PatternFeature, Route } from '../../brokers/pattern.js';
import type { Asked, Contradiction } from '../contradictions.js';

/** One kind of pattern; there is a file for each, and a line in ../pattern-schema.ts. */
export interface PatternDefinition<P extends { readonly kind: string }> {
  /** What an editor says of it: a clause, without its name. */
  readonly summary: string;
  /** Reads the map, `kind` included; a bare name is read as a map that has nothing else. */
  readonly schema: z.ZodType<P>;
  /** The keys valid in the map at a path below `pattern`, for "did you mean". */
  knownKeys(path: readonly (string | number)[]): readonly string[];
  /** What the destination is for; undefined where that is a plain work queue. */
  destination(pattern: P, scenario: { readonly producers: number }): Pattern | undefined;
  /** How many consumers it has a part for; undefined where any number will do. */
  consumers?(pattern: P): number;
  /**
   * Where messages go, or how urgent they are: each message takes the next one, in an order that is drawn by the seed
   * (src/patterns/deck.ts). Left out where all messages are alike and shared.
   */
  routes?(pattern: P): readonly Route[];
  /** What it asks of the adapter beyond having that destination. */
  readonly features?: readonly PatternFeature[];
  /** A run is as many messages as the scenario says, also in a first look: by time it would be another lesson. */
  readonly counted?: true;
  /** What the scenario's other keys get wrong together with it; those that could not be read are missing. */
  contradictions?(pattern: P, asked: Asked): Contradiction[];
  /** The pattern in words, for plan and report. */
  text(pattern: P): string;
}
