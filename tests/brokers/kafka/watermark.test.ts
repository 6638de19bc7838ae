import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Watermark } from '../../../src/brokers/kafka/watermark.js';

describe('the acknowledged watermark of a partition', () => {
  it('moves only over what is acknowledged without a hole', () => {
    const watermark = new Watermark(10);
    for (const offset of [10, 11, 12, 13]) watermark.delivered(offset);
    watermark.acknowledge(12);
    watermark.acknowledge(11);
    expect(watermark.offset).toBe(10);
    expect(watermark.uncommitted).toBe(0);
    watermark.acknowledge(10);
    expect(watermark.offset).toBe(13);
    expect(watermark.uncommitted).toBe(3);
  });

  it('counts as uncommitted what a commit did not carry', () => {
    const watermark = new Watermark(0);
    for (let offset = 0; offset < 5; offset += 1) watermark.delivered(offset);
    watermark.acknowledge(0);
    watermark.acknowledge(1);
    const carried = watermark.offset;
    watermark.acknowledge(2);
    watermark.committed(carried);
    expect(watermark.uncommitted).toBe(1);
    // A commit that was overtaken takes nothing back.
    watermark.committed(3);
    watermark.committed(carried);
    expect(watermark.uncommitted).toBe(0);
  });

  it('passes over offsets that the log does not have, but not over a message that comes after them', () => {
    const watermark = new Watermark(3);
    watermark.delivered(3);
    watermark.acknowledge(3);
    watermark.delivered(100_000_000);
    expect(watermark.offset).toBe(100_000_000);
    watermark.acknowledge(100_000_000);
    expect(watermark.offset).toBe(100_000_001);
  });

  it('is the first delivered message not acknowledged, whatever the order, the repeats and the holes', () => {
    const steps = fc.record({
      first: fc.nat(1_000),
      gaps: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 60 }),
      /** Each says which of the messages delivered so far is acknowledged, or to deliver the next. */
      moves: fc.array(fc.oneof(fc.constant('deliver' as const), fc.nat(1_000)), { maxLength: 300 }),
    });
    fc.assert(
      fc.property(steps, ({ first, gaps, moves }) => {
        const offsets = gaps.map((_, i) => first + gaps.slice(0, i).reduce((sum, gap) => sum + gap, 0));
        const watermark = new Watermark(first);
        const delivered: number[] = [];
        const open = new Set<number>();
        for (const move of moves) {
          if (move === 'deliver') {
            const offset = offsets[delivered.length];
            if (offset === undefined) continue;
            watermark.delivered(offset);
            delivered.push(offset);
            open.add(offset);
          } else if (delivered.length > 0) {
            const offset = delivered[move % delivered.length]!;
            watermark.acknowledge(offset);
            open.delete(offset);
          }
          const after = delivered.length === 0 ? first : delivered.at(-1)! + 1;
          expect(watermark.offset).toBe(open.size === 0 ? after : Math.min(...open));
          expect(watermark.uncommitted).toBe(watermark.offset - first);
        }
      }),
    );
  });
});
