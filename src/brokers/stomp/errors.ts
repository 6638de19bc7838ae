/**
 * stompit's errors as errors a person can act on. stompit's own are never kept as a cause: some carry the connect
 * arguments with the password.
 */
import { BrokerError, messageOf } from '../../errors.js';
import type { Endpoint } from '../adapter.js';
import { tlsError } from '../tls.js';
import { type Dialect, productOf } from './dialect.js';
import type { StompBroker } from './options.js';
import type { StompitError } from './wire.js';

const absentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
]);

/** What a server says of itself, kept to a line's length and without control characters. */
function quote(text: string): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

/**
 * Why connecting to `where` (host:port) failed.
 * @param tls the settings in use; undefined without TLS
 */
export function connectError(error: StompitError, where: string, tls: Endpoint['tls']): BrokerError {
  const code = error.code ?? '';
  const said = quote(messageOf(error));
  if (absentCodes.has(code)) {
    return new BrokerError(`Nothing answers at ${where} (${code}).`, 'absent', {
      where,
      hint: 'Check the address, and that the broker runs and has a STOMP connector.',
    });
  }
  if (code === 'ETIMEDOUT') return timeoutError(where, 'connecting');
  const handshake = tls === undefined ? undefined : tlsError(error, where, tls);
  if (handshake !== undefined) return handshake;
  if (error.isApplicationError?.()) {
    return new BrokerError(`${where} refused the STOMP connection: ${said.replace(/\.$/, '')}.`, 'refused', {
      where,
      hint: 'Check user name, password and what they may do.',
    });
  }
  if (error.isProtocolError?.() || code === 'ECONNRESET' || code === 'EPIPE') {
    return new BrokerError(`${where} does not speak STOMP${tls ? ' over TLS' : ''}: ${said}.`, 'protocol', {
      where,
      hint: portHint(tls),
    });
  }
  return new BrokerError(`Connecting to ${where} failed: ${said}.`, 'other', {
    where,
    hint: "Check the address, and the broker's log.",
  });
}

function portHint(tls: Endpoint['tls']): string {
  return tls === undefined
    ? 'Check that the port is the STOMP connector, and whether it wants TLS: then it takes stomp+ssl:// in place of stomp://.'
    : 'Check that the port is the STOMP connector with TLS; one without takes stomp:// in place of stomp+ssl://.';
}

/** The peer hung up before it said CONNECTED. */
export function closedError(where: string, tls: Endpoint['tls']): BrokerError {
  return new BrokerError(`${where} closed the connection before it was open.`, 'protocol', {
    where,
    hint: portHint(tls),
  });
}

/** The peer speaks STOMP and is no server that this adapter was made for. */
export function foreignError(server: string | undefined, where: string): BrokerError {
  const name = server === undefined ? 'does not say what server it is' : `is ${quote(server)}`;
  return new BrokerError(
    `${where} ${name}; only ActiveMQ Classic, ActiveMQ Artemis and RabbitMQ are supported over STOMP.`,
    'other',
    {
      where,
      hint: 'Use the adapter for that server, or point the address to one of those.',
    },
  );
}

/** The peer is a server that this adapter knows, and not the one that the plan went by. */
export function otherServerError(found: Dialect, expected: StompBroker, where: string): BrokerError {
  return new BrokerError(`${where} is ${found.product}, and the target says ${productOf(expected)}.`, 'other', {
    where,
    hint: `Give the target the option broker: ${found.broker}, or another address.`,
  });
}

/** Why a connection in use is gone. */
export function lostError(error: StompitError | undefined, where: string): BrokerError {
  const said = error === undefined ? 'it was closed' : quote(messageOf(error)).replace(/\.$/, '');
  const text = error?.isApplicationError?.()
    ? `${where} ended the connection with an error: ${said}.`
    : `The connection to ${where} is lost: ${said}.`;
  return new BrokerError(text, 'lost', { where, hint: "See the broker's log for why." });
}

/** `what` did not come about in time. */
export function timeoutError(where: string, what: string): BrokerError {
  return new BrokerError(`${where} did not answer in time while ${what}.`, 'timeout', {
    where,
    hint: 'Check that the broker is alive and not overloaded, and that the port is its STOMP connector.',
  });
}
