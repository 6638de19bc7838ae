/** Reads one side of a comparison: a result folder or a saved baseline. */
import { readBaseline } from '../check/baseline.js';
import { ResultError } from '../errors.js';
import type { Result } from '../results/schema.js';
import { readResult } from '../results/store.js';

/**
 * @param path a result folder, its result.json, or a file of `mqbench baseline save`
 * @throws ResultError when it is not there, not whole, or of another format
 */
export async function readSide(path: string): Promise<Result> {
  try {
    return await readResult(path);
  } catch (error) {
    if (!(error instanceof ResultError) || !path.endsWith('.json')) throw error;
    // What is no result may be a baseline; what is neither is told as no result.
    return readBaseline(path).then(
      ({ result }) => result,
      () => Promise.reject(error),
    );
  }
}
