/**
 * One kafkajs client with what every role shares. Each role has a client of its own: kafkajs keeps the committed
 * offsets of a group in a map of the client, which two consumers of one group in one process would overwrite.
 */
import { Kafka, logLevel, type LogEntry, type RetryOptions, type SASLOptions } from 'kafkajs';
import type { Endpoint } from '../adapter.js';
import { BrokerError } from '../../errors.js';
import { sleeping } from './idle-timer.js';
import { Sockets, type SocketsSpec } from './sockets.js';

/** A request that was not answered for so long has failed; in milliseconds. */
export const requestTimeoutMs = 30_000;

/** kafkajs' own retries off. */
export const noRetry: RetryOptions = { retries: 0 };

export interface ClientSpec extends SocketsSpec {
  /** `host:port` of each broker to ask first, best first. */
  readonly hosts: readonly string[];
  readonly endpoint: Endpoint;
  readonly clientName: string;
  /** The client moves no messages, and should cost next to nothing while it is idle. */
  readonly control?: boolean;
  readonly connectTimeoutMs: number;
  readonly retry: RetryOptions;
  /** What kafkajs would print as an error. */
  readonly onError?: (entry: LogEntry) => void;
}

export interface Client {
  readonly kafka: Kafka;
  readonly sockets: Sockets;
}

/** Makes a client; nothing is connected yet. */
export function createClient(spec: ClientSpec): Client {
  const { via } = spec.endpoint;
  const sockets = new Sockets({ ...spec, ...(via === undefined ? {} : { via }) });
  const { tls } = spec.endpoint;
  const sasl = saslOf(spec.endpoint);
  const kafka = new Kafka({
    brokers: [...spec.hosts],
    clientId: spec.control === true ? sleeping(spec.clientName) : spec.clientName,
    connectionTimeout: spec.connectTimeoutMs,
    authenticationTimeout: spec.connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retry: spec.retry,
    socketFactory: sockets.factory,
    logLevel: logLevel.ERROR,
    logCreator: () => (entry) => spec.onError?.(entry),
    ...(tls === undefined ? {} : { ssl: { ...tls } }),
    ...(sasl === undefined ? {} : { sasl }),
  });
  return { kafka, sockets };
}

function saslOf({ username, password = '', saslMechanism = 'plain' }: Endpoint): SASLOptions | undefined {
  return username === undefined ? undefined : { mechanism: saslMechanism, username, password };
}

/** Kafka has no registered ports; these are the ones of its documentation. */
const usualPorts = { kafka: 9092, 'kafka+ssl': 9093 } as const;

/**
 * The brokers that `kafka://a:9092,b:9092` or `kafka+ssl://a:9093,b:9093` names; those are the ports where none is
 * given.
 * @throws BrokerError other when there is none or kafkajs cannot use it
 */
export function hostsOf(url: string): string[] {
  const [, scheme, list = ''] = /^(kafka(?:\+ssl)?):\/\/([^/?#]*)\/?$/.exec(url) ?? [];
  const port = usualPorts[scheme === 'kafka+ssl' ? scheme : 'kafka'];
  const hosts = list === '' ? [] : list.split(',').map((host) => (/:\d+$/.test(host) ? host : `${host}:${port}`));
  if (hosts.length === 0 || hosts.some((host) => !/^[^:@\s]+:\d{1,5}$/.test(host))) {
    // The URL is not quoted: someone may have written credentials into it.
    throw new BrokerError('The address of Kafka is not of the form kafka://host:port,host:port.', 'other', {
      hint: 'Name hosts and ports only. An IPv6 address does not work with kafkajs: use a host name.',
    });
  }
  return hosts;
}
