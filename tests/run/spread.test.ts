import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consumerPlaces, destinationSpecs, producerDestinations } from '../../src/run/spread.js';

const spreads = fc
  .record({ destinations: fc.integer({ min: 1, max: 8 }), each: fc.integer({ min: 1, max: 6 }), many: fc.boolean() })
  .chain(({ destinations, each, many }) => {
    const consumers = destinations * each;
    const divisors = Array.from({ length: destinations }, (_, i) => i + 1).filter((p) => destinations % p === 0);
    return fc.record({
      destinations: fc.constant(destinations),
      consumers: fc.constant(consumers),
      late: fc.integer({ min: 0, max: consumers - destinations }),
      producers: many ? fc.constant(destinations * 2) : fc.constantFrom(...divisors),
    });
  });

describe('workers over destinations', () => {
  it('gives each destination the same consumers and the same part of the messages', () => {
    fc.assert(
      fc.property(spreads, (spread) => {
        const places = consumerPlaces(spread);
        const specs = destinationSpecs('mqbench-x', { guarantee: 'at-least-once' }, spread);
        expect(new Set(specs.map(({ name }) => name)).size).toBe(spread.destinations);
        const parts = new Array<number>(spread.destinations).fill(0);
        for (let i = 0; i < spread.producers; i++) {
          const to = producerDestinations(i, spread);
          expect(to.length).toBeGreaterThan(0);
          for (const d of to) parts[d] = (parts[d] as number) + 1 / to.length;
        }
        for (const part of parts) expect(part).toBeCloseTo(spread.producers / spread.destinations, 9);
        specs.forEach(({ consumers }, d) => {
          const here = places.filter((place) => place.destination === d);
          expect(here.map(({ place }) => place)).toEqual(Array.from({ length: consumers }, (_, i) => i));
          const early = here.filter((place) => !place.late);
          // Whoever is there from the start waits for those that are, and for no one else.
          expect(early.length).toBeGreaterThan(0);
          expect(early.every(({ together }) => together === early.length)).toBe(true);
          expect(here.filter((place) => place.late).every(({ together }) => together === consumers)).toBe(true);
        });
        expect(places.filter(({ late }) => late)).toHaveLength(spread.late);
      }),
    );
  });
});
