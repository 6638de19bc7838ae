/** What the monitor says of each real broker equals what was really published, delivered and left. */
import { afterEach, describe, expect, inject, it } from 'vitest';
import type { Endpoint } from '../../src/brokers/adapter.js';
import { loadAdapter } from '../../src/brokers/registry.js';
import { RateKeeper } from '../../src/monitor/rates.js';
import { openSource } from '../../src/monitor/source.js';
import type {
  CounterName,
  DestinationReading,
  DestinationSample,
  Rates,
  Reading,
  Source,
} from '../../src/monitor/sample.js';
import { Bench, eventually, Inbox, sleep } from '../../src/contract/bench.js';

const sent = 120;
const acknowledged = 45;

interface Case {
  readonly name: 'rabbitmq' | 'kafka' | 'activemq';
  readonly adapter: string;
  /** Another way to the same broker. */
  readonly endpoint?: (endpoint: Endpoint) => Endpoint;
  readonly by: string;
}
const cases: readonly Case[] = [
  { name: 'rabbitmq', adapter: 'rabbitmq', by: 'management API' },
  { name: 'kafka', adapter: 'kafka', by: 'Kafka admin requests' },
  { name: 'activemq', adapter: 'stomp', by: 'Jolokia' },
  {
    name: 'activemq',
    adapter: 'stomp',
    by: 'statistics plugin',
    endpoint: ({ managementUrl: _, ...rest }) => rest,
  },
];

/** What had happened by a moment, as the clients know it. */
type Course = readonly { readonly at: number; readonly done: Readonly<Record<CounterName, number>> }[];

/** What happened in each second between two moments: a busy machine publishes unevenly, too. */
function perSecond(course: Course, of: CounterName, from: number, to: number) {
  const rates = course.flatMap((begin) => {
    const end = course.find(({ at }) => at >= begin.at + 1000);
    if (end === undefined || begin.at < from || end.at > to) return [];
    return [((end.done[of] - begin.done[of]) * 1000) / (end.at - begin.at)];
  });
  return rates.length === 0
    ? { lowest: Infinity, highest: 0 }
    : { lowest: Math.min(...rates), highest: Math.max(...rates) };
}

/** Rates that were told at a moment, of what happened since the look before. */
interface Told {
  readonly at: number;
  readonly rates: Rates;
}

/**
 * Whether the rates told over so many looks, each times the time that it was told for, come to what really happened
 * in that time. A broker that counts late tells of an earlier time of the same length, up to `lateMs`.
 */
function addsUp(told: readonly Told[], course: Course, of: CounterName, lateMs: number) {
  const [first, ...rest] = told;
  let sum = 0;
  let last = first?.at ?? 0;
  for (const { at, rates } of rest) {
    sum += ((rates[of] ?? NaN) * (at - last)) / 1000;
    last = at;
  }
  const doneBy = (at: number): number => course.findLast((one) => one.at <= at)?.done[of] ?? 0;
  const real = Array.from({ length: 1 + lateMs / 100 }, (_, i) => {
    return doneBy(last - i * 100) - doneBy((first?.at ?? 0) - i * 100);
  });
  const fits = sum >= Math.min(...real) * 0.9 && sum <= Math.max(...real) * 1.1;
  return { fits, text: `${of} ${sum.toFixed(0)}, really ${Math.min(...real)} to ${Math.max(...real)}` };
}

