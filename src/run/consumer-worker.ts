/** The role that receives: one connection, one consumer; records every delivery, then acknowledges it. */
import type { Connection, Consumer, Delivery, OnMessage } from '../brokers/adapter.js';
import { LoadMeter } from '../metrics/load.js';
import { Receipts } from '../metrics/receipts.js';
import { type SizeDraw, sizeDraw } from '../payload/size-draw.js';
import { isText, payloadVariants } from '../payload/variants.js';
import { mostSize } from '../scenario/sizes.js';
import { Deck } from '../patterns/deck.js';
import { TaskWorker } from '../tasks/worker.js';
import { weightAt, weightOf, type Weights } from '../tasks/weights.js';
import { ReplyWriter } from './calls.js';
import { createClock } from './clock.js';
import { connectAdapter } from './connect.js';
import { envelopeBytes, EnvelopeReader, payloadIntact, type Phase, phaseCode } from './envelope.js';
import { Printer } from './printer.js';
import type { EventMessage, Progress, Requests, WorkerLook, WorkerRecord } from './protocol.js';

/** How long a subscription may take until it is ready, in milliseconds: a Kafka group has to form. */
const readyTimeoutMs = 30_000;

export class ConsumerWorker {
  private readonly envelope = new EnvelopeReader();
  private readonly done: Record<Phase, number> = { probe: 0, warmup: 0, measure: 0 };
  private readonly receipts: Receipts;
  private readonly payloads: readonly Buffer[];
  private readonly sizeOf: SizeDraw;
  private readonly clock: ReturnType<typeof createClock>;
  /** Where messages are requests. */
  private readonly replyWriter: ReplyWriter | undefined;
  private activity = 0;
  private readonly load: LoadMeter;
  /** Where messages have weights: does them one by one. */
  private readonly tasks: TaskWorker | undefined;
  private connection: Connection | undefined;
  private consumer: Consumer | undefined;

  private constructor(
    private readonly run: Requests['start-consumer']['ask']['run'],
    private readonly late: boolean,
  ) {
    const deck = run.routes === undefined ? undefined : new Deck(run.routes);
    this.receipts = new Receipts(run.producers, run.load.kind !== 'closed', deck);
    this.payloads = payloadVariants(run.payload, mostSize(run.size), run.seed);
    if (run.calls) this.replyWriter = new ReplyWriter(run.runNumber, run.producers);
    this.sizeOf = sizeDraw(run.size, run.seed);
    this.clock = createClock(run.origin);
    this.load = new LoadMeter(() => this.activity, this.clock);
    if (run.weights !== undefined) this.tasks = new TaskWorker(() => this.clock.now());
  }

  static async start(
    ask: Requests['start-consumer']['ask'],
    emit: (event: EventMessage) => void,
  ): Promise<ConsumerWorker> {
    const worker = new ConsumerWorker(ask.run, ask.late);
    const { connection } = await connectAdapter(ask.connect, emit);
    worker.connection = connection;
    const { weights, print } = ask.run;
    const onMessage: OnMessage =
      weights === undefined
        ? (delivery) => worker.receive(delivery)
        : (delivery) => worker.receiveTask(delivery, weights);
    worker.consumer = await connection.createConsumer(
      {
        destination: ask.destination,
        index: ask.place,
        prefetch: ask.prefetch,
        onCancelled: (reason) => emit({ type: 'lost', error: { message: `consumer ${ask.index}: ${reason}` } }),
      },
      print === undefined
        ? onMessage
        : new Printer({
            role: `consumer ${ask.index}`,
            limit: print,
            clock: worker.clock,
            text: isText(ask.run.payload),
            emit,
          }).receiving(onMessage),
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
      else if (this.replyWriter) delivery.reply?.(this.replyWriter.replyTo(body, envelope));
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

  /** A message counts as received when its work is done; those of other phases cost nothing. */
  private receiveTask(delivery: Delivery, weights: Weights): void {
    const { envelope, receipts, clock } = this;
    const { body, partition, redelivered } = delivery;
    const mine = envelope.read(body) && envelope.run === this.run.runNumber && envelope.phase === phaseCode.measure;
    if (!mine || !this.isIntact(body)) {
      this.receive(delivery);
      return;
    }
    const { producer, sequence, intended, actual } = envelope;
    const bytes = body.length;
    this.activity++;
    this.tasks?.take({
      seconds:
        weights.by === 'turn' ? weightAt(weights, sequence) : weightOf(weights, body.toString('utf8', envelopeBytes)),
      done: () => {
        this.activity++;
        receipts.measured({ producer, sequence, intended, actual }, clock.now(), partition, redelivered, bytes);
        delivery.acknowledge();
      },
    });
  }

  beginMeasure(): void {
    this.load.start();
  }

  progress(): Progress {
    return { done: { ...this.done, measure: this.receipts.unique }, activity: this.activity };
  }

  look({ latency }: Requests['look']['ask']): WorkerLook {
    const client = this.connection?.clientMetrics?.();
    return {
      role: 'consumer',
      done: this.progress().done,
      ...(client === undefined ? {} : { client }),
      ...(latency ? { latency: this.receipts.latencySoFar() } : {}),
    };
  }

  collect(): WorkerRecord {
    const { receipts, load, tasks } = this;
    return {
      role: 'consumer',
      receipts: receipts.record(),
      load: load.record(),
      ...(tasks === undefined ? {} : { tasks: tasks.record() }),
    };
  }

  async stop(): Promise<void> {
    this.load.stop();
    this.tasks?.stop();
    await this.consumer?.close();
    this.consumer = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.connection?.close();
  }
}
