/** What a bare loop of a client library offers: the least that sends, confirms, receives and acknowledges. */
import type { Endpoint } from '../../dist/brokers/adapter.js';

export interface BareClient {
  /** Connects and returns a function that sends so many messages and resolves when all are confirmed. */
  producer(endpoint: Endpoint, destination: string, body: Buffer): Promise<(messages: number) => Promise<void>>;
  /** Connects, subscribes, and calls `received` for each message before acknowledging it. */
  consumer(endpoint: Endpoint, destination: string, received: () => void): Promise<void>;
}
