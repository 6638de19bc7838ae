/**
 * The embedded broker's own protocol, over TCP. All numbers are big-endian.
 *
 *     frame    = length u32 (of what follows), type u8, payload
 *     control  = JSON, one of {@link ClientMessage} or {@link ServerMessage}
 *     publish  = channel u32, count u32, count × (length u32, body)            client → server
 *     deliver  = channel u32, count u32, count × (flag bit, length 31 bit, body)  server → client
 *     ack      = channel u32, count u32, count × (from f64, to f64)            client → server
 *     confirm  = channel u32, count u32 (1), (upTo f64)                        server → client
 *
 * Nothing numbers the messages: both sides count what goes over a channel from 0. `ack` names inclusive ranges of
 * deliveries, `confirm` means every publish before `upTo`. Frames carry as many records as one turn of the event
 * loop yields, because a frame, a system call and a wake-up cost more than a small message does.
 */
import { z } from 'zod';

export const FrameType = { control: 1, publish: 2, deliver: 3, ack: 4, confirm: 5 } as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** The first thing a client says; a server of another protocol version refuses it. */
export const protocolVersion = 1;

/** Largest body in bytes. */
export const maxBodyBytes = 64 * 1024 * 1024;

/** Largest frame in bytes; a length beyond it is not ours. */
export const maxFrameBytes = maxBodyBytes + 1024;

const request = z.number().int().nonnegative();
const channel = z.number().int().nonnegative();
const destination = z.string().min(1).max(255);

export const clientMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    protocol: z.number(),
    clientName: z.string(),
    username: z.string(),
    password: z.string(),
  }),
  z.strictObject({ type: z.literal('create'), request, destination }),
  z.strictObject({ type: z.literal('delete'), request, destination }),
  z.strictObject({ type: z.literal('stats'), request, destination }),
  /** Publishes on this channel go to the destination. */
  z.strictObject({ type: z.literal('open-producer'), request, channel, destination, confirms: z.boolean() }),
  z.strictObject({ type: z.literal('close-producer'), channel }),
  /** Without acknowledgements a delivery is done as it leaves and the prefetch means nothing. */
  z.strictObject({
    type: z.literal('subscribe'),
    request,
    channel,
    destination,
    prefetch: z.number().int().positive(),
    acknowledgements: z.boolean(),
  }),
  /** What is not acknowledged goes back to the destination. */
  z.strictObject({ type: z.literal('unsubscribe'), request, channel }),
]);
export type ClientMessage = z.infer<typeof clientMessageSchema>;

const statsSchema = z.strictObject({
  ready: z.number(),
  unacknowledged: z.number(),
  consumers: z.number(),
  published: z.number(),
  acknowledged: z.number(),
});
export type QueueStats = z.infer<typeof statsSchema>;

export const serverMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('welcome'), version: z.string() }),
  z.strictObject({ type: z.literal('refused'), reason: z.string() }),
  z.strictObject({ type: z.literal('done'), request, stats: statsSchema.optional() }),
  z.strictObject({ type: z.literal('failed'), request, reason: z.string() }),
  /** Every publish before `upTo` that is not confirmed was not taken. */
  z.strictObject({ type: z.literal('rejected'), channel, upTo: z.number(), reason: z.string() }),
  z.strictObject({ type: z.literal('cancelled'), channel, reason: z.string() }),
  /** The broker holds all that it may and reads no more from this connection, or reads again. */
  z.strictObject({ type: z.literal('blocked'), blocked: z.boolean(), reason: z.string() }),
]);
export type ServerMessage = z.infer<typeof serverMessageSchema>;

/** What arrived is not this protocol. */
export class ProtocolViolation extends Error {
  override name = 'ProtocolViolation';
}

/**
 * Reads the control message in bytes `from` to `to`.
 * @throws ProtocolViolation
 */
export function parseControl<T>(schema: z.ZodType<T>, frame: Buffer, from: number, to: number): T {
  let value: unknown;
  try {
    value = JSON.parse(frame.toString('utf8', from, to));
  } catch {
    throw new ProtocolViolation('a control frame is not JSON');
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ProtocolViolation('a control frame is not a known message');
  return parsed.data;
}

const redeliveredBit = 0x8000_0000;

/** The length field of a delivery. */
export function encodeLength(length: number, redelivered: boolean): number {
  return redelivered ? (length | redeliveredBit) >>> 0 : length;
}

/** Walks the bodies of a publish or deliver frame's records, which start at `from` and end at `to`. */
export function eachBody(
  frame: Buffer,
  from: number,
  to: number,
  count: number,
  take: (from: number, to: number, redelivered: boolean) => void,
): void {
  let at = from;
  for (let i = 0; i < count; i += 1) {
    if (at + 4 > to) throw new ProtocolViolation('a frame ends within a record');
    const field = frame.readUInt32BE(at);
    const start = at + 4;
    at = start + (field & ~redeliveredBit);
    if (at > to) throw new ProtocolViolation('a frame ends within a body');
    take(start, at, field >= redeliveredBit);
  }
  if (at !== to) throw new ProtocolViolation('a frame goes on after its last record');
}

/** Walks the ranges of an ack frame. */
export function eachRange(
  frame: Buffer,
  from: number,
  to: number,
  count: number,
  take: (first: number, last: number) => void,
): void {
  if (to - from !== count * 16) throw new ProtocolViolation('an acknowledgement has the wrong length');
  for (let at = from; at < to; at += 16) take(frame.readDoubleBE(at), frame.readDoubleBE(at + 8));
}
