/** What an adapter's author calls. */
import type { Adapter } from './adapter.js';

/**
 * An adapter, checked against the contract where it is written, with the type of its options taken from their schema.
 * Make it the default export of a module, and `mqbench run --adapter ./module.js` takes it.
 */
export function defineAdapter<Options>(adapter: Adapter<Options>): Adapter<Options> {
  return adapter;
}
