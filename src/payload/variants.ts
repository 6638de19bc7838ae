/**
 * The payloads of a run, made before it starts. Producers and consumers make the same ones from the same seed, and a
 * body's envelope says which it carries: every byte is checked without being sent twice.
 *
 * Several different ones, since a client that compresses a batch would else find one payload again and again: that
 * would make random bytes compressible. So there are enough of them to outlast the 32 KB that gzip looks back
 * (RFC 1951, section 3.2.5) many times over.
 */
import { envelopeBytes } from '../run/envelope.js';
import { readPayloadFile } from './file.js';
import { fillRandom, type Random, seeded } from './random.js';
import type { Content } from './spec.js';
import { drawDocument, parseTemplate } from './template.js';
import { drawText } from './text.js';

/** All variants together take about so many bytes: eight times gzip's window, and still small enough for a core's cache. */
const poolBytes = 256 * 1024;
/** The most variants; more small ones would differ no more. */
const maxVariants = 4_096;

/** How many different payloads bodies of at most so many bytes take turns with. */
function variantCount(content: Content, mostBytes: number): number {
  const { kind } = content;
  if (kind === 'texts') return content.texts.length;
  if (kind === 'zeros' || mostBytes <= envelopeBytes) return 1;
  return Math.min(maxVariants, Math.max(1, Math.floor(poolBytes / mostBytes)));
}

/** Writes one payload after another into buffers of any length. */
function painter(spec: Content, random: Random): (payload: Buffer) => void {
  switch (spec.kind) {
    case 'random':
      return (payload) => fillRandom(random, payload);
    case 'zeros':
      return () => undefined;
    case 'text':
      return (payload) => void payload.write(drawText(random, payload.length), 'latin1');
    case 'texts': {
      let turn = 0;
      return (payload) => {
        payload.fill(' ');
        payload.write(spec.texts[turn++ % spec.texts.length] ?? '', 'utf8');
      };
    }
    case 'json': {
      const parsed = parseTemplate(spec.template, spec.values);
      if ('problems' in parsed)
        throw new Error(`a template that was not checked: ${parsed.problems[0]?.message ?? ''}`);
      return (payload) => {
        payload.fill(' ');
        payload.write(drawDocument(parsed.parts, random), 'utf8');
      };
    }
    case 'file': {
      const content = readPayloadFile(spec);
      let from = 0;
      return (payload) => {
        for (let at = 0; at < payload.length;) {
          const copied = content.copy(payload, at, from);
          at += copied;
          from = (from + copied) % content.length;
        }
      };
    }
  }
}

/**
 * Every payload of a run, as whole bodies of the largest size whose envelope is still empty; a smaller body is the
 * beginning of one.
 * @param mostBytes size of the run's largest body
 * @throws UsageError when a payload's file is gone or has changed
 */
export function payloadVariants(spec: Content, mostBytes: number, seed: number): readonly Buffer[] {
  const paint = painter(spec, seeded(seed));
  return Array.from({ length: variantCount(spec, mostBytes) }, () => {
    const body = Buffer.alloc(mostBytes);
    paint(body.subarray(envelopeBytes));
    return body;
  });
}

/** Whether the sequence number of a message says which payload it carries. */
export function isInTurn({ kind }: Content): boolean {
  return kind === 'texts';
}

/** Whether bodies can be shown as text. */
export function isText({ kind }: Content): boolean {
  return kind === 'text' || kind === 'json' || kind === 'texts';
}
