/** What producers, consumers and the connection need to know of a channel's end. */
import type { Channel } from 'amqplib';
import type { BrokerError } from '../../errors.js';

/** How long a channel or connection may take to say goodbye, in milliseconds: 5 s less what cutting it off takes. */
export const closeTimeoutMs = 4_500;

/** Where a connection leads and, once it is lost, why. */
export interface Loss {
  /** The address without credentials. */
  readonly where: string;
  error(): BrokerError | undefined;
  /** The broker ended a producer's channel: the connection goes on, and nothing can be sent over it any more. */
  channelEnded(error: BrokerError): void;
}

/**
 * Keeps amqplib's events from ending the process for the wrong reason: an 'error' that nobody listens to would,
 * while one thrown by our caller's callback should, and not pass for a broken connection.
 */
export function guard(channel: Channel): void {
  channel.on('error', () => {});
  channel.on('handler-error', (error: Error) => {
    throw error;
  });
}

/**
 * Closes a channel in good order: the broker has then read everything that was written before, acknowledgements
 * included. Resolves at once when the channel has already ended; bounding it is the caller's part.
 */
export function closeChannel(channel: Channel): Promise<void> {
  return new Promise((resolve) => {
    // amqplib never answers close() when the connection breaks meanwhile, but it does say that the channel closed.
    channel.once('close', resolve);
    channel.close().catch(() => resolve());
  });
}
