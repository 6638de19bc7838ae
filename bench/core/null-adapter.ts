/**
 * An adapter that moves nothing: what is sent is confirmed on the next turn of the event loop, and deliveries are
 * handed over by whoever holds `deliver`. What a worker then costs is the core alone.
 */
import { z } from 'zod';
import type { Adapter, OnMessage, Producer, ProducerSpec } from '../../dist/brokers/adapter.js';

/** Set while a consumer is open. */
export let deliver: OnMessage | undefined;

class NullProducer implements Producer {
  private tokens: number[] = [];
  private settling: number[] = [];
  private scheduled = false;

  constructor(private readonly spec: ProducerSpec) {}

  send(_body: Buffer, token: number): void {
    this.tokens.push(token);
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.settle);
  }

  private readonly settle = (): void => {
    this.scheduled = false;
    [this.settling, this.tokens] = [this.tokens, this.settling];
    for (const token of this.settling) this.spec.onSettled(token);
    this.settling.length = 0;
  };

  async flush(): Promise<void> {}
  async close(): Promise<void> {}
}

export const nullAdapter: Adapter = {
  id: 'null',
  client: () => ({ name: 'none', version: '0' }),
  capabilities: {
    guarantees: { 'at-most-once': true, 'at-least-once': true, replicated: { reason: 'moves nothing' } },
    partitioned: false,
    dispatch: 'dynamic',
    prefetch: true,
    redeliveredFlag: true,
    maxBodyBytes: 1024 * 1024,
  },
  options: z.strictObject({}),
  describeGuarantee: () => ({ confirmMeans: 'Nothing.', settings: {} }),
  connect: async () => ({
    serverInfo: async () => ({ product: 'none', nodes: 1 }),
    createDestination: async () => undefined,
    deleteDestination: async () => undefined,
    createProducer: async (spec) => new NullProducer(spec),
    createConsumer: async (_spec, onMessage) => {
      deliver = onMessage;
      return { ready: async () => undefined, close: async () => undefined };
    },
    stats: async () => ({}),
    close: async () => undefined,
    destroy: () => undefined,
  }),
};

export default nullAdapter;
