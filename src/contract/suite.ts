/**
 * The one contract suite: every adapter passes it against a real broker. What is expected follows from the
 * adapter's own capabilities, so that an adapter is held to what it declares and to nothing else.
 */
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Adapter, Capabilities, Connection, DestinationSpec, Endpoint, Guarantee } from '../brokers/adapter.js';
import { capabilitiesOf } from '../brokers/capabilities.js';
import { BrokerError } from '../errors.js';
import { Bench, connectTimeoutMs, eventually, Inbox, Outbox, patienceMs, sleep, within } from './bench.js';
import { confirmedIsDelivered, endings, frozenBrokerConfirmsNothing } from './early-confirms.js';
import { TcpProxy } from '../proxy/tcp-proxy.js';
import { absentPort, garbagePeer, silentPeer, type Peer } from './peers.js';

/** A broker that the suite may end as a crash would. */
export interface VictimServer {
  readonly endpoint: Endpoint;
  /** Ends the broker without a goodbye, e.g. by SIGKILL to its process. */
  kill(): void | Promise<void>;
  /** Removes what the broker left. Called after kill(), and without it when a test failed before. */
  stop(): Promise<void>;
}

export interface ContractSpec {
  readonly adapter: Adapter;
  /** A broker that answers; the suite makes destinations of its own on it and removes them again. */
  readonly endpoint: Endpoint;
  /** False where the broker does not tell a consumer that its destination was deleted. */
  readonly tellsOfDeletion: boolean;
  /** Starts a second broker for the test that kills one; without it, or where it gives none, that test is skipped. */
  readonly startVictim?: () => Promise<VictimServer | undefined>;
}

const guarantees: readonly Guarantee[] = ['at-most-once', 'at-least-once', 'replicated'];
const kilobyte = 1_000;
/** What an operation may take beyond the bound it was given before it counts as unbounded, in milliseconds. */
const slackMs = 15_000;

/** Declares the suite, at the top level of a test file of vitest. */
export function contractSuite(spec: ContractSpec): void {
  const { adapter, endpoint } = spec;
  describe(`the adapter contract: ${adapter.id}`, { timeout: 3 * patienceMs }, () => {
    let bench: Bench;
    beforeEach(() => {
      bench = new Bench(adapter, endpoint);
    });
    afterEach(async () => bench.cleanUp());
    const context = { adapter, endpoint, bench: () => bench };

    describeDeclarations(context);
    describeBodies(context);
    describeSharing(context);
    describeAcknowledgement(context);
    describeConfirms(context);
    describeDeletion(context, spec.tellsOfDeletion);
    describeBounds(context);
    describeDeath(context, spec.startVictim);
  });
}

/** With the options' defaults, as the suite uses the adapter. */
function defaultCapabilities(adapter: Adapter): Capabilities {
  return capabilitiesOf(adapter, adapter.options.parse({}));
}

interface SuiteContext {
  readonly adapter: Adapter;
  readonly endpoint: Endpoint;
  readonly bench: () => Bench;
}

function describeDeclarations({ adapter, bench }: SuiteContext): void {
  describe('declarations', () => {
    it('names its client library and version', () => {
      expect(adapter.client().name).not.toBe('');
      expect(adapter.client().version).toMatch(/^\d+\.\d+/);
    });

    it('has a default for every option and refuses unknown ones', () => {
      const options = adapter.options.parse({}) as Record<string, unknown>;
      expect(Object.values(options)).not.toContain(undefined);
      expect(adapter.options.safeParse({ noSuchOption: 1 }).success).toBe(false);
    });

    it.each(guarantees)('says what %s sets, or why it cannot', (guarantee) => {
      const supported = defaultCapabilities(adapter).guarantees[guarantee];
      if (supported !== true) {
        expect(supported.reason).toMatch(/\w+ \w+/);
        return;
      }
      const described = adapter.describeGuarantee(guarantee, adapter.options.parse({}));
      expect(described.confirmMeans).toMatch(/\w+ \w+/);
      expect(Object.keys(described.settings)).not.toHaveLength(0);
    });

    it('says why where prefetch limits nothing', () => {
      const { prefetch } = defaultCapabilities(adapter);
      if (prefetch !== true) expect(prefetch.reason).toMatch(/\w+ \w+/);
      expect(adapter.capabilities.dispatch).toBe(adapter.capabilities.partitioned ? 'static' : 'dynamic');
    });

    it('tells what server it talks to', async () => {
      const { connection } = await bench().open();
      const info = await connection.serverInfo();
      expect(info.product).not.toBe('');
      expect(info.nodes).toBeGreaterThanOrEqual(1);
      if (info.version !== undefined) expect(info.version).toMatch(/^\d+\.\d+/);
    });
  });
}

