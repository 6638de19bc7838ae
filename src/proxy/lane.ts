/** One direction of a connection: what is read waits its time and is written. */
import type { Readable, Writable } from 'node:stream';
import type { Nanoseconds } from '../run/clock.js';

/** How a proxy treats bytes; may change at any time, and counts at once for what is held, too. */
export interface Conditions {
  /** Every byte is held so long, in milliseconds. */
  readonly delayMs: number;
  /** Bytes a second each way of each connection; undefined for as fast as it goes. */
  readonly bytesPerSecond: number | undefined;
  /** Nothing is read or written any more; connections stay open and mute. */
  readonly frozen: boolean;
}

interface Held {
  chunk: Buffer;
  readonly readAt: Nanoseconds;
}

/** A lane that holds so many bytes reads no more until some have left: what a sender sees as a full pipe. */
const mostHeldBytes = 16 * 1024 * 1024;
/** A throttled lane holds no more than passes in so long, on top of its delay, and what came in one read. Milliseconds. */
const throttledMs = 100;
/** It passes what it holds in pieces, each of which takes so long: a slow line drips, it does not fall silent. Seconds. */
const pieceSeconds = 0.01;

export class Lane {
  private readonly queue: Held[] = [];
  private head = 0;
  private heldBytes = 0;
  /** When the last piece that was written had passed the throttle. */
  private passedAt: Nanoseconds = 0;
  private ended = false;
  private blocked = false;

  /**
   * @param due asks to be called by {@link flush} at that time
   * @param forwarded told how long each piece was held, in nanoseconds
   */
  constructor(
    private readonly from: Readable,
    private readonly to: Writable,
    private readonly conditions: () => Conditions,
    private readonly now: () => Nanoseconds,
    private readonly due: (at: Nanoseconds) => void,
    private readonly forwarded: (heldNs: number) => void,
  ) {
    from.on('data', (chunk: Buffer) => this.read(chunk));
    from.on('end', () => {
      this.ended = true;
      this.goOn(this.now());
    });
    to.on('drain', () => {
      this.blocked = false;
      this.goOn(this.now());
    });
  }

  private read(chunk: Buffer): void {
    if (this.to.destroyed) {
      this.from.destroy();
      return;
    }
    const readAt = this.now();
    this.queue.push({ chunk, readAt });
    this.heldBytes += chunk.length;
    this.goOn(readAt);
  }

  private goOn(now: Nanoseconds): void {
    const next = this.flush(now);
    if (next !== undefined) this.due(next);
  }

  /** The rate is another one from now on: for what waited until now the line was not free. */
  throttled(now: Nanoseconds): void {
    this.passedAt = Math.max(this.passedAt, now);
  }

  /** Writes what is due; returns when the next piece is, or undefined when nothing waits for a time. */
  flush(now: Nanoseconds): Nanoseconds | undefined {
    const { frozen } = this.conditions();
    let next: Nanoseconds | undefined;
    while (!frozen && !this.blocked && this.head < this.queue.length) {
      next = this.pass(this.queue[this.head] as Held, now);
      if (next !== undefined) break;
    }
    if (this.head === this.queue.length || this.head > 1_024) {
      this.queue.splice(0, this.head);
      this.head = 0;
    }
    if (this.ended && !frozen && this.queue.length === 0) this.to.end();
    this.steer();
    return next;
  }

  /** Writes the next piece of the first chunk, or returns when that is due. */
  private pass(held: Held, now: Nanoseconds): Nanoseconds | undefined {
    const { delayMs, bytesPerSecond } = this.conditions();
    const { chunk, readAt } = held;
    const length =
      bytesPerSecond === undefined
        ? chunk.length
        : Math.min(chunk.length, Math.max(1, Math.floor(bytesPerSecond * pieceSeconds)));
    const takes = bytesPerSecond === undefined ? 0 : (length / bytesPerSecond) * 1e9;
    const passedAt = Math.max(this.passedAt, readAt) + takes;
    const due = passedAt + delayMs * 1e6;
    if (due > now) return due;
    if (length === chunk.length) this.head++;
    else held.chunk = chunk.subarray(length);
    this.passedAt = passedAt;
    this.heldBytes -= length;
    this.blocked = !this.to.write(length === chunk.length ? chunk : chunk.subarray(0, length));
    this.forwarded(now - readAt);
    return undefined;
  }

  private steer(): void {
    if (this.conditions().frozen || this.heldBytes > this.mostHeld()) this.from.pause();
    else if (this.from.isPaused()) this.from.resume();
  }

  private mostHeld(): number {
    const { delayMs, bytesPerSecond } = this.conditions();
    if (bytesPerSecond === undefined) return mostHeldBytes;
    return Math.min(mostHeldBytes, (bytesPerSecond * (throttledMs + delayMs)) / 1000);
  }
}
