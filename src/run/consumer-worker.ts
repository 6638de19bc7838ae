/** The role that receives: one connection, one consumer; records every delivery, then acknowledges it. */
import type { Connection, Consumer, Delivery } from '../brokers/adapter.js';
import { LoadMeter } from '../metrics/load.js';
import { Receipts } from '../metrics/receipts.js';
import { type SizeDraw, sizeDraw } from '../payload/size-draw.js';
import { payloadVariants } from '../payload/variants.js';
import { mostSize } from '../scenario/sizes.js';
import { Deck } from '../patterns/deck.js';
import { createClock } from './clock.js';
import { connectAdapter } from './connect.js';
import { EnvelopeReader, payloadIntact, type Phase, phaseCode } from './envelope.js';
import type { EventMessage, Progress, Requests, WorkerRecord, WorkerClient } from './protocol.js';

/** How long a subscription may take until it is ready, in milliseconds: a Kafka group has to form. */
const readyTimeoutMs = 30_000;

export class ConsumerWorker {
  private readonly envelope = new EnvelopeReader();
  private readonly done: Record<Phase, number> = { probe: 0, warmup: 0, measure: 0 };
  private readonly receipts: Receipts;
  private readonly payloads: readonly Buffer[];
  private readonly sizeOf: SizeDraw;
  private readonly clock: ReturnType<typeof createClock>;
  private activity = 0;
  private readonly load: LoadMeter;
  private connection: Connection | undefined;
  private consumer: Consumer | undefined;

  private constructor(
    private readonly run: Requests['start-consumer']['ask']['run'],
    private readonly late: boolean,
  ) {
    const deck = run.routes === undefined ? undefined : new Deck(run.routes);
    this.receipts = new Receipts(run.producers, run.load.kind !== 'closed', deck);
    this.payloads = payloadVariants(run.payload, mostSize(run.size), run.seed);
    this.sizeOf = sizeDraw(run.size, run.seed);
    this.clock = createClock(run.origin);
    this.load = new LoadMeter(() => this.activity, this.clock);
  }

  static async start(
    ask: Requests['start-consumer']['ask'],
    emit: (event: EventMessage) => void,
  ): Promise<ConsumerWorker> {
    const worker = new ConsumerWorker(ask.run, ask.late);
    const { connection } = await connectAdapter(ask.connect, emit);
    worker.connection = connection;
    worker.consumer = await connection.createConsumer(
      {
        destination: ask.destination,
        index: ask.place,
        prefetch: ask.prefetch,
        onCancelled: (reason) => emit({ type: 'lost', error: { message: `consumer ${ask.index}: ${reason}` } }),
      },
      (delivery) => worker.receive(delivery),
    );
    await worker.consumer.ready(readyTimeoutMs);
    return worker;
  }

  private receive(delivery: Delivery): void {
    const now = this.clock.now();
    const { envelope, receipts } = this;
    const { body } = delivery;
    this.activity++;
    if (!envelope.read(body)) receipts.corrupt++;
    else if (envelope.run !== this.run.runNumber) receipts.foreign++;
    else {
      if (!this.isIntact(body)) receipts.corrupt++;
      if (envelope.phase === phaseCode.measure) {
        receipts.measured(envelope, now, delivery.partition, delivery.redelivered, body.length);
      } else if (envelope.phase === phaseCode.warmup) {
        this.done.warmup++;
        if (!this.late) receipts.warmup(now);
      } else this.done.probe++;
    }
    delivery.acknowledge();
  }

  /** Whether the body whose envelope was read last has the size and the payload that were sent. */
  private isIntact(body: Buffer): boolean {
    const { payload, producer, phase, sequence } = this.envelope;
    return payloadIntact(body, this.payloads[payload], this.sizeOf(producer, phase, sequence));
  }

  beginMeasure(): void {
    this.load.start();
  }

  progress(): Progress {
    return { done: { ...this.done, measure: this.receipts.unique }, activity: this.activity };
  }

  clientMetrics(): WorkerClient {
    const client = this.connection?.clientMetrics?.();
    return client === undefined ? {} : { client };
  }

  collect(): WorkerRecord {
    return { role: 'consumer', receipts: this.receipts.record(), load: this.load.record() };
  }

  async stop(): Promise<void> {
    this.load.stop();
    await this.consumer?.close();
    this.consumer = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.connection?.close();
  }
}
