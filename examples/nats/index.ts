/** mqbench's adapter for NATS JetStream: the example of docs/adding-a-broker.md, whole and tested. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defineAdapter } from 'mqbench';
import { openConnection } from './connection.js';
import { natsOptions } from './options.js';

const require = createRequire(import.meta.url);

/** The version of the client library, from its own package; what the package exports stands one folder below. */
function clientVersion(): string {
  const manifest = join(dirname(require.resolve('@nats-io/jetstream')), '..', 'package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

export default defineAdapter({
  id: 'nats',
  client: () => ({ name: '@nats-io/jetstream', version: clientVersion() }),
  capabilities: {
    guarantees: {
      'at-most-once': { reason: 'a work queue of JetStream wants an acknowledgement of every message' },
      'at-least-once': true,
      replicated: { reason: 'this example makes streams of one replica' },
    },
    partitioned: false,
    dispatch: 'dynamic',
    prefetch: { reason: 'JetStream limits what all consumers of a queue hold together, not what each holds' },
    redeliveredFlag: true,
    // The server's default max_payload is 1 MiB, headers included.
    maxBodyBytes: 1_000_000,
  },
  options: natsOptions,
  describeGuarantee: (_guarantee, { ackWaitMs }) => ({
    confirmMeans: 'Written to the stream’s file, not yet synced to the disk.',
    settings: {
      stream: 'work queue, file storage, one replica',
      confirms: 'a PubAck for every message',
      acknowledgement: `each message; redelivered after ${ackWaitMs} ms without one`,
    },
  }),
  connect: openConnection,
});