function describeBodies({ adapter, bench }: SuiteContext): void {
  const allBytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const bodies: readonly (readonly [string, Buffer])[] = [
    ['0 bytes', Buffer.alloc(0)],
    ['1 byte', Buffer.from([0x41])],
    ['one NUL', Buffer.from([0])],
    ['one line feed', Buffer.from('\n')],
    ['every byte value', allBytes],
    ['NULs and line ends', Buffer.from('\0\n\r\n\0\0\n\n\0end\n\0')],
    ['what looks like UTF-8 and is not', Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0xed, 0xa0, 0x80])],
    ['1 KB', randomBytes(kilobyte)],
    ['64 KB', randomBytes(64 * kilobyte)],
    ['1 MB', randomBytes(kilobyte * kilobyte)],
  ];

  describe('bodies', () => {
    it('arrive byte by byte as they were sent, in order', async () => {
      expect(adapter.capabilities.maxBodyBytes).toBeGreaterThanOrEqual(kilobyte * kilobyte);
      const destination = await bench().destination();
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox);
      const outbox = await bench().producer(destination);
      for (const [, body] of bodies) outbox.send(body);
      await within(patienceMs, 'flush', outbox.producer.flush());
      expect(outbox.errors).toEqual([]);
      await inbox.has(bodies.length);
      for (const [index, [name, body]] of bodies.entries()) {
        const got = inbox.all[index]?.body;
        expect(got?.length, `length of ${name}`).toBe(body.length);
        expect(got?.equals(body), `bytes of ${name}`).toBe(true);
      }
    });

    it.skipIf(defaultCapabilities(adapter).guarantees['at-most-once'] !== true)(
      'arrive at most once where nothing is confirmed',
      async () => {
        const destination = await bench().destination(2, 'at-most-once');
        const inbox = new Inbox(true);
        const consumers = await bench().consumers(destination, inbox);
        const outbox = await bench().producer(destination);
        await outbox.sendAll(500);
        expect(outbox).toMatchObject({ settled: 500, errors: [], strays: [] });
        await inbox.has(500);
        // Closed in good order: a successor of these consumers starts behind what they got.
        await Promise.all(consumers.map(({ connection }) => connection.close()));
        await bench().consumers(destination, inbox);
        await outbox.sendAll(2, 'last ');
        await inbox.has(502);
        await inbox.isQuiet();
        expect(inbox.texts.slice(0, 500).sort()).toEqual(Array.from({ length: 500 }, (_, i) => `${i}`).sort());
        expect(inbox.texts.slice(500).sort()).toEqual(['last 0', 'last 1']);
      },
    );
  });
}

