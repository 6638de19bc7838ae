/** One direction of a connection: what is read waits its time and is written. */
import type { Socket } from 'node:net';
import type { Nanoseconds } from '../run/clock.js';

/** How a proxy treats bytes; may change at any time and counts for what is read from then on. */
export interface Conditions {
  /** Every byte is held so long, in milliseconds. */
  readonly delayMs: number;
  /** Bytes a second each way of each connection; undefined for as fast as it goes. */
  readonly bytesPerSecond: number | undefined;
  /** Nothing is read or written any more; connections stay open and mute. */
  readonly frozen: boolean;
}

interface Held {
  readonly chunk: Buffer;
  readonly readAt: Nanoseconds;
  readonly due: Nanoseconds;
}

/** A lane that holds so many bytes reads no more until some have left: what a sender sees as a full pipe. */
const mostHeldBytes = 16 * 1024 * 1024;

export class Lane {
  private readonly queue: Held[] = [];
  private head = 0;
  private heldBytes = 0;
  /** When the last chunk that was read will have passed. */
  private busyUntil: Nanoseconds = 0;
  private ended = false;
  private blocked = false;

  /**
   * @param due asks to be called by {@link flush} at that time
   * @param forwarded told how long each chunk was held, in nanoseconds
   */
  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly conditions: () => Conditions,
    private readonly now: () => Nanoseconds,
    private readonly due: (at: Nanoseconds) => void,
    private readonly forwarded: (heldNs: number) => void,
  ) {
    from.on('data', (chunk: Buffer) => this.read(chunk));
    from.on('end', () => {
      this.ended = true;
      this.flush(this.now());
    });
    to.on('drain', () => {
      this.blocked = false;
      this.flush(this.now());
    });
  }

  private read(chunk: Buffer): void {
    if (this.to.destroyed) {
      this.from.destroy();
      return;
    }
    const { delayMs, bytesPerSecond } = this.conditions();
    const readAt = this.now();
    const passing = bytesPerSecond === undefined ? 0 : (chunk.length / bytesPerSecond) * 1e9;
    this.busyUntil = Math.max(this.busyUntil, readAt) + passing;
    // Never before what was read earlier, also when the delay has just been made shorter.
    const due = Math.max(this.busyUntil + delayMs * 1e6, this.queue.at(-1)?.due ?? 0);
    this.queue.push({ chunk, readAt, due });
    this.heldBytes += chunk.length;
    if (due <= readAt) this.flush(readAt);
    else this.due(due);
    this.steer();
  }

  /** Writes what is due; returns when the next chunk is, or undefined when nothing waits for a time. */
  flush(now: Nanoseconds): Nanoseconds | undefined {
    const { frozen } = this.conditions();
    while (!frozen && !this.blocked && this.head < this.queue.length) {
      const held = this.queue[this.head] as Held;
      if (held.due > now) break;
      this.head++;
      this.heldBytes -= held.chunk.length;
      this.blocked = !this.to.write(held.chunk);
      this.forwarded(now - held.readAt);
    }
    if (this.head === this.queue.length || this.head > 1_024) {
      this.queue.splice(0, this.head);
      this.head = 0;
    }
    if (this.ended && !frozen && this.queue.length === 0) this.to.end();
    this.steer();
    return frozen || this.blocked ? undefined : this.queue[this.head]?.due;
  }

  private steer(): void {
    if (this.conditions().frozen || this.heldBytes > mostHeldBytes) this.from.pause();
    else if (this.from.isPaused()) this.from.resume();
  }
}
