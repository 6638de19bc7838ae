import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Queue, Subscriber } from '../../../src/brokers/memory/broker/queue.js';
import { MessageRing } from '../../../src/brokers/memory/broker/ring.js';

describe('the message ring', () => {
  it('keeps what was pushed and not removed, through growing and shrinking', () => {
    // Beyond the capacity that an emptied ring gives back.
    const ring = new MessageRing();
    const frame = Buffer.alloc(1);
    for (let n = 0; n < 150_000; n += 1) ring.push(frame, n, n + 7, 2 * n);
    for (let n = 0; n < 150_000; n += 2) ring.remove(n);
    expect(ring.first).toBe(1);
    for (let n = 1; n < 150_000; n += 2) {
      if (ring.frame(n) !== frame || ring.from(n) !== n || ring.to(n) !== n + 7 || ring.position(n) !== 2 * n) {
        expect.fail(`message ${n} is not what was pushed`);
      }
    }
    expect(ring.frame(2)).toBeUndefined();
    for (let n = 149_999; n > 0; n -= 2) ring.remove(n);
    expect([ring.first, ring.end]).toEqual([150_000, 150_000]);
    ring.push(frame, 1, 2, 3);
    expect([ring.from(150_000), ring.to(150_000), ring.position(150_000)]).toEqual([1, 2, 3]);
    expect(ring.frame(150_001)).toBeUndefined();
  });
});

/** A consumer as the model of the test sees it. */
interface Model {
  readonly subscriber: Subscriber;
  readonly deliveries: { readonly message: number; acknowledged: boolean }[];
  congested: boolean;
}

type Step =
  | { readonly do: 'publish'; readonly count: number }
  | { readonly do: 'subscribe'; readonly prefetch: number }
  | { readonly do: 'acknowledge'; readonly who: number; readonly which: number; readonly span: number }
  | { readonly do: 'unsubscribe'; readonly who: number }
  | { readonly do: 'congest'; readonly who: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('publish' as const), count: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ do: fc.constant('subscribe' as const), prefetch: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ do: fc.constant('acknowledge' as const), who: fc.nat(), which: fc.nat(), span: fc.nat({ max: 6 }) }),
  fc.record({ do: fc.constant('unsubscribe' as const), who: fc.nat() }),
  fc.record({ do: fc.constant('congest' as const), who: fc.nat() }),
);

describe('the queue', () => {
  it('loses nothing, doubles nothing and keeps to the prefetch, whoever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let heldBytes = 0;
        const queue = new Queue('q', { add: (bytes) => (heldBytes += bytes) });
        const consumers: Model[] = [];
        const done = new Set<number>();
        const seen = new Set<number>();
        let published = 0;

        const subscribe = (prefetch: number): Model => {
          const deliveries: Model['deliveries'] = [];
          const model: Model = {
            deliveries,
            congested: false,
            subscriber: new Subscriber(queue, prefetch, {
              deliver: (frame, from, to, redelivered) => {
                const message = frame.readUInt32BE(from);
                expect(to - from).toBe(4);
                expect(done.has(message), `message ${message} was done`).toBe(false);
                expect(redelivered, `flag of message ${message}`).toBe(seen.has(message));
                seen.add(message);
                deliveries.push({ message, acknowledged: false });
              },
              cancelled: () => expect.fail('nobody deleted it'),
              congested: () => model.congested,
            }),
          };
          consumers.push(model);
          queue.subscribe(model.subscriber);
          return model;
        };
        const acknowledge = (model: Model, first: number, last: number): void => {
          for (const delivery of model.deliveries.slice(first, last + 1)) {
            delivery.acknowledged = true;
            done.add(delivery.message);
          }
          queue.acknowledge(model.subscriber, first, last);
          queue.dispatch();
        };
        const leave = (model: Model): void => {
          consumers.splice(consumers.indexOf(model), 1);
          queue.unsubscribe(model.subscriber);
        };

        for (const now of steps) {
          const chosen = 'who' in now && consumers.length > 0 ? consumers[now.who % consumers.length] : undefined;
          if (now.do === 'publish') {
            for (let i = 0; i < now.count; i += 1, published += 1) {
              const frame = Buffer.alloc(6);
              frame.writeUInt32BE(published, 1);
              queue.publish(frame, 1, 5);
            }
            queue.dispatch();
          } else if (now.do === 'subscribe') subscribe(now.prefetch);
          else if (chosen && now.do === 'unsubscribe') leave(chosen);
          else if (chosen && now.do === 'congest') {
            chosen.congested = !chosen.congested;
            queue.dispatch();
          } else if (chosen && now.do === 'acknowledge' && chosen.deliveries.length > 0) {
            const first = now.which % chosen.deliveries.length;
            acknowledge(chosen, first, Math.min(first + now.span, chosen.deliveries.length - 1));
          }
          for (const { deliveries, subscriber } of consumers) {
            const outstanding = deliveries.filter(({ acknowledged }) => !acknowledged).length;
            expect(outstanding).toBe(subscriber.outstanding);
            expect(outstanding).toBeLessThanOrEqual(subscriber.prefetch!);
          }
          const stats = queue.stats();
          expect(stats.ready + stats.unacknowledged + stats.acknowledged).toBe(published);
          expect(stats.acknowledged).toBe(done.size);
          expect(heldBytes).toBe(4 * (published - done.size));
          // Whoever has credit has been given what there was.
          if (consumers.some(({ subscriber }) => subscriber.hasCredit)) expect(stats.ready).toBe(0);
        }

        for (const model of [...consumers]) leave(model);
        const last = subscribe(published + 1);
        // What was left arrives in its first order.
        const order = last.deliveries.map(({ message }) => message);
        expect(order).toEqual(order.toSorted((a, b) => a - b));
        acknowledge(last, 0, last.deliveries.length - 1);
        expect(done.size).toBe(published);
        expect(heldBytes).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('drops what it holds when it is deleted, and tells its consumers', () => {
    let heldBytes = 0;
    const queue = new Queue('q', { add: (bytes) => (heldBytes += bytes) });
    const told: string[] = [];
    const sink = { deliver: () => undefined, cancelled: (reason: string) => told.push(reason), congested: () => false };
    queue.subscribe(new Subscriber(queue, 3, sink));
    for (let i = 0; i < 10; i += 1) queue.publish(Buffer.alloc(5), 0, 5);
    queue.dispatch();
    expect([heldBytes, queue.stats().unacknowledged, queue.stats().ready]).toEqual([50, 3, 7]);
    queue.delete();
    expect(heldBytes).toBe(0);
    expect(told).toEqual(['the queue q was deleted']);
    expect(queue.deleted).toBe(true);
  });
});