for (const { name, adapter, by, endpoint } of cases) {
  const server = inject('servers')[name];
  // Each waits until its broker has counted: one beside the other.
  describe.concurrent(`${name}, by ${by}`, { skip: 'missing' in server }, () => {
    const cleanUp: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const step of cleanUp.splice(0).reverse()) await step();
    });
    const open = async (): Promise<{ source: Source; bench: Bench }> => {
      if ('missing' in server) throw new Error(server.missing);
      const bench = new Bench(await loadAdapter(adapter), server.endpoint);
      cleanUp.push(() => bench.cleanUp());
      const source = (await openSource({ adapter, endpoint: (endpoint ?? ((e) => e))(server.endpoint), ours: true }))!;
      cleanUp.push(() => source.close());
      return { source, bench };
    };

    it.sequential('tells what was published, delivered, acknowledged and left', async () => {
      const { source, bench } = await open();
      const spec = await bench.destination(1);
      let last: DestinationReading | undefined;
      let reading: Reading | undefined;
      const look = async (): Promise<DestinationReading | undefined> => {
        reading = await source.read({ containing: spec.name });
        last = reading.destinations[0];
        return last;
      };
      // The broker's own refresh is waited for; what is in the end must be exact.
      const shows = (what: string, check: (seen: DestinationReading) => boolean) =>
        eventually(`${what}; last seen ${JSON.stringify(last)}`, async () => {
          const seen = await look();
          return seen !== undefined && check(seen);
        }).catch((error: unknown) => {
          throw new Error(`${String(error)}; last seen ${JSON.stringify(last)}`);
        });

      const outbox = await bench.producer(spec);
      await outbox.sendAll(sent);
      // A broker need not refresh all of its figures at once.
      await shows(
        'all published, nothing consumed',
        (seen) =>
          seen.counters.in === sent &&
          (name === 'kafka' || (seen.ready === sent && seen.total === sent && (seen.memoryBytes ?? 0) > 0)),
      );
      if (name !== 'kafka') expect(last).toMatchObject({ ready: sent, unacknowledged: 0, total: sent, consumers: 0 });
      else expect(last).toMatchObject({ partitions: 1, groups: [] });

      const inbox = new Inbox(false);
      await bench.consumers(spec, inbox, 60);
      await inbox.has(60);
      for (const delivery of inbox.all.slice(0, acknowledged)) delivery.acknowledge();
      if (name === 'kafka') {
        await shows('committed', (seen) => seen.groups?.[0]?.counters.acknowledged === acknowledged);
        expect(last?.groups).toEqual([
          {
            name: spec.name,
            state: 'Stable',
            members: 1,
            lag: sent - acknowledged,
            counters: { acknowledged },
          },
        ]);
      } else {
        // The prefetch is full again: 60 are out, the rest waits.
        await shows(
          'acknowledged',
          (seen) =>
            seen.counters.acknowledged === acknowledged &&
            seen.unacknowledged === 60 &&
            seen.ready === sent - acknowledged - 60 &&
            seen.counters.delivered === acknowledged + 60 &&
            seen.total === sent - acknowledged &&
            seen.consumers === 1,
        );
      }
      if (name === 'rabbitmq') {
        expect(['running', 'idle']).toContain(last?.state);
        expect(reading?.nodes[0]).toMatchObject({ running: true, memoryAlarm: false, diskAlarm: false });
        expect(reading?.nodes[0]?.memoryBytes).toBeLessThan(reading?.nodes[0]?.memoryLimitBytes ?? 0);
        expect(reading?.nodes[0]?.diskFreeLimitBytes).toBeGreaterThan(0);
        await eventually('connections', async () => {
          await look();
          return reading?.nodes[0]?.connections === 3; // admin, producer, consumer
        });
      }
      if (name === 'activemq') {
        expect(reading?.nodes[0]?.storeLimitBytes).toBeGreaterThan(0);
        expect(reading?.nodes[0]?.memoryLimitBytes).toBeGreaterThan(0);
      }
      expect(reading?.source).toBe(by);
      // Alone it is found too, as a run looks for it, and it has the same figures.
      const alone = await (await open()).source.read({ exactly: [spec] });
      expect(alone.destinations.map((seen) => seen.counters)).toEqual([last?.counters]);
    });

    it.sequential(
      'tells rates that are, look by look and added up, what is published, delivered and done',
      async () => {
        const { source, bench } = await open();
        const spec = await bench.destination(1);
        const outbox = await bench.producer(spec);
        const inbox = new Inbox(true);
        await bench.consumers(spec, inbox);
        const keeper = new RateKeeper(source.refreshSeconds);
        const course: { at: number; done: Record<CounterName, number> }[] = [];
        let publishing = true;
        const publisher = (async () => {
          while (publishing) {
            for (let i = 0; i < 5; i++) outbox.send('x');
            const consumed = inbox.all.length;
            const done = { in: outbox.settled, delivered: consumed, acknowledged: consumed };
            course.push({ at: performance.now(), done });
            await sleep(20);
          }
        })();
        const counted: CounterName[] = name === 'kafka' ? ['in', 'acknowledged'] : ['in', 'delivered', 'acknowledged'];
        const looks = 8;
        let last: DestinationSample | undefined;
        try {
          const told: Told[] = [];
          const texts: string[] = [];
          // More looks in a row than RabbitMQ's usual 5 s have seconds: none of them leaps, none falls to 0.
          for (let [inARow, addUp] = [0, false]; inARow < 6 || !addUp;) {
            expect(told.length, `good rates; seen: ${texts.join('; ')}`).toBeLessThan(45);
            await sleep(1000);
            const reading = await source.read({ exactly: [spec] });
            const now = performance.now();
            last = keeper.add(reading, now).destinations[0];
            told.push({ at: now, rates: { ...last?.rates, ...last?.groups?.[0]?.rates } });
            const rate = last?.rates.in;
            const { lowest, highest } = perSecond(course, 'in', now - 4000, now);
            inARow = rate !== undefined && rate >= lowest / 2 && rate <= highest * 2 ? inARow + 1 : 0;
            // What is refreshed every second is seen up to a second later, and told for another.
            const sums = counted.map((of) =>
              addsUp(told.slice(-looks), course, of, 100 + source.refreshSeconds * 2_000),
            );
            addUp = told.length > looks && sums.every(({ fits }) => fits);
            texts.push(`${rate?.toFixed(0)}/s where ${lowest.toFixed(0)} to ${highest.toFixed(0)} were published`);
            texts.push(...sums.map(({ text }) => text));
          }
        } finally {
          publishing = false;
          await publisher;
        }
        // In the end there is nothing that was not counted, or was counted twice.
        await inbox.has(outbox.sent);
        await eventually('all is counted', async () => {
          last = keeper.add(await source.read({ exactly: [spec] }), performance.now()).destinations[0];
          const counters = { ...last?.counters, ...last?.groups?.[0]?.counters };
          return counted.every((of) => counters[of] === outbox.sent);
        });
      },
    );

    it.sequential('goes on when a destination vanishes between two looks, and beside a second monitor', async () => {
      const { source, bench } = await open();
      const second = (await open()).source;
      const [a, b] = [await bench.destination(1), await bench.destination(1)];
      const namesSeen = async (by: Source) =>
        (await by.read({ containing: 'mqbench-contract' })).destinations.map((seen) => seen.name);
      await eventually('both are there', async () => {
        const [first, other] = await Promise.all([namesSeen(source), namesSeen(second)]);
        return [a, b].every(({ name }) => first.includes(name) && other.includes(name));
      });
      const admin = await bench.admin();
      await admin.deleteDestination(a);
      await eventually('one is left', async () => {
        const [first, other] = await Promise.all([namesSeen(source), namesSeen(second)]);
        const gone = !first.includes(a.name) && !other.includes(a.name);
        // STOMP cannot delete: an empty queue goes by itself, and ours after 5 s, the other one as well.
        return gone && (name === 'activemq' || (first.includes(b.name) && other.includes(b.name)));
      });
      expect((await source.read({ exactly: [a] })).destinations).toEqual([]);
    });

    it.sequential('says in a line that the password is wrong', async () => {
      if ('missing' in server || server.endpoint.username === undefined) return;
      const wrong = { ...(endpoint ?? ((e: Endpoint) => e))(server.endpoint), password: 'wrong-password' };
      const source = (await openSource({ adapter, endpoint: wrong, ours: true }))!;
      cleanUp.push(() => source.close());
      const error: unknown = await source.read({ containing: '' }).catch((caught: unknown) => caught);
      expect(String(error)).toMatch(/refused/);
      expect(String(error)).not.toContain('wrong-password');
    });
  });
}
