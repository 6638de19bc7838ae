/**
 * From what kafkajs throws to the errors a person can act on. kafkajs wraps the reason in layers (number of
 * retries exceeded, non-retriable, …), so the whole chain of causes is looked at. Broker texts and addresses go
 * into messages, credentials never do: kafkajs does not quote them and nothing here has them.
 */
import { BrokerError, messageOf } from '../../errors.js';
import type { Endpoint } from '../adapter.js';
import { tlsError } from '../tls.js';

/** The fields by which kafkajs tells its errors apart (kafkajs src/errors.js and protocol/error.js). */
interface ClientError {
  readonly name?: string;
  /** Kafka's own name of an error code, e.g. `UNKNOWN_TOPIC_OR_PARTITION`. */
  readonly type?: string;
  /** The operating system's or OpenSSL's code of a socket error; a number for Kafka's error codes. */
  readonly code?: string | number;
  readonly message?: string;
}

/** An error and everything behind it, outermost first. */
function chain(error: unknown): ClientError[] {
  const found: ClientError[] = [];
  const queue: unknown[] = [error];
  while (queue.length > 0 && found.length < 20) {
    const item = queue.shift();
    if (typeof item !== 'object' || item === null) continue;
    found.push(item);
    if ('cause' in item) queue.push(item.cause);
    // kafkajs' createTopics and deleteGroups, Node's happy eyeballs.
    for (const list of ['errors', 'groups'] as const) {
      const inner = (item as Record<string, unknown>)[list];
      if (Array.isArray(inner)) queue.push(...(inner as unknown[]));
    }
    if ('error' in item) queue.push(item.error);
  }
  return found;
}

/** Whether Kafka answered with this error code, anywhere behind `error`. */
export function hasType(error: unknown, ...types: string[]): boolean {
  return chain(error).some(({ type }) => type !== undefined && types.includes(type));
}

const absentCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH']);
const connectionErrors = new Set(['KafkaJSConnectionError', 'KafkaJSConnectionClosedError']);
const timeoutErrors = new Set(['KafkaJSRequestTimeoutError', 'KafkaJSTimeout', 'KafkaJSLockTimeout']);

/** Whether the connection, and not the request, is what failed. */
export function isConnectionError(error: unknown): boolean {
  return chain(error).some(
    ({ name, code }) =>
      connectionErrors.has(name ?? '') ||
      name === 'KafkaJSNoBrokerAvailableError' ||
      (typeof code === 'string' && absentCodes.has(code)),
  );
}

/**
 * What a failed request or connection means.
 * @param doing what was tried, as a sentence goes on after "could not": e.g. `create the topic mqbench-1`
 * @param where the broker's address, without credentials
 * @param connecting given while nothing has answered yet; the same refusal later means that the broker went away
 */
export function toBrokerError(
  error: unknown,
  doing: string,
  where: string,
  connecting?: { readonly tls: Endpoint['tls'] },
): BrokerError {
  if (error instanceof BrokerError) return error;
  const errors = chain(error);
  const any = (test: (item: ClientError) => boolean) => errors.some(test);
  const root = errors.findLast((item) => item.message !== undefined && item.message !== '') ?? {};
  const text = withoutPrefix(messageOf(root instanceof Error ? root : error)).replace(/\.$/, '');
  const make = (message: string, kind: BrokerError['kind'], hint?: string) =>
    new BrokerError(message, kind, { where, cause: error, ...(hint === undefined ? {} : { hint }) });

  if (connecting !== undefined && any(({ code }) => typeof code === 'string' && absentCodes.has(code))) {
    return make(
      `Nothing answers at ${where} (${text}).`,
      'absent',
      'Check that Kafka runs, and that its advertised.listeners name addresses that this machine reaches.',
    );
  }
  if (any(({ name, type }) => name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED')) {
    return make(
      `Kafka at ${where} refused the user name or password (${text}).`,
      'refused',
      'Check user name and password, and that they are for this mechanism (?sasl=scram-sha-512 in the address; plain without it).',
    );
  }
  if (any(({ type }) => type === 'ILLEGAL_SASL_STATE' || type === 'UNSUPPORTED_SASL_MECHANISM')) {
    return make(
      `Kafka at ${where} does not take this way of logging in (${text}).`,
      'refused',
      'Name the mechanism that this listener has in the address, ?sasl=plain, scram-sha-256 or scram-sha-512; or no user, where it has none.',
    );
  }
  if (any(({ type }) => type?.endsWith('AUTHORIZATION_FAILED') === true)) {
    return make(`Kafka at ${where} does not allow this user to ${doing} (${text}).`, 'refused', 'Grant the ACL.');
  }
  if (connecting !== undefined) {
    const handshake = errors
      .map(({ code, message = '' }) => ({ ...(code === undefined ? {} : { code }), message: withoutPrefix(message) }))
      .map((item) => tlsError(item, where, connecting.tls))
      .find((found) => found !== undefined);
    if (handshake !== undefined) return handshake;
  }
  if (any(({ name, message }) => timeoutErrors.has(name ?? '') || message === 'Connection timeout')) {
    return make(`Kafka at ${where} did not answer in time: could not ${doing} (${text}).`, 'timeout');
  }
  if (isConnectionError(error)) {
    return make(`The connection to Kafka at ${where} was lost: could not ${doing} (${text}).`, 'lost');
  }
  if (hasType(error, 'INVALID_REPLICATION_FACTOR')) {
    return make(
      `Kafka at ${where} could not ${doing}: fewer brokers are up than the topic has replicas.`,
      'other',
      'Use a cluster of at least 3 brokers for the guarantee "replicated".',
    );
  }
  const hint = hasType(error, 'UNKNOWN_TOPIC_OR_PARTITION')
    ? "Look whether somebody has deleted the topic, and at the broker's log."
    : "Look at the broker's log.";
  return make(`Kafka at ${where} could not ${doing} (${text}).`, 'other', hint);
}

/** What kafkajs puts before the words of a socket's error. */
function withoutPrefix(message: string): string {
  return message.replace(/^Connection error: /, '');
}
