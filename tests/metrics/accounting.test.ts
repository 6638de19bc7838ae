import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitmap, count, countMissing, union } from '../../src/metrics/bitmap.js';
import { accountDelivery, jainIndex } from '../../src/metrics/delivery.js';
import { Receipts } from '../../src/metrics/receipts.js';
import { InFlight, Sends } from '../../src/metrics/sends.js';
import { envelopeBytes, EnvelopeReader, EnvelopeWriter } from '../../src/run/envelope.js';

const reader = new EnvelopeReader();
const writers = [0, 1].map((producer) => new EnvelopeWriter(1, producer));
function read(producer: number, sequence: number, time: number): void {
  const writer = writers[producer]!;
  const body = Buffer.alloc(envelopeBytes);
  writer.write(body, 2, sequence, time, time, 0);
  reader.read(body);
}
function deliver(
  to: Receipts,
  sequence: number,
  options: { producer?: number; partition?: number; redelivered?: boolean } = {},
): void {
  read(options.producer ?? 0, sequence, 1_000);
  to.measured(reader, 2_000 + sequence, options.partition, options.redelivered ?? false, 100);
}
function sent(n: number, confirmed: readonly number[]): Sends {
  const sends = new Sends(false);
  for (let i = 0; i < n; i++) sends.send(true, 1_000, 1_000, 100);
  for (const i of confirmed) sends.confirm(true, i, 1_000, 1_000, 2_000);
  return sends;
}

describe('bitmap', () => {
  it('behaves like a set of numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100_000)), fc.array(fc.nat(100_000)), (a, b) => {
        const [setA, setB] = [new Set(a), new Set(b)];
        const fill = (numbers: number[]): Uint32Array => {
          const bitmap = new Bitmap();
          const known = new Set<number>();
          for (const n of numbers) {
            expect(bitmap.add(n)).toBe(!known.has(n));
            known.add(n);
          }
          return bitmap.record();
        };
        const [left, right] = [fill(a), fill(b)];
        expect(count(left)).toBe(setA.size);
        expect(count(union([left, right]))).toBe(new Set([...a, ...b]).size);
        expect(countMissing(left, right)).toBe([...setA].filter((n) => !setB.has(n)).length);
      }),
    );
  });
});

describe('delivery accounting', () => {
  it('finds exactly what was lost, duplicated and never confirmed, whoever received it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.record({ message: fc.nat(299), consumer: fc.nat(3) }), { maxLength: 600 }),
        fc.array(fc.nat(299)),
        (n, deliveries, refused) => {
          const confirmed = Array.from({ length: n }, (_, i) => i).filter((i) => !refused.includes(i));
          const consumers = [0, 1, 2, 3].map(() => new Receipts(1, false));
          const real = deliveries.filter(({ message }) => message < n);
          for (const { message, consumer } of real) deliver(consumers[consumer]!, message);
          const d = accountDelivery(
            [sent(n, confirmed).record()],
            consumers.map((c) => c.record()),
          );
          const arrived = new Set(real.map(({ message }) => message));
          expect(d.sent).toBe(n);
          expect(d.confirmed).toBe(confirmed.length);
          expect(d.unconfirmed).toBe(n - confirmed.length);
          expect(d.received).toBe(real.length);
          expect(d.unique).toBe(arrived.size);
          expect(d.duplicates).toBe(real.length - arrived.size);
          expect(d.lost).toBe(confirmed.filter((i) => !arrived.has(i)).length);
        },
      ),
    );
  });

  it('is exact for ten million messages over four consumers with one lost and one doubled', () => {
    const n = 10_000_000;
    const sends = new Sends(false);
    const consumers = [0, 1, 2, 3].map(() => new Bitmap());
    const confirmed = new Bitmap();
    for (let i = 0; i < n; i++) {
      confirmed.add(i);
      if (i !== 7_654_321) consumers[i % 4]!.add(i);
    }
    consumers[0]!.add(1_234_567);
    const empty = new Receipts(1, false).record();
    const receipts = consumers.map((bitmap) => ({
      ...empty,
      seen: [bitmap.record()],
      received: count(bitmap.record()),
    }));
    const d = accountDelivery(
      [{ ...sends.record(), sent: n, confirmed: confirmed.record(), confirmedCount: n }],
      receipts,
    );
    expect(d).toMatchObject({ sent: n, confirmed: n, unconfirmed: 0, unique: n - 1, duplicates: 1, lost: 1 });
  });

  it('judges order by producer and partition', () => {
    const swapped = new Receipts(2, false);
    for (const s of [0, 1, 3, 2, 4]) deliver(swapped, s);
    expect(swapped.record().outOfOrder).toBe(1);

    const interleaved = new Receipts(2, false);
    deliver(interleaved, 5, { partition: 0 });
    deliver(interleaved, 4, { partition: 1 });
    deliver(interleaved, 1, { producer: 1, partition: 0 });
    expect(interleaved.record().outOfOrder).toBe(0);
  });

  it('counts a duplicate as a duplicate and not as out of order, and keeps its latency out', () => {
    const receipts = new Receipts(1, false);
    for (const s of [0, 1, 2]) deliver(receipts, s);
    deliver(receipts, 1, { redelivered: true });
    expect(receipts.record()).toMatchObject({ received: 4, unique: 3, bytes: 300, outOfOrder: 0, redelivered: 1 });
  });

  it('notices a receipt before its send', () => {
    const receipts = new Receipts(1, false);
    read(0, 0, 5_000);
    receipts.measured(reader, 4_000, undefined, false, 100);
    expect(receipts.record().negative).toBe(1);
  });
});

describe('in flight', () => {
  it('gives each unsettled message its own slot and grows when needed', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 300 }), (steps) => {
        const inFlight = new InFlight(4);
        const held = new Map<number, number>();
        let sequence = 0;
        for (const take of steps) {
          const oldest = [...held.keys()][0];
          if (take || oldest === undefined) {
            const slot = inFlight.take(sequence, 0, 0);
            expect(held.has(slot)).toBe(false);
            held.set(slot, sequence++);
          } else {
            expect(inFlight.sequence[oldest]).toBe(held.get(oldest));
            inFlight.release(oldest);
            held.delete(oldest);
          }
          expect(inFlight.size).toBe(held.size);
        }
      }),
    );
  });
});

describe("Jain's index", () => {
  it('is 1 for equal shares and 1/n when one has everything', () => {
    expect(jainIndex([25, 25, 25, 25])).toBe(1);
    expect(jainIndex([100, 0, 0, 0])).toBe(0.25);
    // Jain, Chiu and Hawe's definition by hand: (1+2+3+4)² / (4 · (1+4+9+16)) = 100/120
    expect(jainIndex([1, 2, 3, 4])).toBeCloseTo(100 / 120, 12);
  });
});
