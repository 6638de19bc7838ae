/** The adapters that mqbench ships. A client library is loaded only when its adapter is used. */
import type { Adapter } from './adapter.js';
import { isExternal, isShipped, type ShippedAdapter } from './shipped.js';

/** What a worker needs of an adapter. */
export type Connector = Pick<Adapter, 'capabilities' | 'connect'>;

const loaders: Readonly<Record<ShippedAdapter, () => Promise<Adapter>>> = {
  rabbitmq: async () => (await import('./rabbitmq/index.js')).rabbitmq,
  kafka: async () => (await import('./kafka/index.js')).kafka,
  stomp: async () => (await import('./stomp/index.js')).stomp,
  memory: async () => (await import('./memory/index.js')).memory,
};

/** Without what planning alone needs, above all the schema of its options: a worker starts in two thirds of the time. */
const connectors: Readonly<Record<ShippedAdapter, () => Promise<Connector>>> = {
  rabbitmq: () => import('./rabbitmq/connector.js'),
  kafka: () => import('./kafka/connector.js'),
  stomp: () => import('./stomp/connector.js'),
  memory: () => import('./memory/connector.js'),
};

/**
 * Loads one adapter: a shipped one by its id, or a module by its file URL, whose default export is the adapter.
 * @throws Error when there is none of that id; the scenario parser has checked that before
 * @throws UsageError when the module is no adapter
 */
export async function loadAdapter(id: string): Promise<Adapter> {
  return isShipped(id) ? loaders[id]() : loadExternal(id);
}

/** Loads what opens an adapter's connections, and no more where it is a shipped one. @throws as {@link loadAdapter} */
export async function loadConnector(id: string): Promise<Connector> {
  return isShipped(id) ? connectors[id]() : loadExternal(id);
}

async function loadExternal(id: string): Promise<Adapter> {
  if (!isExternal(id)) throw new Error(`there is no adapter "${id}"`);
  return (await import('./external.js')).importAdapter(id);
}
