/** The embedded broker: needs nothing installed, is the control, and shows how fast the harness itself can be. */
import { packageVersion } from '../../root.js';
import type { Adapter, Guarantee, GuaranteeSettings } from '../adapter.js';
import { capabilities } from './capabilities.js';
import { openConnection } from './connection.js';
import { memoryOptions, type MemoryOptions } from './options.js';

function describeGuarantee(guarantee: Guarantee): GuaranteeSettings {
  const queue = 'in the memory of one process';
  return guarantee === 'at-most-once'
    ? {
        confirmMeans: 'Nothing: a message counts when it is handed to the operating system.',
        settings: { queue, confirms: 'off', acknowledgement: 'none (prefetch has no effect)' },
      }
    : {
        confirmMeans:
          'Held in the memory of one process: it survives the end of any client, not the end of the broker.',
        settings: { queue, confirms: 'on', acknowledgement: 'each message, after processing' },
      };
}

export const memory: Adapter<MemoryOptions> = {
  id: 'memory',
  client: () => ({ name: 'mqbench', version: packageVersion() }),
  capabilities,
  options: memoryOptions,
  describeGuarantee,
  takeover: () => ({
    killed: "the end of the consumer's connection, which the broker sees at once",
    silent: 'nothing: they stay with it',
  }),
  connect: openConnection,
};
