/** From sockets and frames to errors that a person can act on. No text here has seen a password. */
import { BrokerError, messageOf } from '../../errors.js';

const product = 'the memory broker';

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

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Why connecting failed. `error` is undefined where the other side hung up without one. */
export function connectError(error: unknown, where: string): BrokerError {
  const code = codeOf(error);
  if (code !== undefined && absentCodes.has(code)) {
    return new BrokerError(`Nothing answers at ${where} (${code}).`, 'absent', {
      where,
      cause: error,
      hint: 'Leave the address out and mqbench starts the broker itself.',
    });
  }
  const why = error === undefined ? 'it hung up' : messageOf(error);
  return new BrokerError(`What answers at ${where} is not ${product}: ${why}.`, 'protocol', {
    where,
    cause: error,
    hint: 'Check the port, and that both ends are the same version of mqbench.',
  });
}

export function refusedError(reason: string, where: string): BrokerError {
  return new BrokerError(`The memory broker at ${where} refused us: ${reason}.`, 'refused', {
    where,
    hint: 'Check MQBENCH_MEMORY_USER and MQBENCH_MEMORY_PASSWORD on both sides.',
  });
}

/** @param what what was waited for, as in "did not <what>" */
export function timeoutError(what: string, timeoutMs: number, where: string): BrokerError {
  return new BrokerError(`The memory broker at ${where} did not ${what} within ${timeoutMs / 1000} s.`, 'timeout', {
    where,
    hint: 'Check that the address is the right one and that the machine is not overloaded.',
  });
}

/** The connection broke while in use. */
export function lostError(error: unknown, where: string): BrokerError {
  const why = error === undefined ? 'it hung up' : messageOf(error);
  return new BrokerError(`The connection to the memory broker at ${where} was lost: ${why}.`, 'lost', {
    where,
    cause: error,
    hint: 'The broker has ended; what it held is gone.',
  });
}

/** The connection was closed on our side. */
export function closedError(where: string): BrokerError {
  return new BrokerError(`The connection to the memory broker at ${where} is closed.`, 'lost', {
    where,
    hint: 'Wait for flush() before close() where every message counts.',
  });
}

/** The broker could not do what it was asked. */
export function failedError(reason: string, where: string): BrokerError {
  return new BrokerError(`The memory broker at ${where} could not do it: ${reason}.`, 'other', {
    where,
    hint: 'The destination was never made or has been deleted meanwhile.',
  });
}