function describeSharing({ adapter, bench }: SuiteContext): void {
  const { partitioned, prefetch } = defaultCapabilities(adapter);

  describe('sharing the work', () => {
    it('gives each message to one of four consumers, and each consumer its share', async () => {
      const count = 2_000;
      const destination = await bench().destination(4);
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox, 10);
      const outbox = await bench().producer(destination);
      await outbox.sendAll(count);
      await inbox.has(count);
      await inbox.isQuiet();
      expect(new Set(inbox.texts).size).toBe(count);
      expect(inbox.all).toHaveLength(count);
      const shares = [0, 1, 2, 3].map((index) => inbox.all.filter(({ consumer }) => consumer === index).length);
      if (partitioned) expect(shares).toEqual([500, 500, 500, 500]);
      else expect(Math.min(...shares), `shares ${shares.join(', ')}`).toBeGreaterThanOrEqual(count / 8);
    });

    it.runIf(partitioned)('writes to the partition it is given', async () => {
      const destination = await bench().destination(3);
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox);
      const outbox = await bench().producer(destination);
      for (let i = 0; i < 300; i += 1) {
        const partition = [2, 0, 1, 1, 2, 2][i % 6]!;
        outbox.send(`${partition}`, partition);
      }
      await outbox.producer.flush();
      await inbox.has(300);
      expect(inbox.all.filter(({ body, partition }) => body.toString() !== `${partition}`)).toEqual([]);
    });

    it.skipIf(partitioned)('gives no partition where there are none', async () => {
      const destination = await bench().destination();
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox);
      await (await bench().producer(destination)).sendAll(1);
      await inbox.has(1);
      expect(inbox.all[0]?.partition).toBeUndefined();
    });

    it('keeps the order of each stream', async () => {
      const each = 500;
      const destination = await bench().destination(2);
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox);
      const producers = [await bench().producer(destination), await bench().producer(destination)];
      await Promise.all(producers.map((outbox, index) => outbox.sendAll(each, `${index} `)));
      await inbox.has(2 * each);
      const last = new Map<string, number>();
      for (const { body, consumer, partition } of inbox.all) {
        const [producer, sequence] = body.toString().split(' ');
        const stream = `producer ${producer}, ${partition === undefined ? `consumer ${consumer}` : `partition ${partition}`}`;
        expect(Number(sequence), stream).toBeGreaterThan(last.get(stream) ?? -1);
        last.set(stream, Number(sequence));
      }
      expect(last.size).toBe(4);
    });

    it.runIf(prefetch === true)('holds back what exceeds the prefetch until something is acknowledged', async () => {
      const destination = await bench().destination();
      const inbox = new Inbox(false);
      await bench().consumers(destination, inbox, 5);
      await (await bench().producer(destination)).sendAll(50);
      await inbox.has(5);
      await inbox.isQuiet();
      expect(inbox.all).toHaveLength(5);
      inbox.all[0]!.acknowledge();
      await inbox.has(6);
      await inbox.isQuiet();
      expect(inbox.all).toHaveLength(6);
      for (let next = 1; next < 50; next += 1) {
        await inbox.has(next + 1);
        inbox.all[next]!.acknowledge();
      }
      await inbox.isQuiet();
      expect(inbox.texts).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
    });
  });
}

