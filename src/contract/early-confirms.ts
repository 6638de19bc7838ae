/** What an adapter fails that settles a message before its broker has it. */
import { expect } from 'vitest';
import { TcpProxy } from '../proxy/tcp-proxy.js';
import { type Bench, eventually, Inbox, Outbox, patienceMs, sleep, within } from './bench.js';

/** Nothing is confirmed while not a byte comes back from the broker; without a connection, all is settled as failed. */
export async function frozenBrokerConfirmsNothing(bench: Bench): Promise<void> {
  const url = new URL(bench.endpoint.url);
  const destination = await bench.destination();
  const proxy = await TcpProxy.listen({ host: url.hostname, port: Number(url.port) });
  try {
    const { connection } = await bench.open({ url: `${url.protocol}//127.0.0.1:${proxy.port}${url.pathname}` });
    const outbox = new Outbox(undefined);
    const creating = connection.createProducer({ destination, onSettled: outbox.onSettled });
    outbox.producer = await within(patienceMs, 'createProducer', creating);
    proxy.freeze();
    for (let i = 0; i < 10; i += 1) outbox.send(`${i}`);
    await sleep(1_000);
    expect(outbox.settled, 'settled while the broker is frozen').toBe(0);
    connection.destroy();
    await eventually('everything is settled', () => outbox.settled === outbox.sent);
    expect(outbox.confirmed).toEqual([]);
  } finally {
    await proxy.close();
  }
}

/** How a producer ends with messages in flight. */
export const endings = ['close', 'destroy', 'destroy at the first confirm'] as const;

/**
 * Every message is settled once, and what is settled without an error comes to a later consumer.
 * @param arrivesWithinMs how long that is waited for, in milliseconds
 */
export async function confirmedIsDelivered(
  bench: Bench,
  ending: (typeof endings)[number],
  arrivesWithinMs = patienceMs / 2,
): Promise<void> {
  const destination = await bench.destination();
  const outbox = await bench.producer(destination);
  if (ending === 'destroy at the first confirm') outbox.onProgress = () => outbox.connection.destroy();
  for (let i = 0; i < 500; i += 1) outbox.send(`${i}`);
  if (ending === 'destroy') outbox.connection.destroy();
  if (ending === 'destroy at the first confirm') await eventually('the first is settled', () => outbox.settled > 0);
  await within(patienceMs, 'closing the producer', outbox.producer.close());
  await eventually('everything is settled', () => outbox.settled === outbox.sent);
  await sleep(200);
  expect(outbox).toMatchObject({ settled: 500, strays: [] });
  if (ending === 'close') expect(outbox.lost).toEqual([]);
  if (outbox.confirmed.length === 0) return;
  const inbox = new Inbox(true);
  await bench.consumers(destination, inbox);
  const missing = (): string[] => {
    const arrived = new Set(inbox.texts);
    return outbox.confirmed.map(String).filter((text) => !arrived.has(text));
  };
  await eventually('what was confirmed arrives', () => missing().length === 0, arrivesWithinMs).catch(() => undefined);
  expect(missing(), 'confirmed, and not delivered').toEqual([]);
}
