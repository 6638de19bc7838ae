/** The adapters that mqbench brings with it, by id. */
export const adapterIds = ['rabbitmq', 'kafka', 'stomp', 'memory'] as const;
export type ShippedAdapter = (typeof adapterIds)[number];

export function isShipped(adapter: string): adapter is ShippedAdapter {
  return (adapterIds as readonly string[]).includes(adapter);
}

/** Whether an adapter is a module of somebody else, by what a target says of it. */
export function isExternal(adapter: string): boolean {
  return adapter.startsWith('file:');
}
