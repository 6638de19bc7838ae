/** Frames on a socket: coalesced on the way out, cut apart on the way in. */
import type { Socket } from 'node:net';
import {
  encodeLength,
  FrameType,
  maxFrameBytes,
  ProtocolViolation,
  routedHeaderBytes,
  type Marks,
} from './protocol.js';

/** Length, type, channel, count. */
const headerBytes = 13;
const chunkBytes = 64 * 1024;
/** Bodies above this are passed on as they are; below it a copy costs less than one more buffer in a writev. */
const inlineBytes = 4 * 1024;
/** A frame that has grown to this is closed, so that the other side can begin with it. */
const fullFrameBytes = 256 * 1024;
/** What may wait for the end of the turn before it is written at once. */
const eagerBytes = 512 * 1024;

/** A socket with more than this unwritten is congested. */
const congestedBytes = 4 * 1024 * 1024;

/** Called when the operating system has taken the bytes, or with the error that kept it from it. */
export type Written = (error: Error | null | undefined) => void;

/** Chunks between two uses. Bounded: what is beyond goes to the garbage collector. */
const spare: Buffer[] = [];
const maxSpare = 64;

/**
 * Collects frames and hands them to the socket in one write at the end of the event loop's turn. Records of the
 * same type and channel that follow each other share a frame.
 */
export class FrameWriter {
  #chunk: Buffer | undefined;
  /** Bytes of the chunk from here on are not in a part yet. */
  #from = 0;
  #at = 0;
  #parts: Buffer[] = [];
  #used: Buffer[] = [];
  #bytes = 0;
  #open: { readonly chunk: Buffer; readonly at: number } | undefined;
  #type = 0;
  #channel = 0;
  #count = 0;
  #frameBytes = 0;
  #scheduled = false;

  #callbacks: Written[] = [];

  constructor(
    private readonly socket: Socket,
    /** Runs right before the write: the place to add what has gathered during the turn. */
    private readonly beforeWrite: () => void,
  ) {}

  /** Whether the other side reads more slowly than we write; the socket's `drain` tells when it has caught up. */
  get congested(): boolean {
    return this.socket.writableLength > congestedBytes;
  }

  /** Adds one body to a publish or deliver frame. */
  body(type: FrameType, channel: number, source: Buffer, from: number, to: number, redelivered: boolean): void {
    const length = to - from;
    this.#record(type, channel, 4 + length, length > inlineBytes ? 4 : 4 + length);
    this.#at = this.#chunk!.writeUInt32BE(encodeLength(length, redelivered), this.#at);
    this.#append(source, from, to, length <= inlineBytes);
  }

