/** What it means when something in a worker throws: whose fault it is. */
import { fileURLToPath } from 'node:url';
import { adapterError } from '../brokers/external-calls.js';
import { isExternal } from '../brokers/shipped.js';
import { BrokerError, messageOf } from '../errors.js';
import type { ConnectOptions } from './protocol.js';

/** What a worker uses; undefined while it has no role. */
export type Used = Pick<ConnectOptions, 'adapter' | 'endpoint'> | undefined;

/** An error of a worker that uses somebody else's adapter is taken for the adapter's; any other stays what it is. */
export function blame(error: unknown, used: Used): unknown {
  return used !== undefined && isExternal(used.adapter)
    ? adapterError(error, fileURLToPath(used.adapter), used.endpoint.url)
    : error;
}

/**
 * A client library that stumbles over what a server sent throws out of a socket's event (amqplib does, when garbage
 * comes in one segment with the end of the handshake). That is told as an error of the server's; anything else stays
 * what it is: a bug of ours, unless the adapter is somebody else's.
 */
export function crashError(thrown: unknown, used: Used): Error {
  const error = blame(thrown, used);
  if (error instanceof BrokerError) return error;
  const where = used?.endpoint.url;
  const library = error instanceof Error ? libraryOf(error.stack ?? '') : undefined;
  if (library === undefined) return error instanceof Error ? error : new Error(messageOf(error));
  const server = where === undefined ? 'the server' : `the server at ${where}`;
  return new BrokerError(`${library} could not make sense of what ${server} sent: ${messageOf(error)}.`, 'protocol', {
    ...(where === undefined ? {} : { where }),
    hint: 'Check that what answers there is the broker, and that nothing in between changes its bytes.',
    cause: error,
  });
}

/** The package whose code made the error: that of the stack's first frame that is not Node's own. */
function libraryOf(stack: string): string | undefined {
  const frame = stack.split('\n').find((line) => /^\s+at /.test(line) && !/\(?node:/.test(line));
  const name = /.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)[/\\]/.exec(frame ?? '')?.[1];
  return name === 'mqbench' ? undefined : name;
}
