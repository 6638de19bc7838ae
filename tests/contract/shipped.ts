/** Runs the contract suite on a shipped adapter, with the broker that all tests share. */
import { describe, inject, it } from 'vitest';
import { loadAdapter } from '../../src/brokers/registry.js';
import { contractSuite, patternsSuite, type ContractSpec, type VictimServer } from '../../src/contract/index.js';
import { startLocalServer } from '../../src/servers/index.js';
import type { BaseServerId } from '../../src/servers/provider.js';
import type { TestBroker } from '../setup/brokers.js';

/** Declares the suite. Await it at the top of a test file. */
export async function shippedContract(
  adapterId: string,
  serverId: BaseServerId,
  spec: Pick<ContractSpec, 'tellsOfDeletion'>,
): Promise<void> {
  const server = serverOf(adapterId, serverId);
  if (server === undefined) return;
  contractSuite({
    ...spec,
    adapter: await loadAdapter(adapterId),
    endpoint: server.endpoint,
    // A broker that is a person's and not ours is never killed, and no second one is started beside it.
    ...(server.provider === 'local' ? { startVictim: () => startVictim(serverId) } : {}),
  });
}

/** Declares the suite of the patterns. Await it at the top of a test file. */
export async function shippedPatterns(adapterId: string, serverId: BaseServerId): Promise<void> {
  const server = serverOf(adapterId, serverId);
  if (server !== undefined) patternsSuite({ adapter: await loadAdapter(adapterId), endpoint: server.endpoint });
}

/** The broker that all tests share; where there is none a test that says so. */
function serverOf(adapterId: string, serverId: BaseServerId): Extract<TestBroker, { endpoint: unknown }> | undefined {
  const server = inject('servers')[serverId];
  if (!('missing' in server)) return server;
  describe(`the adapter contract: ${adapterId}`, () => {
    it(`needs a ${serverId} server: ${server.missing}`, ({ skip }) => {
      if (process.env.CI && 'failed' in server) throw new Error(`no ${serverId} server: ${server.missing}`);
      process.stderr.write(`NOT TESTED: the adapter contract: ${adapterId}: ${server.missing}\n`);
      skip();
    });
  });
  return undefined;
}

async function startVictim(serverId: BaseServerId): Promise<VictimServer> {
  const progress = { step: () => ({ update: () => undefined, done: () => undefined }) };
  const server = await startLocalServer(serverId, { progress, signal: new AbortController().signal });
  return {
    endpoint: server.endpoint,
    kill: () => server.pids.forEach((pid) => process.kill(pid, 'SIGKILL')),
    stop: () => server.stop(),
  };
}
