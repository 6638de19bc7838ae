/**
 * Which route each message of a run takes: the routes are laid out in a row that producers go through again and
 * again, each from a place of its own. So all routes are used as often as they are in the row, and whoever knows a
 * message's producer and sequence number knows its route.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Route } from '../brokers/pattern.js';

/** Fisher–Yates with the given generator. */
export function shuffled<T>(items: readonly T[], random: ReturnType<typeof xoroshiro128plus>): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

/** The row, in an order that the seed draws. */
export function drawRow(routes: readonly Route[], seed: number): Route[] {
  return shuffled(routes, xoroshiro128plus(seed));
}

/** A row of routes; plain data crosses between processes, and each makes a deck of it. */
export class Deck {
  /** The different routes, in the order of their text. */
  readonly lanes: readonly Route[];
  /** By place in the row. */
  private readonly laneAt: readonly number[];

  /** @param row at least one route */
  constructor(readonly row: readonly Route[]) {
    const texts = row.map((route) => JSON.stringify(route));
    const different = [...new Set(texts)].sort();
    this.lanes = different.map((text) => JSON.parse(text) as Route);
    this.laneAt = texts.map((text) => different.indexOf(text));
  }

  /** The place in the row of a producer's message. */
  placeOf(producer: number, sequence: number): number {
    return (sequence + producer) % this.row.length;
  }

  routeOf(producer: number, sequence: number): Route {
    return this.row[this.placeOf(producer, sequence)] as Route;
  }

  /** Index of its route among the different ones. */
  laneOf(producer: number, sequence: number): number {
    return this.laneAt[this.placeOf(producer, sequence)] as number;
  }
}
