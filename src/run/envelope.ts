/**
 * The front of every body: which run, phase and producer a message belongs to, its sequence number and its times.
 * The rest of the body is filler that both sides derive from the run's seed, so that a changed byte is found
 * without sending a checksum over the whole body.
 *
 * Layout, little-endian: 0 u32 magic and phase · 4 u32 run · 8 u32 producer · 12 u32 check ·
 * 16 f64 sequence · 24 f64 intended send time (ns) · 32 f64 actual send time (ns).
 */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Bytes that the envelope takes; no body can be smaller. */
export const envelopeBytes = 40;

/** Messages of another phase than `measure` are never counted in a figure. */
export const phases = ['probe', 'warmup', 'measure'] as const;
export type Phase = (typeof phases)[number];
export const phaseCode = { probe: 0, warmup: 1, measure: 2 } as const satisfies Record<Phase, number>;

const magic = 0x6d_71_62_00; // "mqb" and a byte for the phase

const scratch = new ArrayBuffer(envelopeBytes);
const words = new Uint32Array(scratch);
const doubles = new Float64Array(scratch);
const scratchBytes = Buffer.from(scratch);

/** Mixes the envelope's words; cheap, and any single changed bit changes it. */
function checkOf(w: Uint32Array): number {
  let h = 0x9e3779b9;
  for (let i = 0; i < 10; i++) {
    if (i === 3) continue; // the check itself
    h = Math.imul(h ^ (w[i] as number), 0x85ebca6b);
    h ^= h >>> 15;
  }
  return h >>> 0;
}

/** Makes bodies of one run and producer. */
export class EnvelopeWriter {
  constructor(
    private readonly run: number,
    private readonly producer: number,
    private readonly template: Buffer,
  ) {}

  /**
   * Writes a message's envelope over the front of its body, which is the adapter's until the message is settled.
   * @param body a copy of the run's template, see {@link EnvelopeWriter.newBody}
   */
  write(body: Buffer, phase: number, sequence: number, intended: number, actual: number): void {
    words[0] = magic | phase;
    words[1] = this.run;
    words[2] = this.producer;
    doubles[2] = sequence;
    doubles[3] = intended;
    doubles[4] = actual;
    words[3] = checkOf(words);
    body.set(scratchBytes);
  }

  /** A body of the run's size with memory of its own. */
  newBody(): Buffer {
    return Buffer.from(this.template);
  }
}

/** Reads envelopes without allocating: the last one read is in the fields. */
export class EnvelopeReader {
  phase = 0;
  run = 0;
  producer = 0;
  sequence = 0;
  intended = 0;
  actual = 0;

  /** False when the bytes are not an intact envelope; the fields are then meaningless. */
  read(body: Buffer): boolean {
    if (body.length < envelopeBytes) return false;
    body.copy(scratchBytes, 0, 0, envelopeBytes);
    const head = words[0] as number;
    if ((head & 0xffffff00) >>> 0 !== magic || words[3] !== checkOf(words)) return false;
    this.phase = head & 0xff;
    this.run = words[1] as number;
    this.producer = words[2] as number;
    this.sequence = doubles[2] as number;
    this.intended = doubles[3] as number;
    this.actual = doubles[4] as number;
    return true;
  }
}

/** The body that all messages of a run share behind the envelope: incompressible, from the run's seed. */
export function bodyTemplate(seed: number, size: number): Buffer {
  const template = Buffer.alloc(size);
  const random = xoroshiro128plus(seed);
  for (let i = 0; i < size; i++) template[i] = random.next() & 0xff;
  return template;
}

/** Whether everything behind the envelope is what the producer sent. */
export function fillerIntact(body: Buffer, template: Buffer): boolean {
  return (
    body.length === template.length &&
    body.compare(template, envelopeBytes, template.length, envelopeBytes, body.length) === 0
  );
}
