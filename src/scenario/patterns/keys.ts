/** Keys that messages are sent with, and what subscribers want of them; src/patterns/problems.ts judges the words. */
import { z } from 'zod';
import { limits } from '../limits.js';
import { show } from '../show.js';
import { fail, list, written } from '../values.js';

const readWords = z
  .unknown()
  .transform((value, ctx): string =>
    typeof value === 'string' && value !== ''
      ? value
      : fail(
          ctx,
          `expected a key, got ${show(value)}`,
          'words of letters, digits and "-", with dots between; "#" needs quotes in YAML',
        ),
  );
const words = readWords.register(written, () => ({ type: 'string', minLength: 1 }));

/** Every key that is sent, each once. */
export const keys = (example: string) => list(words, 'keys', example, limits.keys, (key) => key);

/** What each subscriber wants. */
export const bindings = (example: string) =>
  list(
    list(words, 'bindings', '[error]', limits.bindings, (key) => key),
    'subscribers',
    example,
    limits.consumers,
  );
