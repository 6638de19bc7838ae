/** Publishing: many messages in flight, one PubAck for each. */
import type { JetStreamClient } from '@nats-io/jetstream';
import type { Producer, ProducerSpec } from 'mqbench';

export function openProducer(client: JetStreamClient, spec: ProducerSpec): Producer {
  const open = new Set<number>();
  let waiting: (() => void)[] = [];

  const settle = (token: number, error?: Error): void => {
    // Closing settles what is open; the client's own answer may still come.
    if (!open.delete(token)) return;
    if (error === undefined) spec.onSettled(token);
    else spec.onSettled(token, error);
    if (open.size > 0) return;
    const done = waiting;
    waiting = [];
    for (const resolve of done) resolve();
  };

  return {
    send(body, token) {
      open.add(token);
      client.publish(spec.destination.name, body, { retries: 0 }).then(
        () => settle(token),
        (error: Error) => settle(token, error),
      );
    },
    flush: () => (open.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    async close() {
      for (const token of [...open]) settle(token, new Error('The producer was closed before the PubAck came.'));
    },
  };
}
