/**
 * The embedded broker's own protocol, over TCP. All numbers are big-endian.
 *
 *     frame    = length u32 (of what follows), type u8, payload
 *     control  = JSON, one of ClientMessage (client-message.ts) or ServerMessage (server-message.ts)
 *     publish  = channel u32, count u32, count × (length u32, body)            client → server
 *     deliver  = channel u32, count u32, count × (flag bit, length 31 bit, body)  server → client
 *     ack      = channel u32, count u32, count × (from f64, to f64)            client → server
 *     confirm  = channel u32, count u32 (1), (upTo f64)                        server → client
 *
 * Where the destination has a pattern, bodies travel with a route before each, and the frames have types of their own:
 *
 *     routed   = channel u32, count u32, count × (flag bit, length 31 bit, key u16, priority u16, mark f64, body)
 *
 * `key` is the place of the message's key among the pattern's keys. `mark` tells requests apart: a requester's own
 * number on the way to the broker and back, the broker's on the way to the consumer and back. A routed frame is a
 * publish, a delivery, or a reply, in either direction.
 *
 * Nothing numbers the messages: both sides count what goes over a channel from 0. `ack` names inclusive ranges of
 * deliveries, `confirm` means every publish before `upTo`. Frames carry as many records as one turn of the event
 * loop yields, because a frame, a system call and a wake-up cost more than a small message does.
 */
import type { Pattern } from '../pattern.js';

export const FrameType = {
  control: 1,
  publish: 2,
  deliver: 3,
  ack: 4,
  confirm: 5,
  publishRouted: 6,
  deliverRouted: 7,
  reply: 8,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** The first thing a client says; a server of another protocol version refuses it. */
export const protocolVersion = 2;

/** Largest body in bytes. */
export const maxBodyBytes = 64 * 1024 * 1024;

/** Largest frame in bytes; a length beyond it is not ours. */
export const maxFrameBytes = maxBodyBytes + 1024;

/** What arrived is not this protocol. */
export class ProtocolViolation extends Error {
  override name = 'ProtocolViolation';
}

/**
 * Reads the JSON in bytes `from` to `to` of a control frame.
 * @throws ProtocolViolation
 */
export function controlOf(frame: Buffer, from: number, to: number): unknown {
  try {
    return JSON.parse(frame.toString('utf8', from, to));
  } catch {
    throw new ProtocolViolation('a control frame is not JSON');
  }
}

/** A control frame that is JSON and nothing that we know. */
export const unknownMessage = (): ProtocolViolation => new ProtocolViolation('a control frame is not a known message');

const redeliveredBit = 0x8000_0000;

/** The length field of a delivery. */
export function encodeLength(length: number, redelivered: boolean): number {
  return redelivered ? (length | redeliveredBit) >>> 0 : length;
}

/** What stands before each body in a routed frame, in bytes. */
export const routedHeaderBytes = 16;

/** Where a message of a routed frame goes or came from. */
export interface Marks {
  readonly key: number;
  readonly priority: number;
  readonly mark: number;
}

/** The key of the message whose body begins at `from` of a routed frame. */
export const keyAt = (frame: Buffer, from: number): number => frame.readUInt16BE(from - 12);
export const priorityAt = (frame: Buffer, from: number): number => frame.readUInt16BE(from - 10);
export const markAt = (frame: Buffer, from: number): number => frame.readDoubleBE(from - 8);
/** Replaces a message's mark in the frame. */
export const setMarkAt = (frame: Buffer, from: number, mark: number): number => frame.writeDoubleBE(mark, from - 8);

/** Whether the messages of a destination travel in routed frames. */
export const isRouted = (pattern: Pattern | undefined): boolean => pattern !== undefined;

/**
 * Walks the bodies of a publish or deliver frame's records, which start at `from` and end at `to`.
 * @param headerBytes what stands before each body, beginning with its length
 */
export function eachBody(
  frame: Buffer,
  from: number,
  to: number,
  count: number,
  take: (from: number, to: number, redelivered: boolean) => void,
  headerBytes = 4,
): void {
  let at = from;
  for (let i = 0; i < count; i += 1) {
    if (at + headerBytes > to) throw new ProtocolViolation('a frame ends within a record');
    const field = frame.readUInt32BE(at);
    const start = at + headerBytes;
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
