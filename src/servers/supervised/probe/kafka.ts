/** Asks a Kafka broker for its metadata, without a client library. */
import { exchange } from './exchange.js';

/** Keys and versions of the requests: see "Messages" in Kafka's protocol guide. */
const api = {
  metadata: { key: 3, version: 4 },
  saslHandshake: { key: 17, version: 1 },
  saslAuthenticate: { key: 36, version: 0 },
} as const;

/** A request with its size before it and request header version 1, whose correlation id nobody looks at. */
function request({ key, version }: { readonly key: number; readonly version: number }, body: Buffer): Buffer {
  const message = Buffer.concat([int(key, 2), int(version, 2), int(1, 4), string('mqbench-probe'), body]);
  return Buffer.concat([int(message.length, 4), message]);
}

/**
 * A Metadata request for no topics. Version 4 is the last but several that every broker from 0.11 to 4.x understands
 * and that still has the plain (not flexible) encoding.
 */
function metadataRequest(): Buffer {
  // topics: an empty array means none; allow_auto_topic_creation: no
  return request(api.metadata, Buffer.concat([int(0, 4), int(0, 1)]));
}

/** Asks to log in with PLAIN. Version 1 announces that SaslAuthenticate requests carry what follows (KIP-152). */
function saslHandshakeRequest(): Buffer {
  return request(api.saslHandshake, string('PLAIN'));
}

/** Carries the one message of PLAIN (RFC 4616): no authorization identity, user, password. */
function saslAuthenticateRequest(user: { username: string; password: string }): Buffer {
  const token = Buffer.from(`\0${user.username}\0${user.password}`);
  return request(api.saslAuthenticate, Buffer.concat([int(token.length, 4), token]));
}

/** The complete responses in what was received, each without its size and correlation id. */
function responses(received: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  while (received.length >= at + 4) {
    const end = at + 4 + received.readInt32BE(at);
    if (end < at + 8) throw new Error('this is not Kafka');
    if (received.length < end) break;
    found.push(received.subarray(at + 8, end));
    at = end;
  }
  return found;
}

/** What a Metadata response version 4 says. */
function parseMetadata(body: Buffer): { brokers: number; clusterId: string | undefined } {
  let at = 4; // throttle time
  const brokers = body.readInt32BE(at);
  at += 4;
  for (let index = 0; index < brokers; index++) {
    at += 4; // node id
    at += 2 + body.readInt16BE(at); // host
    at += 4; // port
    at += 2 + Math.max(0, body.readInt16BE(at)); // rack, which may be null (-1)
  }
  const length = body.readInt16BE(at);
  return { brokers, clusterId: length < 0 ? undefined : body.toString('utf8', at + 2, at + 2 + length) };
}

/** The responses to SaslHandshake and SaslAuthenticate both begin with an error code, 0 for none. */
function checkLogin(body: Buffer): void {
  const code = body.readInt16BE(0);
  if (code !== 0) throw new Error(`Kafka answered, but did not let us in (error code ${code})`);
}

/**
 * Resolves when the broker answers a metadata request and knows itself as a broker.
 * @param user whom to log in as first, with SASL PLAIN; undefined where the listener asks for nobody
 * @param clusterId the cluster that we formatted, so that a stranger that took the port does not pass; undefined for any
 */
export async function probeKafka(
  host: string,
  port: number,
  user: { readonly username: string; readonly password: string } | undefined,
  clusterId: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const login = user === undefined ? [] : [saslHandshakeRequest(), saslAuthenticateRequest(user)];
  const requests = [...login, metadataRequest()];
  let answered = 0;
  await exchange(
    host,
    port,
    requests[0]!,
    (received, send) => {
      for (const body of responses(received).slice(answered)) {
        if (++answered === requests.length) return checkMetadata(body, clusterId);
        checkLogin(body);
        send(requests[answered]!);
      }
      return undefined;
    },
    signal,
  );
}

function checkMetadata(body: Buffer, clusterId: string | undefined): true {
  const metadata = parseMetadata(body);
  if (clusterId !== undefined && metadata.clusterId !== clusterId) throw new Error('another Kafka cluster answered');
  if (metadata.brokers === 0) throw new Error('the broker has not registered yet');
  return true;
}

function int(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([int(bytes.length, 2), bytes]);
}
