import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { payloadVariants } from '../../src/payload/variants.js';
import { envelopeBytes, EnvelopeReader, EnvelopeWriter, payloadIntact } from '../../src/run/envelope.js';

const message = fc.record({
  run: fc.nat(0xffffffff),
  producer: fc.nat(0xffff),
  phase: fc.constantFrom(0, 1, 2),
  sequence: fc.nat(Number.MAX_SAFE_INTEGER),
  intended: fc.nat(2 ** 50),
  actual: fc.nat(2 ** 50),
  size: fc.integer({ min: envelopeBytes, max: 2_000 }),
  payload: fc.nat(0xffff),
});

interface Written {
  readonly run: number;
  readonly producer: number;
  readonly phase: number;
  readonly sequence: number;
  readonly intended: number;
  readonly actual: number;
  readonly payload: number;
}

const random = (size: number): Buffer => payloadVariants({ kind: 'random' }, size, 7)[0]!;

function bodyOf(m: Written, template: Buffer): Buffer {
  const body = Buffer.from(template);
  new EnvelopeWriter(m.run, m.producer).write(body, m.phase, m.sequence, m.intended, m.actual, m.payload);
  return body;
}

describe('envelope', () => {
  it('gives back what was written, in a body of exactly the size asked', () => {
    fc.assert(
      fc.property(message, (m) => {
        const body = bodyOf(m, random(m.size));
        const reader = new EnvelopeReader();
        expect(body.length).toBe(m.size);
        expect(reader.read(body)).toBe(true);
        expect({ ...reader }).toEqual({
          run: m.run,
          producer: m.producer,
          phase: m.phase,
          sequence: m.sequence,
          intended: m.intended,
          actual: m.actual,
          payload: m.payload,
        });
      }),
    );
  });

  it('notices any single changed bit, in the envelope or behind it', () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.nat(7), (m, at, bit) => {
        const template = random(m.size);
        const body = bodyOf(m, template);
        const index = at % m.size;
        body[index] = (body[index] as number) ^ (1 << bit);
        expect(new EnvelopeReader().read(body) && payloadIntact(body, template, m.size)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("reads bodies wherever they lie in a client's buffers", () => {
    fc.assert(
      fc.property(message, fc.nat(200), fc.boolean(), (m, offset, again) => {
        const template = random(m.size);
        const body = bodyOf(m, template);
        const buffer = Buffer.alloc(offset + m.size * 2 + 3);
        body.copy(buffer, offset);
        body.copy(buffer, offset + m.size + 3);
        const reader = new EnvelopeReader();
        const parts = [buffer.subarray(offset, offset + m.size), buffer.subarray(offset + m.size + 3)];
        for (const part of again ? [...parts, body, ...parts] : parts) {
          expect(reader.read(part) && payloadIntact(part, template, m.size)).toBe(true);
          expect(reader.sequence).toBe(m.sequence);
        }
      }),
    );
  });

  it('notices a body that was cut or has grown', () => {
    const template = random(100);
    const body = bodyOf({ run: 1, producer: 0, phase: 2, sequence: 3, intended: 4, actual: 5, payload: 0 }, template);
    expect(payloadIntact(body.subarray(0, 99), template, 100)).toBe(false);
    expect(payloadIntact(Buffer.concat([body, Buffer.from([0])]), template, 100)).toBe(false);
    expect(payloadIntact(body, undefined, 100)).toBe(false);
    expect(new EnvelopeReader().read(body.subarray(0, 39))).toBe(false);
  });

  it('does not take foreign bytes for a message', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 40, maxLength: 64 }),
        (bytes) => !new EnvelopeReader().read(Buffer.from(bytes)),
      ),
    );
  });
});
