/**
 * What a worker has seen, in a file, so that its record outlives a SIGKILL: what write(2) took is in the page cache.
 * Appended in blocks, a turn of the event loop or a full block at a time.
 *
 * A record has 44 bytes, little-endian: 0 u8 kind · 1 u8 redelivered (0 no, 1 yes, 2 unknown) · 2 u16 partition + 1,
 * 0 for none · 4 u32 producer · 8 f64 sequence · 16 f64 intended send time · 24 f64 actual send time · 32 f64 when it
 * happened · 40 u32 size of the body in bytes. Times are nanoseconds on the session's clock.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

export const recordKinds = [
  'send',
  'confirm',
  'fail',
  'receipt',
  'other-send',
  'other-confirm',
  'other-receipt',
  'counts',
] as const;
/**
 * `other-…`: of a phase that is not measured. `counts`: sequence holds the corrupt, intended the foreign deliveries so
 * far; the last one counts.
 */
export type RecordKind = (typeof recordKinds)[number];

export interface JournalRecord {
  readonly kind: RecordKind;
  readonly producer: number;
  readonly sequence: number;
  readonly intended: number;
  readonly actual: number;
  readonly at: number;
  readonly bytes: number;
  readonly partition: number | undefined;
  readonly redelivered: boolean | undefined;
}

const recordBytes = 44;
const blockRecords = 1_024;
const codes = new Map(recordKinds.map((kind, code) => [kind, code]));

export class JournalWriter {
  private readonly file: number;
  private readonly block = Buffer.alloc(recordBytes * blockRecords);
  private used = 0;

  /** @throws the operating system's error when the file cannot be made */
  constructor(path: string) {
    this.file = openSync(path, 'a', 0o600);
  }

  add(
    kind: RecordKind,
    producer: number,
    sequence: number,
    intended: number,
    actual: number,
    at: number,
    bytes: number,
    partition?: number,
    redelivered?: boolean,
  ): void {
    const { block, used } = this;
    block[used] = codes.get(kind) as number;
    block[used + 1] = redelivered === undefined ? 2 : redelivered ? 1 : 0;
    block.writeUInt16LE(partition === undefined ? 0 : partition + 1, used + 2);
    block.writeUInt32LE(producer, used + 4);
    block.writeDoubleLE(sequence, used + 8);
    block.writeDoubleLE(intended, used + 16);
    block.writeDoubleLE(actual, used + 24);
    block.writeDoubleLE(at, used + 32);
    block.writeUInt32LE(bytes, used + 40);
    this.used += recordBytes;
    if (this.used === block.length) this.flush();
  }

  /** Writes what has gathered. @throws the operating system's error, such as for a full disk */
  flush(): void {
    for (let at = 0; at < this.used;) at += writeSync(this.file, this.block, at, this.used - at);
    this.used = 0;
  }

  close(): void {
    this.flush();
    closeSync(this.file);
  }
}

/**
 * Everything in a journal, a block at a time; what a killed worker wrote of half a record is left out. Empty when there
 * is no file.
 * @throws the operating system's error
 */
export function* readJournal(path: string): Generator<JournalRecord> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const block = Buffer.alloc(recordBytes * blockRecords);
    for (let kept = 0; ;) {
      const read = readSync(file, block, kept, block.length - kept, null);
      if (read === 0) return;
      const length = kept + read;
      const whole = length - (length % recordBytes);
      for (let at = 0; at < whole; at += recordBytes) yield recordAt(block, at);
      block.copyWithin(0, whole, length);
      kept = length - whole;
    }
  } finally {
    closeSync(file);
  }
}

function recordAt(block: Buffer, at: number): JournalRecord {
  const partition = block.readUInt16LE(at + 2);
  const redelivered = block[at + 1];
  return {
    kind: recordKinds[block[at] as number] ?? 'counts',
    producer: block.readUInt32LE(at + 4),
    sequence: block.readDoubleLE(at + 8),
    intended: block.readDoubleLE(at + 16),
    actual: block.readDoubleLE(at + 24),
    at: block.readDoubleLE(at + 32),
    bytes: block.readUInt32LE(at + 40),
    partition: partition === 0 ? undefined : partition - 1,
    redelivered: redelivered === 2 ? undefined : redelivered === 1,
  };
}
