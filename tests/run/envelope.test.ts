import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyTemplate, envelopeBytes, EnvelopeReader, EnvelopeWriter, fillerIntact } from '../../src/run/envelope.js';

const message = fc.record({
  run: fc.nat(0xffffffff),
  producer: fc.nat(0xffff),
  phase: fc.constantFrom(0, 1, 2),
  sequence: fc.nat(Number.MAX_SAFE_INTEGER),
  intended: fc.nat(2 ** 50),
  actual: fc.nat(2 ** 50),
  size: fc.integer({ min: envelopeBytes, max: 2_000 }),
});

interface Written {
  readonly run: number;
  readonly producer: number;
  readonly phase: number;
  readonly sequence: number;
  readonly intended: number;
  readonly actual: number;
}

function bodyOf(m: Written, template: Buffer): Buffer {
  const writer = new EnvelopeWriter(m.run, m.producer, template);
  const body = writer.newBody();
  writer.write(body, m.phase, m.sequence, m.intended, m.actual);
  return body;
}

describe('envelope', () => {
  it('gives back what was written, in a body of exactly the size asked', () => {
    fc.assert(
      fc.property(message, (m) => {
        const body = bodyOf(m, bodyTemplate(7, m.size));
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
        });
      }),
    );
  });

  it('notices any single changed bit, in the envelope or behind it', () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.nat(7), (m, at, bit) => {
        const template = bodyTemplate(7, m.size);
        const body = bodyOf(m, template);
        const index = at % m.size;
        body[index] = (body[index] as number) ^ (1 << bit);
        expect(new EnvelopeReader().read(body) && fillerIntact(body, template)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("reads bodies wherever they lie in a client's buffers", () => {
    fc.assert(
      fc.property(message, fc.nat(200), fc.boolean(), (m, offset, again) => {
        const template = bodyTemplate(7, m.size);
        const body = bodyOf(m, template);
        const buffer = Buffer.alloc(offset + m.size * 2 + 3);
        body.copy(buffer, offset);
        body.copy(buffer, offset + m.size + 3);
        const reader = new EnvelopeReader();
        const parts = [buffer.subarray(offset, offset + m.size), buffer.subarray(offset + m.size + 3)];
        for (const part of again ? [...parts, body, ...parts] : parts) {
          expect(reader.read(part) && fillerIntact(part, template)).toBe(true);
          expect(reader.sequence).toBe(m.sequence);
        }
      }),
    );
  });

  it('notices a body that was cut or has grown', () => {
    const template = bodyTemplate(1, 100);
    const body = bodyOf({ run: 1, producer: 0, phase: 2, sequence: 3, intended: 4, actual: 5 }, template);
    expect(fillerIntact(body.subarray(0, 99), template)).toBe(false);
    expect(fillerIntact(Buffer.concat([body, Buffer.from([0])]), template)).toBe(false);
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

  it('fills bodies with bytes that do not compress, the same for the same seed', () => {
    expect(bodyTemplate(5, 256).equals(bodyTemplate(5, 256))).toBe(true);
    expect(bodyTemplate(5, 256).equals(bodyTemplate(6, 256))).toBe(false);
    expect(new Set(bodyTemplate(5, 4_096)).size).toBe(256);
  });
});
