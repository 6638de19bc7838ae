/** The adapter passes the suite that mqbench's own adapters pass. */
import { contractSuite } from 'mqbench/contract';
import { afterAll, describe, it } from 'vitest';
import { z } from 'zod';
import nats from './index.js';
import { startServer } from './server.js';

const server = await startServer().catch((error: unknown) => String(error));

if (typeof server === 'string') {
  describe('the adapter contract: nats', () => {
    it(`needs nats-server: ${server}`, ({ skip }) => {
      if (process.env['CI']) throw new Error(server);
      skip();
    });
  });
} else {
  afterAll(() => server.stop());
  // Some tests wait until messages that nobody acknowledged come back.
  const adapter = {
    ...nats,
    options: z.preprocess((given) => ({ ackWaitMs: 10_000, ...(given as object) }), nats.options),
  };
  contractSuite({
    adapter,
    endpoint: server.endpoint,
    tellsOfDeletion: true,
    startVictim: startServer,
  });
}
