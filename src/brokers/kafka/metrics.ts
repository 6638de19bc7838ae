/** Counts what kafkajs tells in its instrumentation events (kafkajs.org: Instrumentation Events). */
import type { Consumer, Producer } from 'kafkajs';
import type { ClientMetrics } from '../adapter.js';
import type { OutgoingMessage } from './batcher.js';

export class KafkaMetrics {
  #produceRequests = 0;
  #produceMs = 0;
  #produceBytes = 0;
  #records = 0;
  #batches = 0;
  #fetches = 0;
  #fetchMs = 0;
  #fetched = 0;
  readonly #lag = new Map<string, number>();

  produces(producer: Producer): void {
    producer.on(producer.events.REQUEST, ({ payload }) => {
      if (payload.apiName !== 'Produce') return;
      this.#produceRequests++;
      this.#produceMs += payload.duration;
    });
  }

  /**
   * A request leaves. Its batches: mqbench goes round the partitions message by message. Its bytes are those of the
   * bodies: the size that kafkajs tells with a request is the answer's.
   */
  sends(messages: readonly OutgoingMessage[], partitions: number): void {
    this.#records += messages.length;
    this.#batches += Math.min(messages.length, partitions);
    for (const { value } of messages) this.#produceBytes += value.length;
  }

  consumes(consumer: Consumer): void {
    consumer.on(consumer.events.REQUEST, ({ payload }) => {
      if (payload.apiName !== 'Fetch') return;
      this.#fetches++;
      this.#fetchMs += payload.duration;
    });
    consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload }) => {
      this.#fetched += payload.batchSize;
      this.#lag.set(`${payload.topic}/${payload.partition}`, Math.max(0, Number(payload.offsetLag)));
    });
  }

  read(): ClientMetrics {
    return {
      produceRequests: this.#produceRequests,
      produceMs: this.#produceMs,
      produceBytes: this.#produceBytes,
      records: this.#records,
      batches: this.#batches,
      fetches: this.#fetches,
      fetchMs: this.#fetchMs,
      fetched: this.#fetched,
      lagMax: Math.max(0, ...this.#lag.values()),
    };
  }
}
