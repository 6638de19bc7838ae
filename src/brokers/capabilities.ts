/** What an adapter can do with the options that a target gives it. */
import type { Adapter, Capabilities } from './adapter.js';

/** @param options as the adapter's schema gives them */
export function capabilitiesOf<Options>(
  adapter: Pick<Adapter<Options>, 'capabilities' | 'capabilitiesWith'>,
  options: Options,
): Capabilities {
  return { ...adapter.capabilities, ...adapter.capabilitiesWith?.(options) };
}
