import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrameReader, FrameWriter, readRecordHeader } from '../../../src/brokers/memory/frames.js';
import {
  eachBody,
  keyAt,
  markAt,
  type Marks,
  priorityAt,
  routedHeaderBytes,
  eachRange,
  FrameType,
  maxFrameBytes,
  ProtocolViolation,
} from '../../../src/brokers/memory/protocol.js';
import { type ClientMessage, readClientMessage } from '../../../src/brokers/memory/client-message.js';
import { readServerMessage } from '../../../src/brokers/memory/server-message.js';

/** One thing that goes over the wire, as it is given to the writer and as the reader must give it back. */
type Item =
  | { readonly kind: 'publish' | 'deliver'; readonly channel: number; readonly body: string; readonly flag: boolean }
  | {
      readonly kind: 'publishRouted' | 'deliverRouted' | 'reply';
      readonly channel: number;
      readonly body: string;
      readonly flag: boolean;
      readonly marks: Marks;
    }
  | { readonly kind: 'ack'; readonly channel: number; readonly first: number; readonly last: number }
  | { readonly kind: 'confirm'; readonly channel: number; readonly upTo: number }
  | { readonly kind: 'control'; readonly message: ClientMessage };

const channel = fc.nat({ max: 3 });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
// Around the border between copied and passed-on bodies, and beyond a whole chunk.
const size = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 200 }) },
  { weight: 1, arbitrary: fc.integer({ min: 4_090, max: 4_100 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 140_000 }) },
);
const bytes = fc
  .tuple(size, fc.nat({ max: 255 }))
  .map(([length, seed]) => Buffer.from(Array.from({ length }, (_, i) => (i * 31 + seed) & 255)).toString('latin1'));
const item: fc.Arbitrary<Item> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom('publish', 'deliver'), channel, body: bytes, flag: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('publishRouted', 'deliverRouted', 'reply'),
      channel,
      body: bytes,
      flag: fc.boolean(),
      marks: fc.record({ key: fc.nat({ max: 65_535 }), priority: fc.nat({ max: 9 }), mark: count }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ack' as const), channel, first: count, last: count }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('confirm' as const), channel, upTo: count }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('control' as const),
      message: fc.record({
        type: fc.constant('create' as const),
        request: fc.nat(),
        destination: fc.string({ minLength: 1, maxLength: 200 }),
        consumers: fc.integer({ min: 1, max: 9 }),
      }),
    }),
  },
);

function write(writer: FrameWriter, what: Item): void {
  switch (what.kind) {
    case 'publish':
    case 'deliver': {
      const body = Buffer.from(`>${what.body}<`, 'latin1');
      writer.body(FrameType[what.kind], what.channel, body, 1, body.length - 1, what.flag);
      return;
    }
    case 'publishRouted':
    case 'deliverRouted':
    case 'reply': {
      const body = Buffer.from(`>${what.body}<`, 'latin1');
      writer.routed(FrameType[what.kind], what.channel, body, 1, body.length - 1, what.flag, what.marks);
      return;
    }
    case 'ack':
      return writer.range(what.channel, what.first, what.last);
    case 'confirm':
      return writer.confirm(what.channel, what.upTo);
    case 'control':
      return writer.control(what.message);
  }
}

function collect(into: Item[]): FrameReader {
  const kinds = { [FrameType.publish]: 'publish', [FrameType.deliver]: 'deliver' } as const;
  const routed = {
    [FrameType.publishRouted]: 'publishRouted',
    [FrameType.deliverRouted]: 'deliverRouted',
    [FrameType.reply]: 'reply',
  } as const;
  return new FrameReader((type, frame, from, to) => {
    if (type === FrameType.control) {
      into.push({ kind: 'control', message: readClientMessage(frame, from, to) });
      return;
    }
    const { channel, count, records } = readRecordHeader(frame, from, to);
    if (type === FrameType.publish || type === FrameType.deliver) {
      eachBody(frame, records, to, count, (start, end, flag) =>
        into.push({ kind: kinds[type], channel, body: frame.toString('latin1', start, end), flag }),
      );
    } else if (type === FrameType.publishRouted || type === FrameType.deliverRouted || type === FrameType.reply) {
      const take = (start: number, end: number, flag: boolean): void => {
        const marks = { key: keyAt(frame, start), priority: priorityAt(frame, start), mark: markAt(frame, start) };
        into.push({ kind: routed[type], channel, body: frame.toString('latin1', start, end), flag, marks });
      };
      eachBody(frame, records, to, count, take, routedHeaderBytes);
    } else if (type === FrameType.ack) {
      eachRange(frame, records, to, count, (first, last) => into.push({ kind: 'ack', channel, first, last }));
    } else into.push({ kind: 'confirm', channel, upTo: frame.readDoubleBE(records) });
  });
}

