/** How a value from a file or a flag is quoted in a message: short, on one line, nothing a terminal would act on. */

const longest = 40;

/** e.g. `"0.1XB"`, `-5`, `a list`, `nothing`. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'string')
    return JSON.stringify(value.length > longest ? `${value.slice(0, longest)}…` : value).replace(
      // JSON leaves DEL, C1 controls and the marks that turn the direction of text as they are.
      /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return 'a map';
}
