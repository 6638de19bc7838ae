/**
 * The front of every body: which run, phase and producer a message belongs to, its sequence number and its times.
 * The rest of the body is one of the run's payloads (src/payload/variants.ts), which both sides make from the same seed,
 * so that a changed byte is found without sending a checksum over the whole body.
 *
 * Layout, little-endian: 0 u32 magic and phase · 4 u32 run · 8 u16 producer · 10 u16 payload · 12 u32 check ·
 * 16 f64 sequence · 24 f64 intended send time (ns) · 32 f64 actual send time (ns).
 */
/** Bytes that the envelope takes; no body can be smaller. */
export const envelopeBytes = 40;

/** Messages of another phase than `measure` are never counted in a figure. */
export const phases = ['probe', 'warmup', 'measure'] as const;
export type Phase = (typeof phases)[number];
export const phaseCode = { probe: 0, warmup: 1, measure: 2 } as const satisfies Record<Phase, number>;

/** In the phase of an envelope: the body is the reply to the message that the rest of it names. */
export const replyMark = 0x80;

const magic = 0x6d_71_62_00; // "mqb" and a byte for the phase

const scratch = new ArrayBuffer(envelopeBytes);
const words = new Uint32Array(scratch);
const doubles = new Float64Array(scratch);
const scratchBytes = Buffer.from(scratch);

/** The check mixes the envelope's words but its own; cheap, and any single changed bit changes it. */
const checkSeed = 0x9e3779b9;
const checkAt = 3;
function mix(check: number, word: number): number {
  const h = Math.imul(check ^ word, 0x85ebca6b);
  return h ^ (h >>> 15);
}

function checkOf(w: Uint32Array): number {
  let h = checkSeed;
  for (let i = 0; i < 10; i++) if (i !== checkAt) h = mix(h, w[i] as number);
  return h >>> 0;
}

/** Writes the envelopes of one run and producer. */
export class EnvelopeWriter {
  constructor(
    private readonly run: number,
    private readonly producer: number,
  ) {}

  /**
   * Writes a message's envelope over the front of its body, which is the adapter's until the message is settled.
   * @param payload which of the run's payloads the body carries
   */
  write(body: Buffer, phase: number, sequence: number, intended: number, actual: number, payload: number): void {
    words[0] = magic | phase;
    words[1] = this.run;
    words[2] = this.producer | (payload << 16);
    doubles[2] = sequence;
    doubles[3] = intended;
    doubles[4] = actual;
    words[3] = checkOf(words);
    body.set(scratchBytes);
  }
}

/** Reads envelopes without allocating: the last one read is in the fields. */
export class EnvelopeReader {
  phase = 0;
  run = 0;
  producer = 0;
  payload = 0;
  sequence = 0;
  intended = 0;
  actual = 0;

  /** False when the bytes are not an intact envelope; the fields are then meaningless. */
  read(body: Buffer): boolean {
    if (body.length < envelopeBytes) return false;
    // Byte by byte: a view on the body's buffer, or a copy of it, would cost a call into native code for each message.
    let check = checkSeed;
    for (let i = 0, at = 0; i < 10; i++, at += 4) {
      const word =
        (body[at] as number) |
        ((body[at + 1] as number) << 8) |
        ((body[at + 2] as number) << 16) |
        ((body[at + 3] as number) << 24);
      words[i] = word;
      if (i !== checkAt) check = mix(check, word);
    }
    const head = words[0] as number;
    if ((head & 0xffffff00) >>> 0 !== magic || words[checkAt] !== check >>> 0) return false;
    this.phase = head & 0xff;
    this.run = words[1] as number;
    this.producer = (words[2] as number) & 0xffff;
    this.payload = (words[2] as number) >>> 16;
    this.sequence = doubles[2] as number;
    this.intended = doubles[3] as number;
    this.actual = doubles[4] as number;
    return true;
  }
}

/** Up to this size comparing bytes here is faster than a call of Buffer.compare, in bytes. */
const smallBody = 256;

/**
 * Whether everything behind the envelope is what the producer sent.
 * @param size what the message's size must be
 * @param payload the run's largest body with this payload; undefined where there is none of its number
 */
export function payloadIntact(body: Buffer, payload: Buffer | undefined, size: number): boolean {
  if (payload === undefined || body.length !== size) return false;
  if (size > smallBody) return body.compare(payload, envelopeBytes, size, envelopeBytes, size) === 0;
  for (let i = envelopeBytes; i < size; i++) if (body[i] !== payload[i]) return false;
  return true;
}
