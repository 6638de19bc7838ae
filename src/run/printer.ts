/** Tells of single messages as they are sent and received, as the brokers' tutorials do. */
import type { Delivery, OnMessage, Producer } from '../brokers/adapter.js';
import { formatSize } from '../scenario/units.js';
import type { Clock } from './clock.js';
import { envelopeBytes, EnvelopeReader, phaseCode } from './envelope.js';
import type { EventMessage } from './protocol.js';

/** Of a longer text so many characters are shown. */
const shownCharacters = 200;

export interface PrinterOptions {
  /** e.g. `producer 0`. */
  readonly role: string;
  /** So many messages are told of; then one line says that there are more. */
  readonly limit: number;
  readonly clock: Clock;
  /** Whether a body is text behind its envelope. */
  readonly text: boolean;
  readonly emit: (event: EventMessage) => void;
}

export class Printer {
  private readonly envelope = new EnvelopeReader();
  private told = 0;

  constructor(private readonly o: PrinterOptions) {}

  /** The producer that tells of each measured message before it sends it. */
  sending(producer: Producer): Producer {
    return {
      send: (body, token, partition, route) => {
        this.tell(body, (sequence) => `sent #${sequence}`);
        producer.send(body, token, partition, route);
      },
      flush: () => producer.flush(),
      close: () => producer.close(),
    };
  }

  /** Tells of each measured message before it is received. */
  receiving(onMessage: OnMessage): OnMessage {
    return (delivery: Delivery) => {
      const again = delivery.redelivered === true ? ' again' : '';
      this.tell(delivery.body, (sequence, producer) => `received${again} #${sequence} of producer ${producer}`);
      onMessage(delivery);
    };
  }

  private tell(body: Buffer, what: (sequence: number, producer: number) => string): void {
    const { envelope, o } = this;
    if (this.told > o.limit || !envelope.read(body) || envelope.phase !== phaseCode.measure) return;
    const line =
      this.told++ < o.limit
        ? `${what(envelope.sequence, envelope.producer)} (${formatSize(body.length, ' ')})${o.text ? `: ${quoted(body)}` : ''}`
        : `goes on; of each producer and consumer the first ${o.limit} messages of a run are shown`;
    o.emit({ type: 'printed', at: o.clock.now(), line: `${o.role} ${line}` });
  }
}

/** A body's text; without what could move the cursor. */
function quoted(body: Buffer): string {
  const text = body
    .toString('utf8', envelopeBytes)
    .trimEnd()
    .replace(/\p{Cc}/gu, '\ufffd');
  const shown = [...text.slice(0, 2 * shownCharacters)].slice(0, shownCharacters).join('');
  return `'${shown}${shown.length < text.length ? '…' : ''}'`;
}
