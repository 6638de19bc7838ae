/** The adapters that mqbench ships. A client library is loaded only when its adapter is used. */
import type { Adapter } from './adapter.js';
import { importAdapter, isExternal } from './external.js';

const loaders: Readonly<Record<string, () => Promise<Adapter>>> = {
  rabbitmq: async () => (await import('./rabbitmq/index.js')).rabbitmq,
  kafka: async () => (await import('./kafka/index.js')).kafka,
  stomp: async () => (await import('./stomp/index.js')).stomp,
  memory: async () => (await import('./memory/index.js')).memory,
};

/** Ids of the shipped adapters. */
export const adapterIds: readonly string[] = Object.keys(loaders);

/**
 * Loads one adapter: a shipped one by its id, or a module by its file URL, whose default export is the adapter.
 * @throws Error when there is none of that id; the scenario parser has checked that before
 * @throws UsageError when the module is no adapter
 */
export async function loadAdapter(id: string): Promise<Adapter> {
  const load = loaders[id];
  if (load) return load();
  if (!isExternal(id)) throw new Error(`there is no adapter "${id}"`);
  return importAdapter(id);
}