  /** Adds one body to a routed frame. */
  routed(
    type: FrameType,
    channel: number,
    source: Buffer,
    from: number,
    to: number,
    redelivered: boolean,
    marks: Marks,
  ): void {
    const length = to - from;
    const inline = length <= inlineBytes;
    const bytes = routedHeaderBytes + length;
    this.#record(type, channel, bytes, inline ? bytes : routedHeaderBytes);
    const chunk = this.#chunk!;
    let at = chunk.writeUInt32BE(encodeLength(length, redelivered), this.#at);
    at = chunk.writeUInt16BE(marks.key, at);
    at = chunk.writeUInt16BE(marks.priority, at);
    this.#at = chunk.writeDoubleBE(marks.mark, at);
    this.#append(source, from, to, inline);
  }

  /** Adds an inclusive range to an ack frame. */
  range(channel: number, first: number, last: number): void {
    this.#record(FrameType.ack, channel, 16, 16);
    this.#at = this.#chunk!.writeDoubleBE(first, this.#at);
    this.#at = this.#chunk!.writeDoubleBE(last, this.#at);
    this.schedule();
  }

  /** Confirms every publish before `upTo`. */
  confirm(channel: number, upTo: number): void {
    this.#closeFrame();
    this.#record(FrameType.confirm, channel, 8, 8);
    this.#at = this.#chunk!.writeDoubleBE(upTo, this.#at);
    this.#closeFrame();
    this.schedule();
  }

  /** Adds a control message, which keeps its place among the frames. */
  control(message: object): void {
    this.#closeFrame();
    const json = Buffer.from(JSON.stringify(message));
    const whole = Buffer.allocUnsafe(5 + json.length);
    whole.writeUInt32BE(1 + json.length, 0);
    whole.writeUInt8(FrameType.control, 4);
    json.copy(whole, 5);
    this.#endPart();
    this.#parts.push(whole);
    this.#bytes += whole.length;
    this.schedule();
  }

  /** Asks for a write at the end of this turn. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.flush();
      this.#scheduled = false;
    });
  }

  /** Wants to know of the next write; for use in `beforeWrite`. */
  whenWritten(callback: Written): void {
    this.#callbacks.push(callback);
  }

  /** Writes everything now. */
  flush(): void {
    const scheduled = this.#scheduled;
    // What beforeWrite adds goes out with this write and asks for no other.
    this.#scheduled = true;
    this.beforeWrite();
    this.#scheduled = scheduled;
    this.#closeFrame();
    this.#endPart();
    const parts = this.#parts;
    const last = parts.pop();
    if (last === undefined) return;
    const used = this.#used;
    if (this.#chunk) used.push(this.#chunk);
    const callbacks = this.#callbacks;
    this.#chunk = undefined;
    this.#from = this.#at = this.#bytes = 0;
    this.#parts = [];
    this.#used = [];
    this.#callbacks = [];
    const written: Written = (error) => {
      for (const chunk of used) if (spare.length < maxSpare) spare.push(chunk);
      for (const callback of callbacks) callback(error);
    };
    if (parts.length === 0) {
      this.socket.write(last, written);
      return;
    }
    this.socket.cork();
    for (const part of parts) this.socket.write(part);
    this.socket.write(last, written);
    this.socket.uncork();
  }

  /** A record's body: a copy, or the source itself as a part of its own. */
  #append(source: Buffer, from: number, to: number, inline: boolean): void {
    if (inline) {
      source.copy(this.#chunk!, this.#at, from, to);
      this.#at += to - from;
    } else {
      this.#endPart();
      this.#parts.push(source.subarray(from, to));
    }
    if (this.#bytes > eagerBytes) this.flush();
    else this.schedule();
  }

  /** Continues or begins a frame and makes room for `room` bytes in one piece. */
  #record(type: FrameType, channel: number, bytes: number, room: number): void {
    const fits = this.#type === type && this.#channel === channel && this.#frameBytes + bytes <= fullFrameBytes;
    if (!fits) this.#closeFrame();
    if (this.#open === undefined) {
      this.#room(headerBytes + room);
      this.#open = { chunk: this.#chunk!, at: this.#at };
      this.#type = type;
      this.#channel = channel;
      this.#at += headerBytes;
      this.#bytes += headerBytes;
    } else {
      this.#room(room);
    }
    this.#count += 1;
    this.#frameBytes += bytes;
    this.#bytes += bytes;
  }

  #closeFrame(): void {
    if (this.#open === undefined) return;
    const { chunk, at } = this.#open;
    chunk.writeUInt32BE(headerBytes - 4 + this.#frameBytes, at);
    chunk.writeUInt8(this.#type, at + 4);
    chunk.writeUInt32BE(this.#channel, at + 5);
    chunk.writeUInt32BE(this.#count, at + 9);
    this.#open = undefined;
    this.#count = this.#frameBytes = 0;
  }

  #room(bytes: number): void {
    if (this.#chunk && this.#chunk.length - this.#at >= bytes) return;
    if (this.#chunk) {
      this.#endPart();
      this.#used.push(this.#chunk);
    }
    // A pool of our own and not Buffer's: these are large, short-lived and all of one size.
    this.#chunk = spare.pop() ?? Buffer.allocUnsafeSlow(chunkBytes);
    this.#from = this.#at = 0;
  }

  #endPart(): void {
    if (this.#chunk && this.#at > this.#from) this.#parts.push(this.#chunk.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }
}

/** Takes one frame: its type, and where in `frame` its payload begins and ends. The bytes stay valid. */
export type OnFrame = (type: number, frame: Buffer, from: number, to: number) => void;

/** Cuts what a socket delivers into frames. A frame within one chunk is not copied; others are put together once. */
export class FrameReader {
  readonly #length = Buffer.alloc(4);
  #lengthFilled = 0;
  #partial: Buffer | undefined;
  #filled = 0;

  constructor(private readonly onFrame: OnFrame) {}

  /** @throws ProtocolViolation */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#partial) {
        const copied = chunk.copy(this.#partial, this.#filled, at);
        at += copied;
        this.#filled += copied;
        if (this.#filled < this.#partial.length) return;
        const frame = this.#partial;
        this.#partial = undefined;
        this.#emit(frame, 0, frame.length);
        continue;
      }
      let length: number;
      if (this.#lengthFilled > 0 || chunk.length - at < 4) {
        const copied = chunk.copy(this.#length, this.#lengthFilled, at);
        at += copied;
        this.#lengthFilled += copied;
        if (this.#lengthFilled < 4) return;
        this.#lengthFilled = 0;
        length = this.#length.readUInt32BE(0);
      } else {
        length = chunk.readUInt32BE(at);
        at += 4;
      }
      if (length === 0 || length > maxFrameBytes) throw new ProtocolViolation(`a frame of ${length} bytes`);
      if (chunk.length - at >= length) {
        this.#emit(chunk, at, at + length);
        at += length;
      } else {
        this.#partial = Buffer.allocUnsafeSlow(length);
        this.#filled = 0;
      }
    }
  }

  #emit(frame: Buffer, from: number, to: number): void {
    this.onFrame(frame[from]!, frame, from + 1, to);
  }
}

/** Channel and count of a frame that has them, and where its records begin. */
export function readRecordHeader(
  frame: Buffer,
  from: number,
  to: number,
): { readonly channel: number; readonly count: number; readonly records: number } {
  if (to - from < 8) throw new ProtocolViolation('a frame is too short for its header');
  return { channel: frame.readUInt32BE(from), count: frame.readUInt32BE(from + 4), records: from + 8 };
}
