/** The client's errors as errors that a person can act on. None of them is kept as a cause. */
import { AuthorizationError, TimeoutError } from '@nats-io/transport-node';
import { BrokerError } from 'mqbench';

/** What an error says, on one line. */
function said(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, ' ').replace(/\.$/, '').slice(0, 200);
}

function codeOf(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause === undefined ? '' : codeOf(cause);
}

/** Why connecting failed. */
export function connectError(error: unknown, where: string): BrokerError {
  if (error instanceof AuthorizationError)
    return new BrokerError(`${where} refused the login: ${said(error)}.`, 'refused', {
      where,
      hint: 'Check user name and password.',
    });
  if (error instanceof TimeoutError) return timeoutError(where, 'connecting');
  const code = codeOf(error);
  if (
    /^(ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN)$/.test(code) ||
    /connection refused/i.test(said(error))
  )
    return new BrokerError(`Nothing answers at ${where}.`, 'absent', {
      where,
      hint: 'Check the address, and that nats-server runs.',
    });
  // An error of the operating system has a code; what else goes wrong is what the other side said.
  const kind = code === '' ? 'protocol' : 'other';
  return new BrokerError(`Connecting to ${where} failed: ${said(error)}.`, kind, {
    where,
    hint: 'Check that the port is a NATS server’s client port.',
  });
}

/** `what` did not come about in time. */
export function timeoutError(where: string, what: string): BrokerError {
  return new BrokerError(`${where} did not answer in time while ${what}.`, 'timeout', {
    where,
    hint: 'Check that the server is alive and not overloaded.',
  });
}

/** Why a request to a server that is connected failed. */
export function requestError(error: unknown, where: string, what: string): BrokerError {
  if (error instanceof TimeoutError) return timeoutError(where, what);
  return new BrokerError(`${where} failed while ${what}: ${said(error)}.`, 'other', {
    where,
    hint: 'Check that the server runs with JetStream (nats-server -js), and its log.',
  });
}

/** Why a connection in use is gone. */
export function lostError(reason: void | Error, where: string): BrokerError {
  const why = reason instanceof Error ? said(reason) : 'the server closed it';
  return new BrokerError(`The connection to ${where} is lost: ${why}.`, 'lost', {
    where,
    hint: 'See the server’s log for why.',
  });
}
