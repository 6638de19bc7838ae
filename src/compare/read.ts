/** Reads one side of a comparison: a result folder or a saved baseline. */
import type { Result } from '../results/schema.js';
import { readResult } from '../results/store.js';

/**
 * @param path a result folder or its result.json
 * @throws ResultError when it is not there, not whole, or of another format
 */
export async function readSide(path: string): Promise<Result> {
  return readResult(path);
}