function describeAcknowledgement({ adapter, bench }: SuiteContext): void {
  const { partitioned, redeliveredFlag } = defaultCapabilities(adapter);

  /** A new consumer gets a message that is sent now, and no older one. */
  async function nothingComesBack(destination: DestinationSpec, outbox: Outbox): Promise<void> {
    const second = new Inbox(true);
    await bench().consumers(destination, second);
    await outbox.sendAll(1, 'after ');
    await second.has(1);
    await second.isQuiet();
    expect(second.texts).toEqual(['after 0']);
  }

  describe('acknowledgement', () => {
    it('is final: nothing comes back to a later consumer', async () => {
      const destination = await bench().destination();
      const first = new Inbox(true);
      const [consumer] = await bench().consumers(destination, first);
      const outbox = await bench().producer(destination);
      await outbox.sendAll(200);
      await first.has(200);
      await within(patienceMs, 'closing the consumer', consumer!.consumer.close());
      await within(patienceMs, 'closing the connection', consumer!.connection.close());

      const admin = await bench().admin();
      await eventually('the broker counts nothing as waiting', async () => {
        const stats = await admin.stats(destination);
        return (stats.ready ?? 0) === 0 && (stats.unacknowledged ?? 0) === 0 && (stats.acknowledged ?? 200) >= 200;
      });
      await nothingComesBack(destination, outbox);
    });

    it('may come in any order', async () => {
      const destination = await bench().destination();
      const first = new Inbox(false);
      const [consumer] = await bench().consumers(destination, first);
      const outbox = await bench().producer(destination);
      await outbox.sendAll(20);
      await first.has(20);
      for (const delivery of first.all.toReversed()) delivery.acknowledge();
      await consumer!.consumer.close();
      await consumer!.connection.close();
      await nothingComesBack(destination, outbox);
    });

    it('that never came brings the message back when the connection is cut', async () => {
      const destination = await bench().destination();
      const first = new Inbox(false);
      const [consumer] = await bench().consumers(destination, first, 20);
      await (await bench().producer(destination)).sendAll(20);
      await first.has(20);
      const acknowledged = 5;
      for (const delivery of first.all.slice(0, acknowledged)) delivery.acknowledge();
      const known = await acknowledgementsArrived(await bench().admin(), destination, 20, acknowledged);
      consumer!.connection.destroy();

      const second = new Inbox(true);
      await bench().consumers(destination, second, 20);
      // A watermark that has not been committed when the connection breaks may bring acknowledged messages back.
      const from = known || !partitioned ? acknowledged : 0;
      await eventually('the last of the messages comes back', () => second.texts.includes('19'));
      await second.isQuiet();
      const back = second.texts.map(Number);
      expect(back).toEqual(back.toSorted((a, b) => a - b));
      expect(back).toEqual(
        expect.arrayContaining(Array.from({ length: 20 - acknowledged }, (_, i) => i + acknowledged)),
      );
      expect(Math.min(...back)).toBeGreaterThanOrEqual(from);
      expect(new Set(back).size).toBe(back.length);
      const flags = (inbox: Inbox): Set<boolean | undefined> =>
        new Set(inbox.all.map(({ redelivered }) => redelivered));
      expect(flags(first)).toEqual(new Set([redeliveredFlag ? false : undefined]));
      expect(flags(second)).toEqual(new Set([redeliveredFlag ? true : undefined]));
    });

    it('still outstanding when a consumer closes brings the message to the others', async () => {
      const destination = await bench().destination();
      const first = new Inbox(false);
      const [consumer] = await bench().consumers(destination, first, 10);
      await (await bench().producer(destination)).sendAll(10);
      await first.has(10);
      await consumer!.consumer.close();
      await consumer!.connection.close();
      const second = new Inbox(true);
      await bench().consumers(destination, second, 10);
      await second.has(10);
      expect(second.texts).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`));
    });
  });
}

/**
 * Waits until the broker shows that the acknowledgements are in.
 * @returns false where it shows nothing to tell it by; a second has then passed
 */
async function acknowledgementsArrived(
  admin: Connection,
  destination: Parameters<Connection['stats']>[0],
  delivered: number,
  acknowledged: number,
): Promise<boolean> {
  const stats = await admin.stats(destination);
  if (stats.acknowledged === undefined && stats.unacknowledged === undefined) {
    await sleep(1_000);
    return false;
  }
  await eventually('the acknowledgements reach the broker', async () => {
    const now = await admin.stats(destination);
    return (now.acknowledged ?? 0) >= acknowledged || (now.unacknowledged ?? delivered) <= delivered - acknowledged;
  });
  return true;
}

function describeConfirms({ adapter, bench }: SuiteContext): void {
  describe('confirms', () => {
    it('come once for each of thousands in flight, without a consumer, and mean that the broker has them in order', async () => {
      const count = 6_000;
      const destination = await bench().destination();
      const outbox = await bench().producer(destination);
      await outbox.sendAll(count);
      expect(outbox).toMatchObject({ settled: count, errors: [], strays: [] });
      const admin = await bench().admin();
      await eventually('the broker counts them all', async () => {
        const { published, ready } = await admin.stats(destination);
        return (published ?? count) >= count && (ready ?? count) === count;
      });
      const inbox = new Inbox(true);
      await bench().consumers(destination, inbox, 500);
      await inbox.has(count);
      const outOfOrder = inbox.texts.filter((text, i) => Number(text) < Number(inbox.texts[i - 1] ?? -1));
      expect([new Set(inbox.texts).size, outOfOrder]).toEqual([count, []]);
    });

    it('come for the last message too, without anything sent after it', async () => {
      const outbox = await bench().producer(await bench().destination());
      outbox.send('alone');
      await eventually('the only message is settled', () => outbox.settled === 1);
      expect(outbox.errors).toEqual([]);
    });

    it('are all in when flush resolves, and flush of nothing resolves', async () => {
      const outbox = await bench().producer(await bench().destination());
      await within(patienceMs, 'flush of nothing', outbox.producer.flush());
      for (let round = 1; round <= 3; round += 1) {
        for (let i = 0; i < 100; i += 1) outbox.send(`${round} ${i}`);
        await within(patienceMs, 'flush', outbox.producer.flush());
        expect(outbox).toMatchObject({ settled: 100 * round, errors: [], strays: [] });
      }
    });

    it.each(endings)(
      'or errors settle every message, and what is confirmed is delivered, when it ends by %s',
      (ending) => confirmedIsDelivered(bench(), ending),
    );

    // A partitioned broker hands out its members' own addresses, so nothing can be put in between.
    it.skipIf(adapter.capabilities.partitioned)('never come before the broker has answered', () =>
      frozenBrokerConfirmsNothing(bench()),
    );

    it('never come from another producer of the same connection', async () => {
      const destination = await bench().destination();
      const one = await bench().producer(destination);
      const other = new Outbox(adapter.capabilities.partitioned ? 1 : undefined);
      other.producer = await one.connection.createProducer({ destination, onSettled: other.onSettled });
      await Promise.all([one.sendAll(300, 'one '), other.sendAll(200, 'other ')]);
      expect(one).toMatchObject({ settled: 300, errors: [], strays: [] });
      expect(other).toMatchObject({ settled: 200, errors: [], strays: [] });
    });
  });
}

function describeDeletion({ bench }: SuiteContext, tellsOfDeletion: boolean): void {
  describe('deletion', () => {
    it('removes the destination, its messages and its consumers’ position', async () => {
      const destination = await bench().destination();
      const first = new Inbox(true);
      const [consumer] = await bench().consumers(destination, first);
      const before = await bench().producer(destination);
      await before.sendAll(20, 'old ');
      await first.has(20);
      await consumer!.connection.close();
      await before.sendAll(30, 'waiting ');
      await before.connection.close();

      const admin = await bench().admin();
      await within(patienceMs, 'deleteDestination', admin.deleteDestination(destination));
      await within(patienceMs, 'createDestination', admin.createDestination(destination));
      const second = new Inbox(true);
      await bench().consumers(destination, second);
      await (await bench().producer(destination)).sendAll(3, 'new ');
      await second.has(3);
      await second.isQuiet();
      expect(second.texts).toEqual(['new 0', 'new 1', 'new 2']);
    });

    it('twice, or of what never was, is no error', async () => {
      const destination = await bench().destination();
      const admin = await bench().admin();
      await within(patienceMs, 'first', admin.deleteDestination(destination));
      await within(patienceMs, 'second', admin.deleteDestination(destination));
      await within(patienceMs, 'another', admin.deleteDestination({ ...destination, name: `${destination.name}-x` }));
      // The connection is still good for something.
      expect((await admin.serverInfo()).product).not.toBe('');
    });

    it(`${tellsOfDeletion ? 'cancels' : 'survives'} its consumers`, async () => {
      const destination = await bench().destination();
      const [consumer] = await bench().consumers(destination, new Inbox(true));
      const admin = await bench().admin();
      // A broker may refuse to delete what is in use; it must then say so.
      const refusal = await within(
        patienceMs,
        'deleteDestination',
        admin.deleteDestination(destination).then(
          () => undefined,
          (error: unknown) => error,
        ),
      );
      if (refusal !== undefined) expect(refusal).toBeInstanceOf(BrokerError);
      if (tellsOfDeletion) {
        await eventually('the consumer is told', () => consumer!.cancelled.length > 0);
        expect(consumer!.cancelled[0]).not.toBe('');
        expect(consumer!.cancelled).toHaveLength(1);
      }
      await within(patienceMs, 'closing the consumer', consumer!.consumer.close());
      await within(patienceMs, 'deleteDestination again', admin.deleteDestination(destination));
    });
  });
}

function describeBounds({ adapter, endpoint, bench }: SuiteContext): void {
  const password = 'correct-horse-battery';
  const at = (port: number): string => {
    const url = new URL(endpoint.url.split(',')[0]!);
    return `${url.protocol}//127.0.0.1:${port}${url.pathname}`;
  };
  const expectSafe = (error: BrokerError): void => {
    const everything = `${inspect(error, { depth: 10 })} ${error.message} ${error.details.where} ${error.details.hint}`;
    expect(everything).not.toContain(password);
    expect(error.message).not.toContain('\n');
    expect(error.details.hint, 'hint').toBeDefined();
  };
  const failure = async (url: string, timeoutMs: number, kinds: readonly BrokerError['kind'][]): Promise<void> => {
    const attempt = bench().open({ url, username: 'mqbench', password }, timeoutMs);
    const error = await within(
      timeoutMs + slackMs,
      'a failed connect',
      attempt.then(
        () => undefined,
        (reason: unknown) => reason,
      ),
    );
    expect(error).toBeInstanceOf(BrokerError);
    expect(kinds).toContain((error as BrokerError).kind);
    expectSafe(error as BrokerError);
  };
  const withPeer = async (peer: Peer, use: (url: string) => Promise<void>): Promise<void> => {
    try {
      await use(at(peer.port));
    } finally {
      await peer.close();
    }
  };

  describe('bounds', () => {
    it('says that nothing listens', async () => {
      await failure(at(await absentPort()), connectTimeoutMs, ['absent']);
    });

    it('gives up on a peer that says nothing', async () => {
      await withPeer(await silentPeer(), (url) => failure(url, 2_000, ['timeout', 'protocol']));
    });

    it('gives up on a peer that is no broker', async () => {
      await withPeer(await garbagePeer(), (url) => failure(url, 2_000, ['timeout', 'protocol']));
    });

    it('says that the password is wrong', async ({ skip }) => {
      if (endpoint.password === undefined) skip('this server asks for no password');
      const error = await bench()
        .open({ password }, connectTimeoutMs)
        .then(
          () => undefined,
          (reason: unknown) => reason,
        );
      expect(error).toBeInstanceOf(BrokerError);
      expect((error as BrokerError).kind).toBe('refused');
      expectSafe(error as BrokerError);
    });

    it.runIf(adapter.capabilities.partitioned)('is not ready while a member of the group is missing', async () => {
      const destination = await bench().destination(2);
      const { connection } = await bench().open();
      const consumer = await connection.createConsumer(
        { destination, index: 0, prefetch: 10, onCancelled: () => undefined },
        () => undefined,
      );
      await expect(within(3_000 + slackMs, 'ready', consumer.ready(3_000))).rejects.toBeInstanceOf(BrokerError);
      await within(patienceMs, 'closing the consumer', consumer.close());
    });

    // A partitioned broker hands out its members' own addresses, so nothing can be put in between.
    it.skipIf(adapter.capabilities.partitioned)('gives up on a broker that freezes, and closes', async () => {
      const url = new URL(endpoint.url);
      const destination = await bench().destination();
      const proxy = await TcpProxy.listen({ host: url.hostname, port: Number(url.port) });
      await withPeer(proxy, async (proxied) => {
        const timeoutMs = 5_000;
        const { connection } = await bench().open({ url: proxied }, timeoutMs);
        proxy.freeze();
        const ready = connection
          .createConsumer({ destination, index: 0, prefetch: 10, onCancelled: () => undefined }, () => undefined)
          .then((consumer) => consumer.ready(timeoutMs));
        await expect(within(2 * timeoutMs + slackMs, 'ready', ready)).rejects.toBeInstanceOf(BrokerError);
        await within(6_000 + slackMs, 'close', connection.close());
      });
    });

    it('closes twice without an error, and tells of no loss', async () => {
      const { connection, lost } = await bench().open();
      await within(patienceMs, 'close', connection.close());
      await within(patienceMs, 'close again', connection.close());
      connection.destroy();
      await sleep(200);
      expect(lost).toEqual([]);
    });
  });
}

function describeDeath({ adapter }: SuiteContext, startVictim: ContractSpec['startVictim']): void {
  describe('a broker killed in the middle of things', () => {
    it('is told of once, settles everything, and lets go', async ({ skip }) => {
      const victim = await startVictim?.();
      if (!victim) return skip('no server here that may be killed');
      const rejections: unknown[] = [];
      const onRejection = (reason: unknown): void => void rejections.push(reason);
      process.on('unhandledRejection', onRejection);
      const bench = new Bench(adapter, victim.endpoint);
      try {
        const destination = await bench.destination();
        const inbox = new Inbox(true);
        const [consumer] = await bench.consumers(destination, inbox);
        const outbox = await bench.producer(destination);
        // A closed loop: each confirm sends the next, so that something is always in flight when the end comes.
        let sending = true;
        outbox.onProgress = (error) => {
          if (error) sending = false;
          else if (sending) setImmediate(() => sending && outbox.send(`${outbox.sent}`));
        };
        for (let i = 0; i < 1_000; i += 1) outbox.send(`${i}`);
        await inbox.has(1_500);
        await victim.kill();

        await eventually('the producer’s connection is lost', () => outbox.lost.length > 0);
        await eventually('the consumer’s connection is lost', () => consumer!.lost.length > 0);
        sending = false;
        await eventually('everything is settled', () => outbox.settled === outbox.sent);
        expect(outbox.strays).toEqual([]);
        expect(outbox.errors.length).toBeGreaterThan(0);
        const sent = outbox.sent;
        outbox.send('too late');
        await eventually('what is sent afterwards settles too', () => outbox.settled === sent + 1);

        const all = [outbox.connection, consumer!.connection, await bench.admin()];
        await within(6_000 + slackMs, 'close', Promise.all(all.map((connection) => connection.close())));
        await sleep(500);
        expect(outbox.lost).toHaveLength(1);
        expect(outbox.lost[0]!.message).not.toBe('');
        expect(consumer!.lost).toHaveLength(1);
        expect(rejections).toEqual([]);
      } finally {
        process.off('unhandledRejection', onRejection);
        await victim.stop();
      }
    });
  });
}
