/** Where the contract suite gets its brokers from. */
import { inject } from 'vitest';
import { startLocalServer } from '../../src/servers/index.js';
import type { RunningServer, ServerId } from '../../src/servers/provider.js';
import type { TestBroker } from '../setup/brokers.js';

/** The broker of that kind which all tests share, or why there is none. */
export function sharedServer(server: ServerId): TestBroker {
  return inject('servers')[server];
}

/** A broker of its own for the test that kills it; undefined where the shared one is a person's and not ours. */
export async function serverToKill(server: ServerId): Promise<RunningServer | undefined> {
  const shared = sharedServer(server);
  if ('missing' in shared || shared.provider !== 'local') return undefined;
  const progress = { step: () => ({ update: () => undefined, done: () => undefined }) };
  return startLocalServer(server, { progress, signal: new AbortController().signal });
}
