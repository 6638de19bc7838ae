/** The adapters that mqbench ships. A client library is loaded only when its adapter is used. */
import type { Adapter } from './adapter.js';

const loaders: Readonly<Record<string, () => Promise<Adapter>>> = {
  rabbitmq: async () => (await import('./rabbitmq/index.js')).rabbitmq,
  kafka: async () => (await import('./kafka/index.js')).kafka,
  stomp: async () => (await import('./stomp/index.js')).stomp,
  memory: async () => (await import('./memory/index.js')).memory,
};

/** Ids of the shipped adapters. */
export const adapterIds: readonly string[] = Object.keys(loaders);

/**
 * Loads one adapter.
 * @throws Error when there is none of that name; the scenario parser has checked that before
 */
export async function loadAdapter(id: string): Promise<Adapter> {
  const load = loaders[id];
  if (!load) throw new Error(`no adapter "${id}"`);
  return load();
}
