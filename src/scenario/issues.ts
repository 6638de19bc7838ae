/** From zod's issues to the project's: one a mistake, with a key as people write it and a hint. */
import type { z } from 'zod';
import { nearest } from '../nearest.js';
import { formatCount } from './units.js';

/** A mistake and the path to it in the file, before its line is known. */
export interface Mistake {
  readonly path: readonly (string | number)[];
  /** The mistake is the key itself and not its value. */
  readonly atKey: boolean;
  readonly message: string;
  readonly hint?: string;
}

/** e.g. `targets[1].options.batchSize`. */
export function keyOf(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (key, part) => (typeof part === 'number' ? `${key}[${part}]` : key === '' ? part : `${key}.${part}`),
    '',
  );
}

/** The hint for a key that is not known among `known`. */
export function unknownKey(path: readonly (string | number)[], key: string, known: readonly string[]): Mistake {
  const near = nearest(key, known);
  return {
    path: [...path, key],
    atKey: true,
    message: 'is not a known key',
    hint:
      near !== undefined
        ? `did you mean "${near}"?`
        : known.length === 0
          ? 'there is nothing to set here'
          : `known keys: ${known.join(', ')}`,
  };
}

/**
 * The mistakes behind a failed parse.
 * @param base path of the value that was parsed
 * @param known the keys valid in the map at a path (relative to `base`)
 */
export function mistakesOf(
  error: z.ZodError,
  base: readonly (string | number)[],
  known: (path: readonly (string | number)[]) => readonly string[],
): Mistake[] {
  return error.issues.flatMap((issue): Mistake[] => {
    const relative = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    const path = [...base, ...relative];
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, known(relative)));
    const params: unknown = issue.code === 'custom' ? issue.params?.['hint'] : undefined;
    const hint = typeof params === 'string' ? params : hintOf(issue);
    return [
      {
        path,
        atKey: false,
        message:
          rangeOf(issue)?.message ?? issue.message.replace(/^(Invalid input|Invalid option|Too small|Too big): /, ''),
        ...(hint === undefined ? {} : { hint }),
      },
    ];
  });
}

/** A number out of its range, in the words of the other limits (see quantity()). */
function rangeOf(issue: z.core.$ZodIssue): Pick<Mistake, 'message' | 'hint'> | undefined {
  if ((issue.code !== 'too_big' && issue.code !== 'too_small') || !['number', 'int'].includes(issue.origin))
    return undefined;
  const [message, most] = issue.code === 'too_big' ? ['is too large', issue.maximum] : ['is too small', issue.minimum];
  const way = issue.code === 'too_big' ? ['at most', 'less than'] : ['at least', 'more than'];
  return { message, hint: `allowed: ${issue.inclusive === false ? way[1] : way[0]} ${formatCount(Number(most))}` };
}

/** What zod itself knows about the way out. */
function hintOf(issue: z.core.$ZodIssue): string | undefined {
  const range = rangeOf(issue);
  if (range !== undefined) return range.hint;
  if (issue.code !== 'invalid_value') return undefined;
  return `one of: ${issue.values.map(String).join(', ')}`;
}
