/** Asks a Kafka broker for its metadata, without a client library. */
import { exchange } from './exchange.js';

const clientId = Buffer.from('mqbench-probe');

/**
 * A Metadata request (API key 3), version 4, for no topics, with request header version 1: see "Messages" in Kafka's
 * protocol guide. Version 4 is the last but several that every broker from 0.11 to 4.x understands and that still
 * has the plain (not flexible) encoding.
 */
export function metadataRequest(correlationId: number): Buffer {
  const body = Buffer.alloc(8 + 2 + clientId.length + 4 + 1);
  let at = body.writeInt16BE(3, 0);
  at = body.writeInt16BE(4, at);
  at = body.writeInt32BE(correlationId, at);
  at = body.writeInt16BE(clientId.length, at);
  at += clientId.copy(body, at);
  at = body.writeInt32BE(0, at); // topics: an empty array means none
  body.writeInt8(0, at); // allow_auto_topic_creation
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

/** What a Metadata response version 4 says; undefined while it is not complete. */
export function parseMetadata(received: Buffer): { brokers: number; clusterId: string | undefined } | undefined {
  if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return undefined;
  let at = 4 + 4 + 4; // size, correlation id, throttle time
  const brokers = received.readInt32BE(at);
  at += 4;
  for (let index = 0; index < brokers; index++) {
    at += 4; // node id
    at += 2 + received.readInt16BE(at); // host
    at += 4; // port
    at += 2 + Math.max(0, received.readInt16BE(at)); // rack, which may be null (-1)
  }
  const length = received.readInt16BE(at);
  return { brokers, clusterId: length < 0 ? undefined : received.toString('utf8', at + 2, at + 2 + length) };
}

/**
 * Resolves when the broker answers a metadata request and knows itself as a broker.
 * @param clusterId the cluster that we formatted, so that a stranger that took the port does not pass; undefined for any
 */
export async function probeKafka(
  host: string,
  port: number,
  clusterId: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  await exchange(
    host,
    port,
    metadataRequest(1),
    (received) => {
      const metadata = parseMetadata(received);
      if (metadata === undefined) return undefined;
      if (clusterId !== undefined && metadata.clusterId !== clusterId)
        throw new Error('another Kafka cluster answered');
      if (metadata.brokers === 0) throw new Error('the broker has not registered yet');
      return true;
    },
    signal,
  );
}