describe('frames', () => {
  const server = createServer();
  let sender: Socket;
  let receiver: Socket;
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    sender = connect((server.address() as AddressInfo).port, '127.0.0.1');
    [receiver] = await accepted;
  });
  afterAll(() => {
    sender.destroy();
    server.close();
  });

  it('come out of the socket as they went in, whatever shares a frame, a chunk or a turn', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(item, fc.boolean()), { minLength: 1, maxLength: 60 }), async (items) => {
        const got: Item[] = [];
        const reader = collect(got);
        const complete = new Promise<void>((resolve, reject) => {
          receiver.removeAllListeners('data').on('data', (chunk: Buffer) => {
            try {
              reader.push(chunk);
            } catch (error) {
              reject(error instanceof Error ? error : new Error(String(error)));
            }
            if (got.length >= items.length) resolve();
          });
        });
        const writer = new FrameWriter(sender, () => undefined);
        for (const [what, turnEnds] of items) {
          write(writer, what);
          if (turnEnds) writer.flush();
        }
        await complete;
        expect(got).toEqual(items.map(([what]) => what));
      }),
      { numRuns: 150 },
    );
  });

  it('are put together again however the stream is cut', () => {
    const frame = (type: number, payload: Buffer): Buffer => {
      const head = Buffer.alloc(5);
      head.writeUInt32BE(1 + payload.length);
      head.writeUInt8(type, 4);
      return Buffer.concat([head, payload]);
    };
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 10 }),
        fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1 }),
        (payloads, cuts) => {
          const stream = Buffer.concat(payloads.map((payload, i) => frame(i, Buffer.from(payload))));
          const got: { type: number; payload: number[] }[] = [];
          const reader = new FrameReader((type, from, start, end) => {
            got.push({ type, payload: [...from.subarray(start, end)] });
          });
          for (let at = 0, cut = 0; at < stream.length; cut += 1) {
            const length = cuts[cut % cuts.length]!;
            reader.push(stream.subarray(at, at + length));
            at += length;
          }
          expect(got).toEqual(payloads.map((payload, type) => ({ type, payload: [...payload] })));
        },
      ),
    );
  });

  it('of strangers are violations', () => {
    const reader = new FrameReader(() => undefined);
    expect(() => reader.push(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toThrow(ProtocolViolation);
    const zero = new FrameReader(() => undefined);
    expect(() => zero.push(Buffer.alloc(4))).toThrow(ProtocolViolation);
    const tooLong = Buffer.alloc(4);
    tooLong.writeUInt32BE(maxFrameBytes + 1);
    expect(() => new FrameReader(() => undefined).push(tooLong)).toThrow(ProtocolViolation);
  });

  it('whose records do not add up are violations, whatever they hold', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat({ max: 5 }), (content, records) => {
        const frame = Buffer.from(content);
        let end = 0;
        try {
          eachBody(frame, 0, frame.length, records, (from, to) => {
            expect(from).toBeGreaterThan(end);
            expect(to).toBeLessThanOrEqual(frame.length);
            end = to;
          });
          expect(end).toBe(records === 0 ? 0 : frame.length);
        } catch (error) {
          if (!(error instanceof ProtocolViolation)) throw error;
        }
      }),
    );
    for (const read of [readClientMessage, readServerMessage])
      for (const text of ['nonsense', 'null', '7', '{}', '{"type":7}', '{"type":"constructor"}', '{"type":"create"}'])
        expect(() => read(Buffer.from(text), 0, text.length)).toThrow(ProtocolViolation);
    for (const message of [
      { type: 'welcome' },
      { type: 'done', request: '1' },
      { type: 'done', request: 1, stats: { ready: 1 } },
      { type: 'done', request: 1, stats: null },
      { type: 'blocked', blocked: 'no', reason: '' },
    ]) {
      const text = JSON.stringify(message);
      expect(() => readServerMessage(Buffer.from(text), 0, text.length)).toThrow(ProtocolViolation);
    }
    expect(() => eachRange(Buffer.alloc(20), 0, 20, 1, () => undefined)).toThrow(ProtocolViolation);
  });
});
