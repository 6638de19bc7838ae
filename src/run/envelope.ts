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

/**
 * Reads numbers at any offset in bodies of one consumer. Clients hand out many bodies as parts of one buffer, so
 * the view on it is kept; through a view a body costs a third of what copying it out did.
 */
class BodyView {
  private view: DataView = new DataView(new ArrayBuffer(0));

  of(body: Buffer): DataView {
    if (this.view.buffer !== body.buffer) this.view = new DataView(body.buffer);
    return this.view;
  }
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

  readonly #bodies = new BodyView();

  /** False when the bytes are not an intact envelope; the fields are then meaningless. */
  read(body: Buffer): boolean {
    if (body.length < envelopeBytes) return false;
    const view = this.#bodies.of(body);
    const at = body.byteOffset;
    let check = checkSeed;
    for (let i = 0; i < 10; i++) if (i !== checkAt) check = mix(check, view.getUint32(at + i * 4, true));
    const head = view.getUint32(at, true);
    if ((head & 0xffffff00) >>> 0 !== magic || view.getUint32(at + checkAt * 4, true) !== check >>> 0) return false;
    this.phase = head & 0xff;
    this.run = view.getUint32(at + 4, true);
    this.producer = view.getUint16(at + 8, true);
    this.payload = view.getUint16(at + 10, true);
    this.sequence = view.getFloat64(at + 16, true);
    this.intended = view.getFloat64(at + 24, true);
    this.actual = view.getFloat64(at + 32, true);
    return true;
  }
}

/** Up to this size comparing words here is faster than a call of Buffer.compare, in bytes. */
const smallBody = 256;
const bodyViews = new BodyView();
const payloadViews = new BodyView();

/**
 * Whether everything behind the envelope is what the producer sent.
 * @param size what the message's size must be
 * @param payload the run's largest body with this payload; undefined where there is none of its number
 */
export function payloadIntact(body: Buffer, payload: Buffer | undefined, size: number): boolean {
  if (payload === undefined || body.length !== size) return false;
  if (size > smallBody) return body.compare(payload, envelopeBytes, size, envelopeBytes, size) === 0;
  const received = bodyViews.of(body);
  const expected = payloadViews.of(payload);
  const at = body.byteOffset;
  const from = payload.byteOffset;
  let i = envelopeBytes;
  for (; i + 4 <= size; i += 4) if (received.getInt32(at + i, true) !== expected.getInt32(from + i, true)) return false;
  for (; i < size; i++) if (received.getUint8(at + i) !== expected.getUint8(from + i)) return false;
  return true;
}
