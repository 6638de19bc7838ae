import { describe, expect, it, vi } from 'vitest';
import type { Delivery, Producer } from '../../src/brokers/adapter.js';
import { payloadVariants } from '../../src/payload/variants.js';
import { createClock, newOrigin } from '../../src/run/clock.js';
import { EnvelopeWriter, type Phase, phaseCode } from '../../src/run/envelope.js';
import { PrintedLines } from '../../src/run/printed.js';
import { Printer } from '../../src/run/printer.js';
import type { EventMessage } from '../../src/run/protocol.js';

const writer = new EnvelopeWriter(1, 2);

function bodyOf(text: string, sequence = 0, phase: Phase = 'measure'): Buffer {
  const body = Buffer.from(payloadVariants({ kind: 'texts', texts: [text] }, 100, 1)[0]!);
  writer.write(body, phaseCode[phase], sequence, 1, 2, 0);
  return body;
}

function printing(role: string, { limit = 10, text = true } = {}) {
  const lines: string[] = [];
  const emit = (event: EventMessage) => void (event.type === 'printed' && lines.push(event.line));
  return { lines, printer: new Printer({ role, limit, text, clock: createClock(newOrigin()), emit }) };
}

const delivery = (body: Buffer, redelivered?: boolean) => ({ body, redelivered }) as Delivery;

describe('what is printed', () => {
  it('says of each message who sent it, its number, size and text, and passes it on as it is', () => {
    const { lines, printer } = printing('producer 2');
    const sent: unknown[] = [];
    const producer: Producer = {
      send: (...all) => void sent.push(all),
      flush: vi.fn(),
      close: vi.fn(),
    };
    const body = bodyOf('Hello World!', 7);
    printer.sending(producer).send(body, 4, 1, { key: 'k' });
    expect(lines).toEqual(["producer 2 sent #7 (100 B): 'Hello World!'"]);
    expect(sent).toEqual([[body, 4, 1, { key: 'k' }]]);
  });

  it('says of each delivery whose it is and whether it came before', () => {
    const { lines, printer } = printing('consumer 0');
    const onMessage = vi.fn();
    const first = delivery(bodyOf('a'), false);
    printer.receiving(onMessage)(first);
    printer.receiving(onMessage)(delivery(bodyOf('a'), true));
    expect(lines).toEqual([
      "consumer 0 received #0 of producer 2 (100 B): 'a'",
      "consumer 0 received again #0 of producer 2 (100 B): 'a'",
    ]);
    expect(onMessage).toHaveBeenNthCalledWith(1, first);
  });

  it('leaves out the text of bodies that have none, probes, warm-ups and what is no message of ours', () => {
    const { lines, printer } = printing('consumer 0', { text: false });
    const receive = printer.receiving(() => undefined);
    receive(delivery(bodyOf('a', 0, 'probe')));
    receive(delivery(bodyOf('a', 0, 'warmup')));
    receive(delivery(Buffer.from('stranger')));
    receive(delivery(bodyOf('a')));
    expect(lines).toEqual(['consumer 0 received #0 of producer 2 (100 B)']);
  });

  it('ends after so many messages, says so once, and passes the rest on', () => {
    const { lines, printer } = printing('consumer 0', { limit: 2 });
    const onMessage = vi.fn();
    const receive = printer.receiving(onMessage);
    for (let n = 0; n < 10; n++) receive(delivery(bodyOf('a', n)));
    expect(lines).toHaveLength(3);
    expect(lines[2]).toBe('consumer 0 goes on; of each producer and consumer the first 2 messages of a run are shown');
    expect(onMessage).toHaveBeenCalledTimes(10);
  });

  it('moves no cursor and fills no screen', () => {
    const { lines, printer } = printing('consumer 0');
    const body = Buffer.from(
      payloadVariants({ kind: 'texts', texts: ['\u001b[2J' + 'ä'.repeat(5_000)] }, 12_000, 1)[0]!,
    );
    writer.write(body, phaseCode.measure, 0, 1, 2, 0);
    printer.receiving(() => undefined)(delivery(body));
    expect(lines[0]).not.toContain('\u001b');
    expect(lines[0]!.length).toBeLessThan(300);
    expect(lines[0]).toMatch(/ä…'$/);
  });
});

describe('lines of several workers', () => {
  it('come in the order in which it happened', () => {
    vi.useFakeTimers();
    const lines: string[] = [];
    const printed = new PrintedLines((line) => lines.push(line));
    printed.add(20, 'received');
    printed.add(10, 'sent');
    expect(lines).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(lines).toEqual(['sent', 'received']);
    printed.add(30, 'last');
    printed.flush();
    expect(lines.at(-1)).toBe('last');
    vi.useRealTimers();
  });
});
