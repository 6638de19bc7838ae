/**
 * Replies by direct reply-to (https://www.rabbitmq.com/docs/direct-reply-to): a pseudo-queue of the requester's
 * channel, without a queue or a name on the broker. What cannot be handed over at once is dropped.
 */
import type { Channel } from 'amqplib';
import type { ProducerSpec } from '../adapter.js';

export const replyTo = 'amq.rabbitmq.reply-to';

export class Replies {
  #stopped = false;

  private constructor(private readonly onReply: NonNullable<ProducerSpec['onReply']>) {}

  /**
   * Starts to receive what comes for the producer on this channel; requests must be published on the same one.
   * @returns undefined where the producer wants no replies
   */
  static async subscribe(channel: Channel, spec: ProducerSpec): Promise<Replies | undefined> {
    if (spec.onReply === undefined) return undefined;
    const replies = new Replies((token, body) => spec.onReply?.(token, body));
    await channel.consume(
      replyTo,
      (message) => {
        if (message === null) return;
        const { correlationId } = message.properties as { readonly correlationId?: string };
        replies.#take(Number(correlationId), message.content);
      },
      { noAck: true },
    );
    return replies;
  }

  /** Nothing is told any more. */
  stop(): void {
    this.#stopped = true;
  }

  #take(token: number, body: Buffer): void {
    if (!this.#stopped && Number.isInteger(token)) this.onReply(token, body);
  }
}
