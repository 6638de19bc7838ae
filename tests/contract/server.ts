/** Where the contract suite gets its brokers from. */
import type { Endpoint } from '../../src/brokers/adapter.js';
import type { ServerId } from '../../src/servers/provider.js';

/** A broker that all tests of a file share. */
export interface SharedServer {
  readonly endpoint: Endpoint;
  /** Its processes, where the suite may kill them. */
  readonly pids: readonly number[];
}

/** The shared broker of that kind, or why there is none. */
export function sharedServer(_server: ServerId): SharedServer | { readonly missing: string } {
  const url = process.env['MQBENCH_CONTRACT_URL'];
  if (url === undefined) return { missing: 'MQBENCH_CONTRACT_URL is not set' };
  const username = process.env['MQBENCH_CONTRACT_USER'];
  const password = process.env['MQBENCH_CONTRACT_PASSWORD'];
  const managementUrl = process.env['MQBENCH_CONTRACT_MANAGEMENT_URL'];
  return {
    endpoint: {
      url,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(managementUrl === undefined ? {} : { managementUrl }),
    },
    pids: (process.env['MQBENCH_CONTRACT_PIDS'] ?? '').split(',').filter(Boolean).map(Number),
  };
}

/** A broker of its own for the test that kills it, or undefined where none may be killed. */
export async function serverToKill(
  server: ServerId,
): Promise<{ readonly endpoint: Endpoint; readonly pids: readonly number[]; stop(): Promise<void> } | undefined> {
  const shared = sharedServer(server);
  if ('missing' in shared || shared.pids.length === 0) return undefined;
  return { ...shared, stop: async () => undefined };
}
