/** What it means when something in a worker throws where nobody can catch it. */
import { BrokerError, messageOf } from '../errors.js';

/**
 * A client library that stumbles over what a server sent throws out of a socket's event (amqplib does, when garbage
 * comes in one segment with the end of the handshake). That is told as an error of the server's; anything else stays
 * what it is: a bug of ours.
 * @param where the server's address, without credentials; undefined while none is known
 */
export function crashError(error: unknown, where: string | undefined): Error {
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
