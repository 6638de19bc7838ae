/** A growing set of sequence numbers: one bit each, 1.25 MB for ten million. */

export class Bitmap {
  private words = new Uint32Array(1_024);

  /** Adds a number; false when it was in already. */
  add(n: number): boolean {
    const index = Math.floor(n / 32);
    if (index >= this.words.length) this.grow(index);
    const bit = 1 << (n & 31);
    const word = this.words[index] as number;
    if ((word & bit) !== 0) return false;
    this.words[index] = word | bit;
    return true;
  }

  has(n: number): boolean {
    return ((this.words[Math.floor(n / 32)] ?? 0) & (1 << (n & 31))) !== 0;
  }

  private grow(index: number): void {
    const larger = new Uint32Array(Math.max(this.words.length * 2, index + 1));
    larger.set(this.words);
    this.words = larger;
  }

  /** The words up to the last one that is not zero; a copy. */
  record(): Uint32Array {
    let end = this.words.length;
    while (end > 0 && this.words[end - 1] === 0) end--;
    return this.words.slice(0, end);
  }
}

/** Number of bits set in a word (Hacker's Delight, figure 5-2). */
export function popcount(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Union of several records. */
export function union(records: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(Math.max(0, ...records.map((r) => r.length)));
  for (const record of records)
    for (let i = 0; i < record.length; i++) all[i] = (all[i] as number) | (record[i] as number);
  return all;
}

/** The numbers in both. */
export function intersection(a: Uint32Array, b: Uint32Array): Uint32Array {
  return a.slice(0, Math.min(a.length, b.length)).map((word, i) => word & (b[i] as number));
}

/** The largest number in a record; -1 when it is empty. */
export function highest(record: Uint32Array): number {
  for (let i = record.length - 1; i >= 0; i--) {
    const word = record[i] as number;
    if (word !== 0) return i * 32 + 31 - Math.clz32(word);
  }
  return -1;
}

/** How many numbers a record holds. */
export function count(record: Uint32Array): number {
  let sum = 0;
  for (const word of record) sum += popcount(word);
  return sum;
}

/** How many numbers are in `a` and not in `b`. */
export function countMissing(a: Uint32Array, b: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += popcount((a[i] as number) & ~(b[i] ?? 0));
  return sum;
}
