/** Consuming: the messages of a shared durable consumer, pulled ahead and acknowledged one by one. */
import type { Consumer as JetStreamConsumer, JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { BrokerError, type Consumer, type ConsumerSpec, type OnMessage } from 'mqbench';
import { requestError, timeoutError } from './errors.js';

export async function openConsumer(
  client: NatsConnection,
  consumer: JetStreamConsumer,
  spec: ConsumerSpec,
  onMessage: OnMessage,
  where: string,
): Promise<Consumer> {
  let closed = false;
  const receive = (message: JsMsg): void => {
    const { buffer, byteOffset, byteLength } = message.data;
    onMessage({
      body: Buffer.from(buffer, byteOffset, byteLength),
      partition: undefined,
      redelivered: message.redelivered,
      acknowledge: () => message.ack(),
    });
  };

  const messages = await consumer
    .consume({ max_messages: spec.prefetch, callback: receive, abort_on_missing_resource: true })
    .catch((error: unknown) => {
      throw requestError(error, where, 'consuming');
    });
  void messages.closed().then((reason) => {
    if (!closed && !client.isClosed())
      spec.onCancelled(reason instanceof Error ? reason.message : 'the server ended it');
  });

  return {
    async ready(timeoutMs) {
      // The request for messages has left; an answer to what is sent after it says that the server has read it.
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(timeoutError(where, 'subscribing')), timeoutMs);
      });
      try {
        await Promise.race([client.flush(), late]);
      } catch (error) {
        throw error instanceof BrokerError ? error : requestError(error, where, 'subscribing');
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      closed = true;
      // What was never acknowledged goes to the others once the server has missed it for long enough.
      await messages.close();
    },
  };
}
