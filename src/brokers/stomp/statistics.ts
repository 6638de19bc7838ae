/** Counters of a queue from ActiveMQ Classic's statistics plugin. */
import { z } from 'zod';
import type { Endpoint } from '../adapter.js';
import { readBody } from './body.js';
import { timeoutError } from './errors.js';
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

/** Bound on the silence before an answer, and between two answers of a list, in milliseconds. */
const answerTimeoutMs = 2_000;
/** Bound on a whole list, in milliseconds: a broker of 10,000 destinations takes its time, and goes on answering. */
const listTimeoutMs = 5_000;

const replyQueue = '/temp-queue/mqbench-statistics';

/**
 * A MapMessage as XStream writes it to JSON: a list of `{"string":"size","long":1}`, one bare object where there is
 * only one, and where the value is a string too, `{"string":["key","value"]}`.
 */
const entrySchema = z.looseObject({
  string: z.union([z.string(), z.array(z.string())]),
  long: z.number().optional(),
  int: z.number().optional(),
  double: z.number().optional(),
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

/** What the plugin says of a destination or of the broker, by its own names. */
export type PluginMap = Record<string, number | string>;

/**
 * Reads one answer of the plugin.
 * @returns undefined where it is none, or the mark at the end of a list
 */
export function parseMap(text: string): PluginMap | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = mapSchema.safeParse(json);
  if (!parsed.success || parsed.data.map === '') return undefined;
  const map: PluginMap = {};
  for (const { string, long, int, double } of [parsed.data.map.entry].flat()) {
    const [key, word] = [string].flat();
    const value = word ?? long ?? int ?? double;
    if (key !== undefined && value !== undefined) map[key] = value;
  }
  return map;
}

/** The counters in one answer; undefined where it holds none. */
export function parseCounters(text: string): QueueCounters | undefined {
  return countersSchema.safeParse(parseMap(text)).data;
}

/** With this suffix the plugin adds an empty map at the end, so that no destination is an answer too. */
const endMark = 'ActiveMQ.Statistics.Destination.List.End.With.Null';

/**
 * Asks on a connection of its own: a broker that forbids the question ends the connection it came on.
 * An end of that connection, or no answer in time, switches statistics off for good.
 */
export class Statistics {
  #session: Promise<Session> | undefined;
  #absent = false;
  /** Something has answered once: the plugin is there. */
  #answered = false;
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
      if (this.#session === undefined) await this.broker();
      let map: PluginMap | undefined;
      await this.destinations(queueName, 'queue', (one) => {
        map ??= one;
      });
      return countersSchema.safeParse(map).data;
    } catch {
      this.#absent = true;
      this.destroy();
      return undefined;
    }
  }

  /**
   * What the plugin says of the broker. To be asked first: without the plugin a question would stay behind as a
   * message in a queue; on a topic it vanishes.
   * @throws BrokerError where the broker cannot be reached or answers no more, Error when nothing ever answered
   */
  async broker(): Promise<PluginMap> {
    const session = await (this.#session ??= this.#open());
    let map: PluginMap | undefined;
    await this.#ask(session, {
      destination: '/topic/ActiveMQ.Statistics.Broker',
      isLast: (text) => {
        map = parseMap(text);
        return true;
      },
      withinMs: answerTimeoutMs,
      late: () => (this.#answered ? timeoutError(session.where, 'asked about itself') : new Error('no answer')),
    });
    this.#answered = true;
    return map ?? {};
  }

  /**
   * What the plugin says of each destination whose name fits ActiveMQ's pattern (`>` for all), one after the other, in
   * no order: whoever asks keeps of it what it needs. Ask for the broker first.
   * @param withinMs bound on the whole list
   * @throws BrokerError where the broker cannot be reached, falls silent or takes longer
   */
  async destinations(
    pattern: string,
    kind: 'queue' | 'topic',
    onMap: (map: PluginMap) => void,
    withinMs = listTimeoutMs,
  ): Promise<void> {
    const session = await (this.#session ??= this.#open());
    await this.#ask(session, {
      destination: `/${kind}/ActiveMQ.Statistics.Destination.${pattern}${endMark}`,
      isLast: (text) => {
        const map = parseMap(text);
        if (map !== undefined) onMap(map);
        return map === undefined;
      },
      withinMs,
      late: () => timeoutError(session.where, `asked about its ${kind}s`),
    });
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

  /** Sends one question and hands over its answers until the last; rejects when that does not come about. */
  #ask(session: Session, { destination, isLast, withinMs, late }: Question): Promise<void> {
    const id = String(this.#nextQuestion++);
    return new Promise((resolve, reject) => {
      let forget = (): void => undefined;
      const finish = (error?: Error): void => {
        clearTimeout(silence);
        clearTimeout(whole);
        forget();
        this.#answers.delete(id);
        if (error === undefined) resolve();
        else reject(error);
      };
      const silence = setTimeout(() => finish(late()), answerTimeoutMs);
      const whole = setTimeout(() => finish(late()), withinMs);
      this.#answers.set(id, (text) => {
        silence.refresh();
        if (isLast(text)) finish();
      });
      // A session that was lost since the last question says so at once.
      forget = session.onEnd(finish);
      session.send(
        'SEND',
        { destination, 'reply-to': replyQueue, 'correlation-id': id, 'content-length': 0 },
        Buffer.alloc(0),
      );
    });
  }
}

interface Question {
  readonly destination: string;
  /** Takes one answer; true for the last. */
  readonly isLast: (text: string) => boolean;
  /** Bound on all answers together. */
  readonly withinMs: number;
  /** What it is when nothing comes, or not all. */
  readonly late: () => Error;
}
