/** Counters of a queue from ActiveMQ Classic's statistics plugin. */
import { z } from 'zod';
import type { Endpoint } from '../adapter.js';
import { readBody } from './body.js';
import { openSession, type Session } from './session.js';

/** Counters as the plugin names them. */
export interface QueueCounters {
  /** Messages in the queue, those in flight included. */
  readonly size: number;
  /** Delivered and not acknowledged. */
  readonly inflightCount: number;
  readonly consumerCount: number;
  readonly enqueueCount: number;
  readonly dequeueCount: number;
}

/** Bound on one question, in milliseconds. */
const answerTimeoutMs = 2_000;

const replyQueue = '/temp-queue/mqbench-statistics';

/**
 * A MapMessage as XStream writes it to JSON: a list of `{"string":"size","long":1}`, one bare object where there is
 * only one, and where the value is a string too, `{"string":["key","value"]}`.
 */
const entrySchema = z.looseObject({
  string: z.union([z.string(), z.array(z.string())]),
  long: z.number().optional(),
});
const mapSchema = z.object({
  map: z.union([z.literal(''), z.object({ entry: z.union([z.array(entrySchema), entrySchema]) })]),
});
const countersSchema = z.object({
  size: z.number(),
  inflightCount: z.number(),
  consumerCount: z.number(),
  enqueueCount: z.number(),
  dequeueCount: z.number(),
});

/**
 * Reads one answer of the plugin.
 * @returns undefined where it holds no counters: the mark at the end of the list
 */
export function parseCounters(text: string): QueueCounters | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = mapSchema.safeParse(json);
  if (!parsed.success || parsed.data.map === '') return undefined;
  const counters: Record<string, number> = {};
  for (const { string: key, long } of [parsed.data.map.entry].flat()) {
    if (typeof key === 'string' && long !== undefined) counters[key] = long;
  }
  return countersSchema.safeParse(counters).data;
}

/**
 * Asks on a connection of its own: a broker that forbids the question ends the connection it came on.
 * An end of that connection, or no answer in time, switches statistics off for good.
 */
export class Statistics {
  #session: Promise<Session> | undefined;
  #absent = false;
  #nextQuestion = 1;
  readonly #answers = new Map<string, (text: string) => void>();

  constructor(
    private readonly endpoint: Endpoint,
    private readonly clientId: string,
  ) {}

  /** A queue's counters; undefined where there is no such queue, or no plugin. */
  async counters(queueName: string): Promise<QueueCounters | undefined> {
    if (this.#absent) return undefined;
    try {
      if (this.#session === undefined) {
        this.#session = this.#open();
        // Without the plugin a question would stay behind as a message in a queue; on a topic it vanishes.
        await this.#ask(await this.#session, '/topic/ActiveMQ.Statistics.Broker', () => true);
      }
      // With this suffix the plugin adds an empty map at the end, so that no queue is an answer too.
      const destination = `/queue/ActiveMQ.Statistics.Destination.${queueName}ActiveMQ.Statistics.Destination.List.End.With.Null`;
      let counters: QueueCounters | undefined;
      await this.#ask(await this.#session, destination, (text) => {
        const found = parseCounters(text);
        counters ??= found;
        return found === undefined;
      });
      return counters;
    } catch {
      this.#absent = true;
      this.destroy();
      return undefined;
    }
  }

  async close(): Promise<void> {
    this.#absent = true;
    await this.#session?.then((session) => session.close()).catch(() => undefined);
  }

  destroy(): void {
    this.#absent = true;
    void this.#session?.then((session) => session.destroy()).catch(() => undefined);
  }

  async #open(): Promise<Session> {
    const session = await openSession(this.endpoint, {
      id: this.clientId,
      timeoutMs: answerTimeoutMs,
      onLost: () => {
        this.#absent = true;
      },
    });
    const id = session.listen('auto', (frame) =>
      readBody(frame, (body) => this.#answers.get(frame.headers['correlation-id'] ?? '')?.(body.toString())),
    );
    // The plugin answers with a MapMessage, which ActiveMQ turns to JSON for a subscriber that asks for it.
    const headers = { id, ack: 'auto', destination: replyQueue, transformation: 'jms-map-json' };
    await session.request('SUBSCRIBE', headers, answerTimeoutMs, 'asking for statistics');
    return session;
  }

  /** Sends one question and hands over its answers until `isLast` says so; rejects when that does not come about. */
  #ask(session: Session, destination: string, isLast: (text: string) => boolean): Promise<void> {
    const id = String(this.#nextQuestion++);
    return new Promise((resolve, reject) => {
      const finish = (error?: Error): void => {
        clearTimeout(timer);
        forget();
        this.#answers.delete(id);
        if (error === undefined) resolve();
        else reject(error);
      };
      const timer = setTimeout(() => finish(new Error('no answer')), answerTimeoutMs);
      const forget = session.onEnd(finish);
      this.#answers.set(id, (text) => {
        if (isLast(text)) finish();
      });
      session.send(
        'SEND',
        { destination, 'reply-to': replyQueue, 'correlation-id': id, 'content-length': 0 },
        Buffer.alloc(0),
      );
    });
  }
}
