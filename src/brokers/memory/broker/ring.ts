/** Messages numbered without gaps, removable in any order: what waits in a queue, what a consumer holds. */

const initialCapacity = 1024;
/** An empty ring that has grown beyond this gives its memory back. */
const shrinkAbove = 64 * 1024;

/**
 * A growing ring of references into received frames. It keeps no object per message: at hundreds of thousands a
 * second those would be most of the garbage.
 */
export class MessageRing {
  #frames: (Buffer | undefined)[] = new Array<Buffer | undefined>(initialCapacity);
  #from = new Uint32Array(initialCapacity);
  #to = new Uint32Array(initialCapacity);
  #position = new Float64Array(initialCapacity);
  #mask = initialCapacity - 1;
  /** Number of the oldest message that is still here; equal to `end` when there is none. */
  first = 0;
  /** Number that the next message gets. */
  end = 0;

  /** Appends bytes `from` to `to` of a frame. `position` is the message's place in its queue. */
  push(frame: Buffer, from: number, to: number, position: number): void {
    if (this.end - this.first > this.#mask) this.#resize(2 * (this.#mask + 1));
    const slot = this.end & this.#mask;
    this.#frames[slot] = frame;
    this.#from[slot] = from;
    this.#to[slot] = to;
    this.#position[slot] = position;
    this.end += 1;
  }

  /** The frame that holds message `n`, or undefined when it is not (or no longer) here. */
  frame(n: number): Buffer | undefined {
    return n >= this.first && n < this.end ? this.#frames[n & this.#mask] : undefined;
  }
  from(n: number): number {
    return this.#from[n & this.#mask]!;
  }
  to(n: number): number {
    return this.#to[n & this.#mask]!;
  }
  position(n: number): number {
    return this.#position[n & this.#mask]!;
  }

  /** Lets go of message `n`, which must be here. */
  remove(n: number): void {
    this.#frames[n & this.#mask] = undefined;
    while (this.first < this.end && this.#frames[this.first & this.#mask] === undefined) this.first += 1;
    if (this.first === this.end && this.#mask >= shrinkAbove) this.#resize(initialCapacity);
  }

  #resize(capacity: number): void {
    const mask = capacity - 1;
    const frames = new Array<Buffer | undefined>(capacity);
    const from = new Uint32Array(capacity);
    const to = new Uint32Array(capacity);
    const position = new Float64Array(capacity);
    for (let n = this.first; n < this.end; n += 1) {
      const [old, slot] = [n & this.#mask, n & mask];
      frames[slot] = this.#frames[old];
      from[slot] = this.#from[old]!;
      to[slot] = this.#to[old]!;
      position[slot] = this.#position[old]!;
    }
    this.#frames = frames;
    this.#from = from;
    this.#to = to;
    this.#position = position;
    this.#mask = mask;
  }
}
