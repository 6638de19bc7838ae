/**
 * From what amqplib and the operating system report to errors that a person can act on. amqplib tells most
 * failures apart only by their text; the texts looked for here are those of amqplib 2 (lib/connection.js,
 * lib/channel.js). Server texts name users and queues, never a password; nothing else of the peer is quoted.
 */
import { BrokerError, messageOf } from '../../errors.js';
import type { Endpoint } from '../adapter.js';
import { within } from '../../within.js';
import { tlsError } from '../tls.js';

/** Reply codes of AMQP 0-9-1, section 1.2 (Domains, reply-code), as RabbitMQ uses them. */
const reply = { connectionForced: 320, accessRefused: 403, notFound: 404, preconditionFailed: 406 } as const;

/** Nothing answers at all: the name is unknown, the port closed or the network does not lead there. */
const absentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
]);

function codeOf(error: unknown): string | number | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'string' || typeof code === 'number' ? code : undefined;
}

/**
 * Why connecting failed.
 * @param to the address without credentials, its virtual host, and the TLS settings in use
 */
export function connectError(
  error: unknown,
  to: { readonly where: string; readonly vhost: string; readonly tls: Endpoint['tls'] },
): BrokerError {
  const { where } = to;
  const code = codeOf(error);
  const text = messageOf(error);
  const details = { where, cause: error };
  if (typeof code === 'string' && absentCodes.has(code)) {
    return new BrokerError(`Nothing answers at ${where} (${code}).`, 'absent', {
      ...details,
      hint: 'Start RabbitMQ there, or name the address where it listens.',
    });
  }
  if (code === 'ETIMEDOUT') return connectTimeout(where, undefined, error);
  const handshake = tlsError({ ...(code === undefined ? {} : { code }), message: text }, where, to.tls);
  if (handshake !== undefined) return handshake;
  if (text.includes('Handshake terminated by server')) {
    return text.includes(`: ${reply.accessRefused} `)
      ? new BrokerError(`RabbitMQ at ${where} refused the user name or the password.`, 'refused', {
          ...details,
          hint: 'Check both; the user "guest" may only log in from the broker\'s own machine.',
        })
      : new BrokerError(`RabbitMQ at ${where} refused the connection: ${text}.`, 'refused', {
          ...details,
          hint: "Look at the broker's log.",
        });
  }
  if (text.startsWith('Expected ConnectionOpenOk; got <ConnectionClose')) {
    return new BrokerError(
      `RabbitMQ at ${where} let us in but would not open the virtual host "${to.vhost}".`,
      'refused',
      {
        ...details,
        hint: 'Check that it exists (it is the path of the address, a slash in it written %2F), that the user has permissions in it, and its connection limit.',
      },
    );
  }
  if (text.startsWith('SASL mechanism')) {
    return new BrokerError(`RabbitMQ at ${where} does not take a user name and password: ${text}.`, 'refused', {
      ...details,
      hint: 'Allow the mechanism PLAIN in its auth_mechanisms.',
    });
  }
  if (code === 'ECONNRESET' || code === 'EPIPE' || text.startsWith('Socket closed abruptly')) {
    return new BrokerError(`What answers at ${where} hung up during the AMQP handshake.`, 'protocol', {
      ...details,
      hint: 'Check the port: 5672 is usual for AMQP (amqp://) and 5671 for AMQP over TLS (amqps://). RabbitMQ does so while it starts or stops, too.',
    });
  }
  return new BrokerError(`What answers at ${where} does not speak AMQP 0-9-1: ${text}.`, 'protocol', {
    ...details,
    hint: 'Check the port: 5672 is usual for AMQP (amqp://) and 5671 for AMQP over TLS (amqps://).',
  });
}

/**
 * Connecting took too long: no answer to the connection attempt, or a peer that accepts it and says nothing.
 * @param timeoutMs the bound, or undefined where the operating system gave up first
 */
export function connectTimeout(where: string, timeoutMs: number | undefined, cause?: unknown): BrokerError {
  const after = timeoutMs === undefined ? '' : ` within ${timeoutMs / 1000} s`;
  return new BrokerError(`${where} did not complete an AMQP handshake${after}.`, 'timeout', {
    where,
    cause,
    hint: 'Check host and port, a firewall between, and whether RabbitMQ has finished starting.',
  });
}

/** The connection broke while in use, or the broker ended it. */
export function lostError(error: unknown, where: string): BrokerError {
  const forced = codeOf(error) === reply.connectionForced;
  const why = error === undefined ? 'closed without a reason' : messageOf(error);
  return new BrokerError(`The connection to RabbitMQ at ${where} was lost: ${why}.`, 'lost', {
    where,
    cause: error,
    hint: forced ? 'The broker was shut down or someone closed the connection.' : "Look at the broker's log.",
  });
}

/**
 * Why an operation on a channel failed.
 * @param what what was tried, as in "could not <what>"
 */
export function operationError(what: string, error: unknown, where: string): BrokerError {
  if (error instanceof BrokerError) return error;
  const text = messageOf(error);
  // amqplib's IllegalOperationError for anything asked of a connection that has ended.
  if (text.startsWith('Connection clos')) return lostError(error, where);
  const code = codeOf(error);
  const message = `RabbitMQ could not ${what}: ${text}.`;
  const details = { where, cause: error };
  if (code === reply.accessRefused) {
    return new BrokerError(message, 'refused', { ...details, hint: 'Give the user permissions on the queue.' });
  }
  if (code === reply.notFound) {
    return new BrokerError(message, 'other', {
      ...details,
      hint: 'The queue does not exist or was deleted meanwhile.',
    });
  }
  if (code === reply.preconditionFailed && /larger than/.test(text)) {
    return new BrokerError(message, 'other', {
      ...details,
      hint: "Raise max_message_size in the broker's configuration (16 MiB is the default of RabbitMQ 4), or send less.",
    });
  }
  return new BrokerError(message, 'other', { ...details, hint: "Look at the broker's log." });
}

/**
 * Waits for an answer, but not for ever: a broker under a memory alarm or stopped in mid-air answers nothing.
 * @param what what was tried, as in "did not <what>"
 * @throws BrokerError timeout
 */
export function answered<T>(promise: Promise<T>, timeoutMs: number, what: string, where: string): Promise<T> {
  return within(
    promise,
    timeoutMs,
    () =>
      new BrokerError(`RabbitMQ did not ${what} within ${timeoutMs / 1000} s.`, 'timeout', {
        where,
        hint: "Look at the broker's log for a memory or disk alarm.",
      }),
  );
}
