import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkFile } from '../../src/payload/file.js';
import type { PayloadSpec } from '../../src/payload/spec.js';
import { payloadVariants } from '../../src/payload/variants.js';
import { envelopeBytes } from '../../src/run/envelope.js';

const json: PayloadSpec = {
  kind: 'json',
  template: '{"customer": ${customer}, "price": ${price}}',
  values: { customer: ['Ada', 'Grace'], price: { from: 0, to: 99 } },
};
let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'mqbench-payload-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(content: string | Buffer): PayloadSpec {
  const file = join(folder, 'payload.bin');
  writeFileSync(file, content);
  const found = checkFile(file);
  if (!('kind' in found)) throw new Error(found.message);
  return found;
}
const payloads = (spec: PayloadSpec, size: number, seed = 1): Buffer[] =>
  payloadVariants(spec, size, seed).map((body) => body.subarray(envelopeBytes));
/** How much is left of what a batch of bodies holds when gzip has had it. */
const compressed = (spec: PayloadSpec, size: number): number => {
  const batch = payloads(spec, size).slice(0, 200);
  const all = Buffer.concat(
    batch.length < 200 ? Array.from({ length: 200 }, (_, i) => batch[i % batch.length]!) : batch,
  );
  return gzipSync(all).length / all.length;
};

describe('payloads', () => {
  it('are the same for the same seed, others for another, each of exactly the size', () => {
    for (const kind of ['random', 'text'] as const)
      fc.assert(
        fc.property(fc.integer({ min: envelopeBytes, max: 3_000 }), fc.nat(), (size, seed) => {
          const [a, b] = [payloadVariants({ kind }, size, seed), payloadVariants({ kind }, size, seed)];
          expect(a.every((body, i) => body.length === size && body.equals(b[i]!))).toBe(true);
          if (size > envelopeBytes + 50)
            expect(payloadVariants({ kind }, size, seed + 1)[0]!.equals(a[0]!)).toBe(false);
        }),
        { numRuns: 5 },
      );
  });

  it('compress as what they are: random not at all, however many of them stand in one batch', () => {
    for (const size of [100, 1_000, 10_000]) expect(compressed({ kind: 'random' }, size)).toBeGreaterThan(0.98);
    expect(compressed({ kind: 'zeros' }, 1_000)).toBeLessThan(0.01);
    const text = compressed({ kind: 'text' }, 1_000);
    expect(text).toBeGreaterThan(0.2);
    expect(text).toBeLessThan(0.6);
  });

  it('of a template are JSON behind the envelope, filled up with spaces', () => {
    const drawn = payloads(json, 120);
    for (const payload of drawn) {
      expect(payload.length).toBe(80);
      const { customer, price } = JSON.parse(payload.toString()) as { customer: string; price: number };
      expect(['Ada', 'Grace']).toContain(customer);
      expect(price).toBeGreaterThanOrEqual(0);
      expect(price).toBeLessThanOrEqual(99);
    }
    expect(new Set(drawn.map(String)).size).toBe(200);
  });

  it('are text in plain ASCII that can be cut anywhere', () => {
    for (const payload of payloads({ kind: 'text' }, 1_000))
      expect(payload.toString('latin1')).toMatch(/^[A-Za-z ,.]{960}$/);
  });

  it('are pieces of a file one after another, from the beginning again where it ends', () => {
    const content = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 251));
    const all = Buffer.concat(payloads(fileOf(content), envelopeBytes + 300));
    for (let i = 0; i < all.length; i++) if (all[i] !== content[i % 1_000]) expect.fail(`byte ${i}`);
  });

  it('of a file that has changed since the scenario was read are refused', () => {
    const spec = fileOf('one');
    fileOf('another');
    expect(() => payloadVariants(spec, 100, 1)).toThrow(/changed since/);
  });

  it('take no more memory than a few hundred KB, or one body', () => {
    for (const size of [envelopeBytes, 41, 100, 10_000, 5_000_000]) {
      const bodies = payloadVariants({ kind: 'zeros' }, size, 1).length;
      expect(bodies).toBe(1);
      expect(payloadVariants({ kind: 'random' }, size, 1).length * size).toBeLessThanOrEqual(Math.max(262_144, size));
    }
  });
});
