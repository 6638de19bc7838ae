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
      const [map] = await this.destinations(queueName, 'queue');
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
   * @throws BrokerError where the broker cannot be reached, Error when nothing answers
   */
  async broker(): Promise<PluginMap> {
    this.#session ??= this.#open();
    let map: PluginMap | undefined;
    await this.#ask(await this.#session, '/topic/ActiveMQ.Statistics.Broker', (text) => {
      map = parseMap(text);
      return true;
    });
    return map ?? {};
  }

  /**
   * What the plugin says of each destination whose name fits ActiveMQ's pattern (`>` for all). Ask for the broker first.
   * @throws BrokerError where the broker cannot be reached, Error when nothing answers
   */
  async destinations(pattern: string, kind: 'queue' | 'topic'): Promise<PluginMap[]> {
    this.#session ??= this.#open();
    const maps: PluginMap[] = [];
    await this.#ask(await this.#session, `/${kind}/ActiveMQ.Statistics.Destination.${pattern}${endMark}`, (text) => {
      const map = parseMap(text);
      if (map !== undefined) maps.push(map);
      return map === undefined;
    });
    return maps;
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
