/** Where what several results say together is written: a folder of its own, never over a result's own report. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.js';
import { wholeWith } from '../results/place.js';

/** Legal everywhere and short enough, whatever the results call themselves. */
export function comparisonName(ids: readonly string[]): string {
  return `compare-${ids.join('-').replace(/[^A-Za-z0-9._-]+/g, '-')}`.slice(0, 150);
}

/**
 * A folder with a result or a session has a report of its own.
 * @throws UsageError
 */
export function refuseResult(folder: string): void {
  const file = wholeWith.find((name) => existsSync(join(folder, name)));
  if (file === undefined) return;
  throw new UsageError('There is a result already, and its report would be overwritten.', {
    where: `--out ${join(folder, file)}`,
    hint: 'Name another folder, or leave --out away.',
  });
}
