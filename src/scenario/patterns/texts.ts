/** Texts that a pattern gives its messages. */
import { z } from 'zod';
import { envelopeBytes } from '../../run/envelope.js';
import type { Asked, Contradiction } from '../contradictions.js';
import { limits } from '../limits.js';
import { show } from '../show.js';
import { leastSize } from '../sizes.js';
import { formatSize } from '../units.js';
import { fail, written } from '../values.js';

/** A text that a person can read in one line. */
export function sentence() {
  const schema = z.unknown().transform((value, ctx): string => {
    if (typeof value !== 'string') return fail(ctx, `expected a text, got ${show(value)}`);
    if (value.length === 0 || value.length > limits.textCharacters)
      return fail(ctx, `a text has 1 to ${limits.textCharacters} characters, and this one ${value.length}`);
    if (/\p{Cc}/u.test(value)) return fail(ctx, 'the text has line breaks or other control characters');
    if (value !== value.trim()) return fail(ctx, 'the text begins or ends with a space, which nobody would see');
    return value;
  });
  return schema.register(written, () => ({ type: 'string', minLength: 1, maxLength: limits.textCharacters }));
}

/** The sizes that have no room for these texts. */
export function tooSmall(texts: readonly string[], { sizes = [], size }: Asked): Contradiction[] {
  const longest = Math.max(...texts.map((text) => Buffer.byteLength(text)));
  const least = envelopeBytes + longest;
  return (size === undefined ? sizes : [size]).flatMap((one): Contradiction[] =>
    leastSize(one) >= least
      ? []
      : [
          {
            path: ['sizes'],
            message: `a body of ${formatSize(leastSize(one))} has no room for a text of ${longest} bytes`,
            hint: `at least ${formatSize(least)}: ${envelopeBytes} bytes say which message it is`,
          },
        ],
  );
}
