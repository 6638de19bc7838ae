/** Replies over a temporary queue, which lives as long as the requester's session. */
import type { ProducerSpec } from '../adapter.js';
import { readBody } from './body.js';
import type { Session } from './session.js';
import type { OutgoingHeaders } from './wire.js';

/** Bound on subscribing, in milliseconds. */
const subscribeTimeoutMs = 10_000;

export class Replies {
  #stopped = false;

  private constructor(
    /** As this session calls it; ActiveMQ tells the others a name that means the same to them. */
    private readonly queue: string,
    private readonly onReply: NonNullable<ProducerSpec['onReply']>,
  ) {}

  /**
   * Makes the queue and subscribes to it.
   * @returns undefined where the producer wants no replies
   * @throws BrokerError lost or timeout
   */
  static async subscribe(session: Session, spec: ProducerSpec): Promise<Replies | undefined> {
    if (spec.onReply === undefined) return undefined;
    const id = session.listen('auto', (frame) =>
      readBody(frame, (body) => replies.take(Number(frame.headers['correlation-id']), body)),
    );
    const replies = new Replies(`/temp-queue/${id}`, (token, body) => spec.onReply?.(token, body));
    const headers = { id, ack: 'auto', destination: replies.queue };
    await session.request('SUBSCRIBE', headers, subscribeTimeoutMs, 'making a queue for replies');
    return replies;
  }

  /** Says in a request where its reply goes. */
  addTo(headers: OutgoingHeaders, token: number): void {
    headers['reply-to'] = this.queue;
    headers['correlation-id'] = token;
  }

  /** Nothing is told any more. */
  stop(): void {
    this.#stopped = true;
  }

  private take(token: number, body: Buffer): void {
    if (!this.#stopped && Number.isInteger(token)) this.onReply(token, body);
  }
}
